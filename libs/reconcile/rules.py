"""Business rules that a value must keep before it is written anywhere. A broken one is permanent.

Each rule answers None, or a `Refusal` whose sentence names the field, the rule and what to correct; never the value
itself where it is a person's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TypeAlias

from libs.contracts.types import Side
from libs.reconcile import lines, normalise
from libs.reconcile.values import Refusal, Value

Rule: TypeAlias = Callable[[str, Side, Value], Refusal | None]
_EMAIL = re.compile(r"^[^@\s]+@[^@\s]+$")
_NAMES = {Side.VMS: "VMS", Side.KEYCRM: "KeyCRM"}


def name_present(field: str, to: Side, value: Value) -> Refusal | None:
    """A name is never blanked: both systems require one."""
    return None if value else _refusal(field, "name_present", to, "is empty; fill it in")


def phone_possible(field: str, to: Side, value: Value) -> Refusal | None:
    """A phone is a possible number."""
    if value is None or (isinstance(value, str) and normalise.is_phone(value)):
        return None
    return _refusal(field, "phone_possible", to, "is no possible phone number; correct it")


def email_shaped(field: str, to: Side, value: Value) -> Refusal | None:
    """An e-mail address has one @ and no spaces (VMS refuses anything else)."""
    if value is None or (isinstance(value, str) and _EMAIL.match(value)):
        return None
    return _refusal(field, "email_shaped", to, "is no e-mail address; correct it")


def amount_not_negative(field: str, to: Side, value: Value) -> Refusal | None:
    """An amount is not negative."""
    if isinstance(value, str) and Decimal(value) < 0:
        return _refusal(field, "amount_not_negative", to, "is negative; correct the payments")
    return None


def lines_sound(field: str, to: Side, value: Value) -> Refusal | None:
    """No line has a negative price, a discount outside 0 to 100 per cent or a quantity that is not above zero."""
    for line in lines.rows(value):
        where = f"line {lines.key(line)}"
        if Decimal(line["price"]) < 0:
            return _refusal(field, "price_not_negative", to, f"has a negative price at {where}; correct it")
        if not 0 <= Decimal(line["discount"]) <= 100:
            return _refusal(field, "discount_in_range", to, f"has a discount outside 0 to 100 % at {where}; correct it")
        if Decimal(line["quantity"]) <= 0:
            return _refusal(field, "quantity_above_zero", to, f"has no quantity above zero at {where}; correct it")
    return None


def currency_of_source(source_id: int, currencies: Mapping[int, str], found: set[str]) -> Refusal | None:
    """Every line of an order is in the currency of its KeyCRM source."""
    wanted = currencies.get(source_id)
    if wanted is None:
        text = f"source_id: KeyCRM's source {source_id} has no row in [[sources]] of SYNC_PAIRS_FILE; add one"
        return Refusal("source_id", "source_known", text)
    wrong = sorted(found - {wanted})
    if not wrong:
        return None
    text = (
        f"lines: currency {', '.join(wrong)} is not {wanted}, the currency of KeyCRM's source {source_id}; correct it"
    )
    return Refusal("lines", "currency_of_source", text)


def broken(rules: tuple[Rule, ...], field: str, to: Side, value: Value) -> Refusal | None:
    """The first rule that the value breaks."""
    return next((refusal for rule in rules if (refusal := rule(field, to, value))), None)


def _refusal(field: str, rule: str, to: Side, what: str) -> Refusal:
    return Refusal(field, rule, f"{field}: the value for {_NAMES[to]} {what} in {_NAMES[to.other]}")
