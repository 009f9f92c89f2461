"""Why a letter was set aside, for whoever has to settle it: a plain sentence, and what to do next.

Promises: each code and reason that a service of ours gives has both, in each language; the technical text stays
beside them for whoever keeps the sync running. What is not known is said to be so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from console.pages.say import Say
from console.pages.words import N_
from libs.contracts.types import Side
from libs.state.dead_letters import Received
from libs.wording import names, reasons

Words = tuple[str, str]

_LINE = N_("Correct the line in {source} (the text below names it), then try it again.")
_VALUE = N_("Correct it in {source}, then try it again.")
_SERVER = N_("Call your technician: the text below tells where to look. When it is mended, try it again.")
_CODES: Mapping[str, Words] = {
    "gone": (
        N_("{side} no longer has the record."),
        N_("If it was deleted on purpose, discard the letter; if not, restore the record there and try it again."),
    ),
    "negative": (
        N_("The stock level in VMS is below zero, and such a level is not sent."),
        N_("Correct the quantity in VMS: the new level goes by itself. Then discard the letter."),
    ),
    "no-buyer": (N_("The order in KeyCRM has no buyer."), N_("Choose its buyer in KeyCRM, then try it again.")),
    "no-pair": (
        N_("One system uses a value that the pairs file does not know."),
        N_("Have your technician add the row that the text below names to the pairs file, then try it again."),
    ),
    "not-writable": (
        N_("VMS lets nobody write this field from outside."),
        N_("Make the change in VMS by hand, then discard the letter."),
    ),
    "pairs": (
        N_("The pairs file does not fit the KeyCRM account."),
        N_("Have your technician correct the file as the text below says, then try it again."),
    ),
    "too-large": (
        N_("The record is larger than may be sent."),
        N_("Shorten its longest text, a comment for example, then try it again."),
    ),
    "unanswered": (N_("{side} answered none of several tries to write this, though it answers otherwise."), _SERVER),
    "unreadable": (N_("What {side} answered could not be read."), _SERVER),
    "refused": (
        N_("{side} did not accept what was to be written."),
        N_("The text below has what {side} says about it. Correct the value in {source}, then try it again."),
    ),
    "identity": (
        N_("Two records claim to be the same thing."),
        N_("Look at the record and at Conflicts: when it is clear which one is meant, try it again."),
    ),
    "comma": (
        N_("A value holds a comma, and KeyCRM cannot look for such a value."),
        N_("Take the comma out of the value in VMS, then try it again."),
    ),
    "filter-ignored": (N_("KeyCRM did not look for what was asked, but answered with anything."), _SERVER),
    "name_present": (N_("The name is empty."), N_("Fill it in in {source}, then try it again.")),
    "phone_possible": (N_("No such phone number is possible."), _VALUE),
    "email_shaped": (N_("This is no e-mail address."), _VALUE),
    "amount_not_negative": (
        N_("The paid amount is negative."), N_("Correct the payments in {source}, then try it again."),
    ),
    "price_not_negative": (N_("The price of an order line is negative."), _LINE),
    "discount_in_range": (N_("The discount of an order line is not between 0 and 100 %."), _LINE),
    "quantity_above_zero": (N_("The quantity of an order line is not above zero."), _LINE),
    "source_known": (
        N_("The pairs file does not know where this order came from."),
        N_("Have your technician add the order’s source to the pairs file, then try it again."),
    ),
    "currency_of_source": (
        N_("The order is not in the currency of its source."),
        N_("Correct the currency in {source}, or have your technician correct the pairs file; then try it again."),
    ),
}  # fmt: skip
_REASONS: Mapping[str, Words] = {
    "malformed": (N_("The message could not be read."), _SERVER),
    "unknown_type": (N_("Nobody here knows this kind of message."), _SERVER),
    "permanent": (
        N_("It was refused, and would be refused again."),
        N_("The text below says why. Mend that, then try it again."),
    ),
    "exhausted": (
        N_("Each attempt failed."),
        N_(
            "See on the page Now whether both systems answer. If they do, try it again; if it fails once more, "
            "call your technician."
        ),
    ),
    "unexpected": (
        N_("The program met something it does not know: a mistake of ours."),
        N_("Call your technician: the text below says where it was. Try it again when a mended version runs."),
    ),
    "outcome_unknown": (
        N_("Nobody knows whether it arrived."),
        N_("Look whether it did. If so, discard the letter; if not, try it again."),
    ),
    "unknown": (N_("Why it was set aside is not known."), _SERVER),
}
_NOTHING = _REASONS["unknown"]
_VMS_RECORD = N_(
    "Give this page to VMS’s developers: the message must look as docs/contracts says. When VMS has sent it again, "
    "discard the letter."
)
_WEBHOOK = N_(
    "The poll of KeyCRM finds by itself what the message told: discard it. If more of them come, call your technician."
)
_NOTIFICATION = N_("Send a test message in Set-up. When it arrives, try this one again, or discard it as old news.")
_UNREAD = ("malformed", "unknown_type")
_TOWARDS: Mapping[str, Side] = {"inbound-apply": Side.VMS, "outbound-sync": Side.KEYCRM}
# What a text of ours or of a reader names: `attribute 'source' is missing`, `lines.0.price: Input should be …`.
_NAMED = re.compile(r"(?:attribute|field|header) '(?P<quoted>[\w.-]+)'|(?P<path>[A-Za-z][\w.]*): ")
_SPEAKER = re.compile(r"(?P<side>VMS|KeyCRM)(?:'s answer|\b)")


@dataclass(frozen=True, slots=True)
class Told:
    """What is wrong, what of it, and what to do next."""

    sentence: str
    fix: str
    field: str = ""
    why: str = ""


def told(received: Received, say: Say) -> Told:
    """The letter's reason in plain words."""
    sentence, fix = words(received.code, received.letter.reason)
    places = _places(received)
    error = received.letter.error
    return Told(
        say.gettext(sentence, **places), say.gettext(_whose(received) or fix, **places), _field(received, say),
        say.reason(error) if fix is _REASONS["exhausted"][1] and reasons.is_known(error) else "",
    )  # fmt: skip


def words(code: str, reason: str) -> Words:
    """A code's or else a reason's sentence, and what to do."""
    return _CODES.get(code.replace("no_pair", "no-pair")) or _REASONS.get(code) or _REASONS.get(reason) or _NOTHING


def is_known(key: str) -> bool:
    """Whether there are words for this code or reason."""
    return words(key, "") is not _NOTHING or key == "unknown"


def _whose(received: Received) -> str | None:
    """What to do where it depends on who can mend it; None: on what is wrong."""
    letter = received.letter
    if received.service == "notifier" and not letter.topic:
        return _NOTIFICATION
    if letter.reason not in _UNREAD:
        return None
    return _WEBHOOK if received.service == "ingress" else _VMS_RECORD if letter.topic.startswith("vms.") else None


def _places(received: Received) -> dict[str, str]:
    """Who speaks in the error, else towards whom it went; and where the value came from."""
    towards = received.side or _TOWARDS.get(received.service, Side.KEYCRM)
    found = _SPEAKER.match(received.letter.error)
    spoken = Side(found["side"].lower()) if found else towards
    source = spoken.other if received.code == "refused" else towards.other
    return {"side": names.side(spoken), "source": names.side(source)}


def _field(received: Received, say: Say) -> str:
    """The field at fault; of a message that could not be read, as its text calls it."""
    if received.field:
        return say.field(received.field, received.entity)
    found = _NAMED.match(received.letter.error) if received.letter.reason == "malformed" else None
    return (found["quoted"] or found["path"]) if found else ""
