"""Whether a person's answer fits the question it is given to, before it is written down.

Promises: what passes here can be carried or is refused by the merge with a sentence; it never breaks it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from console.domain.refusals import Unusable
from libs.contracts.types import Entity, Side
from libs.reconcile import fields, rules

Choice = Literal["vms", "keycrm", "value", "keep"]
# Each side has its own numbers for these: whose number is typed must be said.
_OWN_TERMS = ("status", "delivery_service")
_TEXT = (str, type(None))
_MOST_DIGITS = 14


def answer(
    entity: Entity, question: Mapping[str, Any], choice: Choice, value: Any, terms: Side | None
) -> dict[str, Any]:
    """The answer as the merge reads it.

    Raises:
        Unusable: the question does not take this choice, or the value is none of its kind.
    """
    choices: Sequence[str] = question["choices"]
    if not choices:
        raise Unusable(
            "choice", "this question takes no answer", "settle it in VMS or KeyCRM, then sync the record again"
        )
    if choice not in choices:
        raise Unusable("choice", "this question does not take it", f"choose one of: {', '.join(choices)}")
    if choice != "value":
        return {"choice": choice}
    if terms is None and question["field"] in _OWN_TERMS:
        raise Unusable("terms", "is missing", "say whose number the value is: vms or keycrm")
    return {"choice": choice, "value": _value(entity, question, value), "terms": (terms or Side.VMS).value}


def _value(entity: Entity, question: Mapping[str, Any], value: Any) -> Any:
    field = str(question["field"])
    if field == "identity":
        return _one_of(question.get("params", {}).get("found"), value)
    if entity is Entity.ORDER:
        return _ORDER.get(field, _scalar)(value)
    table = fields.customer_fields() if entity is Entity.CUSTOMER else fields.article_fields()
    return _spelled(table.get(field), value)


def _spelled(row: fields.Field | None, value: Any) -> Any:
    if row is None:
        return _scalar(value)
    spelled = row.spell(_text(value))
    if value is not None and spelled is None:
        raise Unusable("value", f"is no {row.name.replace('_', ' ')}", "correct it, or choose one of the two shown")
    refusal = rules.broken(row.rules, row.name, Side.VMS, spelled)
    if refusal is not None:
        raise Unusable("value", refusal.text, "correct it, or choose one of the two shown")
    return spelled


def _one_of(found: Any, value: Any) -> Any:
    if isinstance(found, list) and found and str(value) not in [str(one) for one in found]:
        raise Unusable("value", "is none of the records found", f"choose one of: {', '.join(map(str, found))}")
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else _text(value)


def _text(value: Any) -> str | None:
    if not isinstance(value, _TEXT):
        raise Unusable("value", "is no text", "write a text in quotes, or null for empty")
    return value


def _number(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise Unusable("value", "is no whole number", "write the id of a status, for example 4")
    return value


def _amount(value: Any) -> str:
    try:
        amount = Decimal(value if isinstance(value, str) else "")
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0 or amount.adjusted() >= _MOST_DIGITS:
        raise Unusable("value", "is no amount", 'write an amount that is not negative as text, for example "1011.00"')
    return format(amount, "f")


def _scalar(value: Any) -> Any:
    if isinstance(value, float) or not isinstance(value, str | int | None):
        raise Unusable("value", "is neither a text nor a whole number", 'write for example "1011.00", 4 or null')
    return value


_ORDER: Mapping[str, Callable[[Any], Any]] = {
    "status": _number,
    "delivery_service": _number,
    "manager_comment": _text,
    "buyer_comment": _text,
    "deposited_amount": _amount,
}
