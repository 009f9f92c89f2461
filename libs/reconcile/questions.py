"""The sentences of questions, in English, by the key and parameters that a translation needs as well.

Promises: every reason that the merge can give has a sentence that says what was seen and what a person can do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from libs.contracts.types import Side
from libs.reconcile.values import Choice, Question, Value

TEXTS: Mapping[str, str] = {
    "both_changed": (
        "{field} was changed on both sides: VMS has {vms}, KeyCRM has {keycrm}. Choose one of them or type another."
    ),
    "one_way_edit": (
        "{field} was changed in KeyCRM to {keycrm}, but it follows VMS, which has {vms}. "
        "Send VMS's again, or leave KeyCRM's as it is."
    ),
    "cancelled_after_shipping": (
        "The order was cancelled in KeyCRM (status {keycrm}), but its goods have left the warehouse "
        "(VMS status {vms}). Choose which side is right."
    ),
    "tracking_changed": (
        "The tracking code is {vms} in VMS and {keycrm} in KeyCRM, and KeyCRM takes a code only once. "
        "Change it by hand in KeyCRM, or leave both as they are."
    ),
    "lines_differ": (
        "The lines of the order differ: VMS has added {added}, removed {removed}, changed {changed}. KeyCRM cannot "
        "add or remove lines through its API. Change the lines by hand in KeyCRM, or leave both as they are."
    ),
    "lines_not_writable": (
        "The lines of the order were changed in KeyCRM: added {added}, removed {removed}, changed {changed}. "
        "VMS cannot change lines through its API. Change the order by hand in VMS, or leave both as they are."
    ),
    "not_shown": (
        "{side} accepted {sent} for {field} {times} times and never showed it. "
        "Check the record there, then choose what both sides shall have."
    ),
    "overwritten_in_vms": (
        "Somebody wrote {raced} into {field} in VMS at the moment of our own write, which overwrote it. "
        "VMS now has {vms}, KeyCRM has {keycrm}. Choose what both sides shall have."
    ),
    "deposited_unexplained": (
        "VMS's paid amount is {vms}, but the payments that are known make {sum}. "
        "Take the payments' sum, leave VMS's amount, or type another."
    ),
    "payment_cancelled": (
        "Payment {payment} of {amount} is valid in VMS, but its copy was cancelled in KeyCRM. It is not paid in again: "
        "cancel it in VMS too, restore it in KeyCRM, or leave both as they are."
    ),
    "payment_doubled": (
        "Payment {payment} of {amount} stands {copies} times in KeyCRM. "
        "Cancel the superfluous ones there, or leave them."
    ),
    "payment_amount_differs": (
        "Payment {payment} is {amount} in VMS and {copy_amount} in KeyCRM, where an amount cannot be changed. "
        "Cancel it in KeyCRM and enter the right one, or leave both as they are."
    ),
    "reference_doubled": (
        "Several records in {side} carry our reference {reference}: {found}. Name the right one; the others stay apart."
    ),
    "customers_alike": (
        "Several customers may be the same person: {found}. "
        "Merge them, name the right one, or say that it is none of them."
    ),
    "identity_clash": (
        "Two pairs claim one record: {said}. Merge or separate the records by hand; until then each stays as it is."
    ),
    "gone": (
        "{side} no longer has the record {id}. It is never made anew by itself: restore it, or end the pair of the two."
    ),
    "vanished_in_creating": (
        "The record {id} vanished from {side} while its other side was being made. "
        "Restore it, or remove what was made of it."
    ),
    "unknown_sku": (
        "KeyCRM's catalogue has no {found}: such lines would skip its stock. "
        "Add the articles to KeyCRM, or allow one-off lines."
    ),
}
_SIDES = {Side.VMS.value: "VMS", Side.KEYCRM.value: "KeyCRM"}


def text(question: Question) -> str:
    """The question as an English sentence."""
    params = {"field": question.field.replace("_", " "), **question.params}
    sentence = TEXTS[question.reason].format_map({name: _words(value) for name, value in params.items()})
    refused = question.params.get("refused")
    return f"{sentence} The last answer could not be written: {refused}." if refused else sentence


def gone(side: Side, record: str) -> Question:
    """A bound record answers 404."""
    return Question("identity", "gone", params={"side": side.value, "id": record}, choices=(Choice.KEEP,))


def vanished_in_creating(side: Side, record: str) -> Question:
    """The record that a create was being made from is gone (rule 22)."""
    params = {"side": side.value, "id": record}
    return Question("identity", "vanished_in_creating", params=params, choices=(Choice.KEEP,))


def customers_alike(found: Sequence[str]) -> Question:
    """Several records share the phone or e-mail of one customer; `KEEP` says that he is none of them."""
    params: Mapping[str, Value] = {"found": sorted(found)}
    return Question("identity", "customers_alike", params=params, choices=(Choice.VALUE, Choice.KEEP))


def identity_clash(said: str) -> Question:
    """Two bindings claim one record; `said` names the bindings."""
    return Question("identity", "identity_clash", params={"said": said}, choices=(Choice.KEEP,))


def unknown_sku(skus: Sequence[str]) -> Question:
    """Lines of a new order whose SKU KeyCRM does not know (SYNC_UNKNOWN_SKU=hold)."""
    return Question("lines", "unknown_sku", params={"found": sorted(skus)}, choices=(Choice.KEEP,))


def _words(value: Any) -> str:
    if value is None or value == []:
        return "nothing"
    if isinstance(value, list):
        return ", ".join(_words(item) for item in value)
    return _SIDES.get(str(value), str(value))
