"""Why: the reasons of questions, dead letters and refusals, each in a few words.

Promises: whatever is asked is answered; what is no key of ours (a sentence that a partner or a rule gave) is told as
it stands.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from libs.wording import catalogue
from libs.wording.catalogue import N_
from libs.wording.languages import Language

QUESTIONS: Mapping[str, str] = {
    "both_changed": N_("changed on both sides"),
    "cut_edited": N_("the shorter copy of a longer text was edited"),
    "one_way_edit": N_("changed in KeyCRM, though it follows VMS"),
    "cancelled_after_shipping": N_("cancelled in KeyCRM after the goods had left"),
    "tracking_changed": N_("another tracking code, and KeyCRM takes one only once"),
    "lines_differ": N_("the order lines differ, and KeyCRM cannot change them"),
    "lines_not_writable": N_("the order lines were changed in KeyCRM, and VMS cannot change them"),
    "not_shown": N_("was accepted and never showed"),
    "overwritten_in_vms": N_("somebody's edit in VMS was overwritten"),
    "deposited_unexplained": N_("the paid amount is not the sum of the payments"),
    "payment_cancelled": N_("a payment was cancelled in KeyCRM alone"),
    "payment_doubled": N_("a payment stands more than once"),
    "payment_amount_differs": N_("a payment has two amounts"),
    "reference_doubled": N_("several records carry one reference"),
    "customers_alike": N_("several customers may be the same person"),
    "identity_clash": N_("two pairs claim one record"),
    "gone": N_("the record is gone"),
    "vanished_in_creating": N_("the record vanished while its other side was being made"),
    "unknown_sku": N_("KeyCRM's catalogue lacks an article"),
}
LETTERS: Mapping[str, str] = {
    "malformed": N_("cannot be read"),
    "unknown_type": N_("of a kind that nobody knows"),
    "permanent": N_("was refused and would be refused again"),
    "exhausted": N_("failed each time it was tried"),
    "unexpected": N_("met a mistake in the program"),
    "outcome_unknown": N_("nobody knows whether it arrived"),
    "unknown": N_("for a reason that is not known"),
}
REFUSALS: Mapping[str, str] = {
    "name_present": N_("the name is empty"),
    "phone_possible": N_("no such phone number is possible"),
    "email_shaped": N_("this is no e-mail address"),
    "amount_not_negative": N_("the amount is negative"),
    "price_not_negative": N_("a price is negative"),
    "discount_in_range": N_("a discount is not between 0 and 100 %"),
    "quantity_above_zero": N_("a quantity is not above zero"),
    "source_known": N_("the order's source has no pair in the settings"),
    "currency_of_source": N_("the currency is not that of the order's source"),
    "no_pair": N_("there is no pair for it in the settings"),
}
# Codes of permanent failures, as dead letters carry them.
CODES: Mapping[str, str] = {
    "gone": N_("the record is gone"),
    "negative": N_("a stock level is below zero"),
    "no-buyer": N_("the order has no buyer"),
    "no-pair": N_("there is no pair for it in the settings"),
    "not-writable": N_("this field cannot be written"),
    "pairs": N_("the pairs in the settings do not fit"),
    "too-large": N_("is too large"),
    "unanswered": N_("each try was left without an answer"),
    "unreadable": N_("the answer cannot be read"),
    "refused": N_("was refused"),
    "identity": N_("which record is meant is not clear"),
    "comma": N_("a comma stands where none may"),
    "filter-ignored": N_("the search did not do what was asked"),
}
# What the sync itself says of a step it made.
STEPS: Mapping[str, str] = {
    "both sides agree": N_("both sides agree"),
    "our reference": N_("it carries our reference"),
    "the same phone or e-mail": N_("the same phone or e-mail"),
    "answered": N_("a person decided so"),
    "created": N_("as it was made"),
    "first_meeting": N_("at the first meeting of the two"),
    "changed": N_("changed on one side"),
    "newer": N_("the newer change"),
}
_KEY_REFUSED = r"(?P<side>\w+) refused our key \(.*: check (?P<setting>\w+)"
# Sentences of ours that name something: a partner that is away, a run that the guard has stopped.
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), msgid)
    for pattern, msgid in (
        (r"(?P<side>\w+) is throttling \(.*", N_("{side} asks for a slower pace")),
        (_KEY_REFUSED, N_("{side} refused our key: check {setting}")),
        (
            r"(?P<side>\w+) answered \d+ with something that is not its API.*: check (?P<setting>\w+)",
            N_("what answers is not {side}: check {setting}"),
        ),
        (r"(?P<side>\w+) answered (?P<status>\d+) to .*", N_("{side} answers with error {status}")),
        (r"(?P<side>\w+) cannot be reached \(.*", N_("no connection to {side}")),
        (r"(?P<side>\w+) gave no answer to .*", N_("{side} gave no answer in time")),
        (r"(?P<side>VMS|KeyCRM) refused .+ with \d{3}\b.*", N_("{side} did not accept the value")),
        (r"(?P<side>VMS|KeyCRM)'s answer to .+ cannot be read: .*", N_("the answer of {side} cannot be read")),
        (r"(?:.*: )?.+ has no pair: add a row to .*", N_("there is no pair for it in the settings")),
        (r"(?P<side>\w+) has no such record: .*", N_("{side} has no such record")),
        (r"the channel answered (?P<status>\d+)", N_("the channel answered {status}")),
        (r"the channel could not be reached, or refused", N_("the channel could not be reached, or refused")),
        (r"the channel failed \(\w+\)", N_("the channel failed")),
        (r"the answer did not come in time|no answer within .*", N_("the channel did not answer in time")),
        (r"the process ended while it was being sent", N_("the process ended while it was being sent")),
        (r"reference (?P<reference>\S+)", N_("reference {reference}")),
        (r"buyer (?P<old>\d+) is now buyer (?P<new>\d+)", N_("buyer {old} is now buyer {new}")),
        (r"This run would set to zero (?P<count>\d+) of (?P<total>\d+): .*", N_("would zero {count} of {total}")),
        (r"This run would cancel (?P<count>\d+) of (?P<total>\d+): .*", N_("would cancel {count} of {total}")),
        (r"This run would rename (?P<count>\d+) of (?P<total>\d+): .*", N_("would rename {count} of {total}")),
        (r"This run would reprice (?P<count>\d+) of (?P<total>\d+): .*", N_("would reprice {count} of {total}")),
    )
)
_ALL: Mapping[str, str] = {**CODES, **LETTERS, **REFUSALS, **QUESTIONS, **STEPS}


def reason(key: str, language: Language) -> str:
    """A reason in a few words."""
    said = catalogue.of(language).gettext
    msgid = _ALL.get(key)
    if msgid:
        return said(msgid)
    for pattern, msgid in _PATTERNS:
        if found := pattern.fullmatch(key):
            return said(msgid).format_map(found.groupdict())
    is_key = "_" in key and " " not in key
    return key.replace("_", " ") if is_key else key


def is_known(key: str) -> bool:
    """Whether there are words for it in every language."""
    return key in _ALL or any(pattern.fullmatch(key) for pattern, _ in _PATTERNS)


def refused_key(key: str | None) -> str | None:
    """The setting to correct, where the reason is that a partner refused our key."""
    found = re.fullmatch(_KEY_REFUSED, key or "")
    return found["setting"] if found else None
