"""The questions that people are asked: one or two sentences by the reason's key and what it names.

Promises: every reason that the merge can give has a sentence that says what was seen and what a person can do; a
reason that only a newer release knows is told in a few words.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from libs.wording import catalogue, names, reasons
from libs.wording.catalogue import N_
from libs.wording.languages import Language

TEXTS: Mapping[str, str] = {
    "both_changed": N_(
        "{field} was changed on both sides: VMS has {vms}, KeyCRM has {keycrm}. Choose one of them or type another."
    ),
    "cut_edited": N_(
        "{field} is longer on one side than the other can hold, and the shorter copy was edited, by somebody who did "
        "not see the end. VMS has {vms}, KeyCRM has {keycrm}. Choose one of them or type another."
    ),
    "one_way_edit": N_(
        "{field} was changed in KeyCRM to {keycrm}, but it follows VMS, which has {vms}. "
        "Send VMS's again, or leave KeyCRM's as it is."
    ),
    "cancelled_after_shipping": N_(
        "The order was cancelled in KeyCRM (status {keycrm}), but its goods have left the warehouse "
        "(VMS status {vms}). Choose which side is right."
    ),
    "tracking_changed": N_(
        "The tracking code is {vms} in VMS and {keycrm} in KeyCRM, and KeyCRM takes a code only once. "
        "Change it by hand in KeyCRM, or leave both as they are."
    ),
    "lines_differ": N_(
        "The lines of the order differ: VMS has added {added}, removed {removed}, changed {changed}. KeyCRM cannot "
        "add or remove lines through its API. Change the lines by hand in KeyCRM, or leave both as they are."
    ),
    "lines_not_writable": N_(
        "The lines of the order were changed in KeyCRM: added {added}, removed {removed}, changed {changed}. "
        "VMS cannot change lines through its API. Change the order by hand in VMS, or leave both as they are."
    ),
    "not_shown": N_(
        "{side} accepted {sent} for {field} {times} times and never showed it. "
        "Check the record there, then choose what both sides shall have."
    ),
    "overwritten_in_vms": N_(
        "Somebody wrote {raced} into {field} in VMS at the moment of our own write, which overwrote it. "
        "VMS now has {vms}, KeyCRM has {keycrm}. Choose what both sides shall have."
    ),
    "deposited_unexplained": N_(
        "VMS's paid amount is {vms}, but the payments that are known make {sum}. "
        "Take the payments' sum, leave VMS's amount, or type another."
    ),
    "payment_cancelled": N_(
        "Payment {payment} of {amount} is valid in VMS, but its copy was cancelled in KeyCRM. It is not paid in again: "
        "cancel it in VMS too, restore it in KeyCRM, or leave both as they are."
    ),
    "payment_doubled": N_(
        "Payment {payment} of {amount} stands {copies} times in KeyCRM. "
        "Cancel the superfluous ones there, or leave them."
    ),
    "payment_amount_differs": N_(
        "Payment {payment} is {amount} in VMS and {copy_amount} in KeyCRM, where an amount cannot be changed. "
        "Cancel it in KeyCRM and enter the right one, or leave both as they are."
    ),
    "reference_doubled": N_(
        "Several records in {side} carry our reference {reference}: {found}. Name the right one; the others stay apart."
    ),
    "customers_alike": N_(
        "Several customers may be the same person: {found}. "
        "Merge them, name the right one, or say that it is none of them."
    ),
    "identity_clash": N_(
        "Two pairs claim one record: {said}. Merge or separate the records by hand; until then each stays as it is."
    ),
    "gone": N_(
        "{side} no longer has the record {id}. It is never made anew by itself: restore it, or end the pair of the two."
    ),
    "vanished_in_creating": N_(
        "The record {id} vanished from {side} while its other side was being made. "
        "Restore it, or remove what was made of it."
    ),
    "unknown_sku": N_(
        "KeyCRM's catalogue has no {found}: such lines would skip its stock. "
        "Add the articles to KeyCRM, or allow one-off lines."
    ),
}


def question(reason: str, params: Mapping[str, Any], field: str, entity: str, language: Language) -> str:
    """The question as a person of this language reads it; `params` is what its sentence names."""
    words = catalogue.of(language)
    called = names.field_name(field, language, entity)
    try:
        sentence = words.gettext(TEXTS[reason]).format_map(_said(params, called, language))
    except KeyError:
        return f"{capitalised(called)}: {reasons.reason(reason, language)}"
    refused = params.get("refused")
    if not refused:
        return capitalised(sentence)
    failed = words.gettext(N_("The last answer could not be written: {why}."))
    return f"{capitalised(sentence)} {failed.format(why=reasons.reason(str(refused), language))}"


def capitalised(sentence: str) -> str:
    """With a great first letter, the others as they are."""
    return sentence[:1].upper() + sentence[1:]


def _said(params: Mapping[str, Any], field: str, language: Language) -> Mapping[str, str]:
    return {name: _value(value, language) for name, value in ({"field": field} | dict(params)).items()}


def _value(value: Any, language: Language) -> str:
    if value is None or value == []:
        return catalogue.of(language).gettext(N_("nothing"))
    if isinstance(value, list | tuple):
        return ", ".join(_value(item, language) for item in value)
    return names.side(str(value))
