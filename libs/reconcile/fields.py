"""The table of what is kept the same, as data: per entity, each field's kind, direction, policy and rules.

Promises: nothing else in the code knows a field's direction or policy. A field's name is the key in both sides' images.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import TypeAlias

from libs.contracts.types import Side
from libs.reconcile import normalise, rules
from libs.reconcile.cancelling import cancellation
from libs.reconcile.contest import Contest, Verdict
from libs.reconcile.kinds import Amount, DeliveryService, FirstOf, Kind, Same, Status, Text, Tracking
from libs.reconcile.lines import Lines
from libs.reconcile.pairs import Pairs
from libs.reconcile.values import Value

# VMS's columns as its API declares them; KeyCRM's as such columns usually are: text and varchar(255).
VMS_COMMENT, VMS_LINE, VMS_ADDRESS, VMS_POSTAL = 1000, 255, 500, 20
KEYCRM_COMMENT, KEYCRM_LINE = 65_535, 255
CLOCKS = timedelta(seconds=2)


class Direction(StrEnum):
    """Which way a field is carried."""

    BOTH = "both"
    TO_KEYCRM = "to_keycrm"
    ONCE_TO_KEYCRM = "once_to_keycrm"
    LEDGER = "ledger"


class Policy(StrEnum):
    """Who wins when both sides have moved apart."""

    VMS = "vms"
    KEYCRM = "keycrm"
    NEWEST = "newest"
    MANUAL = "manual"


Special: TypeAlias = Callable[[Contest], Verdict | None]


def _as_typed(value: Value) -> Value:
    return value


def _spelled(spell: Callable[[str | None], str | None]) -> Callable[[Value], Value]:
    return lambda value: spell(value if isinstance(value, str) else None)


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `special` is asked before the policy; `is_put` tells that VMS's full-replace PUT writes it.

    `created_on` are the sides whose create carries it. `spell` normalises what a person types as an answer.
    `clocks` is how far the two sides' clocks may be apart: spans closer than that are not apart.
    """

    name: str
    kind: Kind
    direction: Direction = Direction.BOTH
    policy: Policy = Policy.NEWEST
    first_meeting: Side = Side.VMS
    rules: tuple[rules.Rule, ...] = ()
    special: Special | None = None
    is_put: bool = True
    created_on: tuple[Side, ...] = (Side.VMS, Side.KEYCRM)
    clocks: timedelta = CLOCKS
    spell: Callable[[Value], Value] = _as_typed


Fields: TypeAlias = Mapping[str, Field]


def order_fields(pairs: Pairs) -> Fields:
    """An order's fields; its payments are a ledger (`payments`), of which `deposited_amount` is the sum."""
    comment = Text(VMS_COMMENT, KEYCRM_COMMENT)
    text, keycrm = _spelled(normalise.text), (Side.KEYCRM,)
    return _table(
        Field("status", Status(pairs), special=cancellation(pairs), created_on=(Side.VMS,)),
        Field("manager_comment", comment, spell=text),
        Field("buyer_comment", comment, spell=text),
        Field("shipping_date", Same(), Direction.TO_KEYCRM, Policy.VMS, created_on=keycrm),
        Field("delivery_service", DeliveryService(pairs), Direction.TO_KEYCRM, Policy.VMS, created_on=keycrm),
        Field("tracking_code", Tracking(), Direction.ONCE_TO_KEYCRM, Policy.VMS, is_put=False, created_on=keycrm),
        Field("lines", Lines(pairs), Direction.TO_KEYCRM, Policy.VMS, rules=(rules.lines_sound,), is_put=False),
        Field("deposited_amount", Amount(), Direction.LEDGER, created_on=()),
    )


def customer_fields() -> Fields:
    """A customer's fields; at the first meeting KeyCRM's contact data win."""
    line, first = _spelled(normalise.line), Side.KEYCRM
    phone = Field("phone", FirstOf("phones"), first_meeting=first, rules=(rules.phone_possible,))
    email = Field("email", FirstOf("emails"), first_meeting=first, rules=(rules.email_shaped,))
    short = Text(VMS_LINE, KEYCRM_LINE)
    return _table(
        Field("name", short, first_meeting=first, rules=(rules.name_present,), spell=line),
        replace(phone, spell=_spelled(normalise.phone)),
        replace(email, spell=_spelled(normalise.email)),
        Field("city", short, first_meeting=first, spell=line),
        Field("address", Text(VMS_ADDRESS, KEYCRM_LINE), first_meeting=first, spell=line),
        Field("postal_code", Text(VMS_POSTAL, KEYCRM_LINE), first_meeting=first, spell=line),
    )


def article_fields() -> Fields:
    """An article's fields besides its levels: the name shown to buyers."""
    short = Text(VMS_LINE, KEYCRM_LINE)
    return _table(Field("name", short, rules=(rules.name_present,), spell=_spelled(normalise.line)))


def _table(*rows: Field) -> Fields:
    return {row.name: row for row in rows}
