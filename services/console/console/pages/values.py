"""A field's value as a person reads it, and what is different between two of them.

Promises: what is hidden from this person stays hidden here too; an id that has a name in the pairs file is told by its
name with the id beside it; nothing is marked up: what a KeyCRM comment holds is text and is escaped by the template.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from difflib import SequenceMatcher
from typing import Any, Protocol

from babel.dates import format_date
from babel.numbers import format_decimal

from console.domain.masks import MASK
from libs.contracts.types import Side
from libs.wording.languages import Language, locale_of

AMOUNTS = ("deposited_amount",)
DAYS = ("shipping_date",)
NAMED = ("status", "delivery_service")
PAYMENT = "payment "
"""One of an order's payments, told with which."""
LONG = ("manager_comment", "buyer_comment")
_MOST_COMPARED = 2_000
_PHONE = re.compile(r"^\+380(\d{2})(\d{3})(\d{2})(\d{2})$")
"""As numbers of Ukraine are written and read out; others stay as they are."""


class Names(Protocol):
    """What the pairs file calls an id."""

    def of(self, field: str, side: Side, number: int) -> str | None:
        """Its name; None: it has none."""
        ...


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an order; `is_different`: the other side has no such line."""

    sku: str
    name: str
    quantity: str
    unit: str
    price: str
    discount: str
    is_different: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a text; `is_different`: the other side has something else there."""

    text: str
    is_different: bool = False


@dataclass(frozen=True, slots=True)
class Value:
    """A value to be read. At most one of `parts` and `lines` holds something; neither: it is empty."""

    parts: tuple[Part, ...] = ()
    lines: tuple[Line, ...] = ()
    note: str = ""
    """The id behind a name."""
    is_hidden: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to read."""
        return not self.parts and not self.lines

    @property
    def text(self) -> str:
        """In one line."""
        return "".join(part.text for part in self.parts)


def value(name: str, side: Side, raw: Any, language: Language, names: Names) -> Value:
    """One side's value of a field."""
    if raw is None or raw in ("", []):
        return Value()
    if raw == MASK:
        return Value((Part(MASK),), is_hidden=True)
    if isinstance(raw, list):
        return _listed(raw, language)
    if name in NAMED and isinstance(raw, int):
        called = names.of(name, side, raw)
        return Value((Part(called),), note=str(raw)) if called else Value((Part(str(raw)),))
    return Value((Part(_words(name, raw, language)),))


def both(name: str, vms: Any, keycrm: Any, language: Language, names: Names) -> tuple[Value, Value]:
    """Both sides' values, each with what the other one has differently."""
    one, other = (value(name, side, raw, language, names) for side, raw in ((Side.VMS, vms), (Side.KEYCRM, keycrm)))
    if one.lines or other.lines:
        return _without(one, other), _without(other, one)
    if name in (*NAMED, *DAYS) or is_amount(name) or one.is_hidden or other.is_hidden or one.is_empty or other.is_empty:
        return one, other
    return _compared(one, other)


def _words(name: str, raw: Any, language: Language) -> str:
    if is_amount(name):
        return amount(str(raw), language)
    if name == "phone":
        return _PHONE.sub(r"+380 \1 \2 \3 \4", str(raw))
    if name in DAYS:
        try:
            return format_date(date.fromisoformat(str(raw)), "long", locale=locale_of(language))
        except ValueError:
            return str(raw)
    return str(raw)


def is_amount(name: str) -> bool:
    """Whether the field's value is money."""
    return name in AMOUNTS or name.startswith(PAYMENT)


def flat(found: Value) -> str:
    """In one line, with the id behind a name."""
    if found.lines:
        return "; ".join(f"{line.name or line.sku} × {line.quantity} {line.unit}".strip() for line in found.lines)
    return f"{found.text} ({found.note})" if found.note else found.text


def amount(text: str, language: Language) -> str:
    """An amount as people of the language write it; what is none stays as it is."""
    try:
        return format_decimal(Decimal(text), "#,##0.00", locale=locale_of(language))
    except InvalidOperation:
        return text


def _listed(rows: Sequence[Any], language: Language) -> Value:
    if all(isinstance(row, Mapping) for row in rows):
        return Value(lines=tuple(_line(row, language) for row in rows))
    return Value((Part(", ".join(str(row) for row in rows)),))


def _line(row: Mapping[str, Any], language: Language) -> Line:
    sku, name, quantity, unit, price, discount = (
        str(row.get(key) or "") for key in ("sku", "name", "quantity", "unit", "price", "discount")
    )
    shown = quantity.replace(".", ",") if language == "uk" else quantity
    return Line(sku, name, shown, unit, amount(price, language) if price else "", discount)


def _without(mine: Value, theirs: Value) -> Value:
    """The lines that the other side has not, marked."""
    known = {_key(line) for line in theirs.lines}
    return replace(mine, lines=tuple(replace(line, is_different=_key(line) not in known) for line in mine.lines))


def _key(line: Line) -> tuple[str, ...]:
    return line.sku or line.name, line.quantity, line.price, _plain(line.discount)


def _plain(number: str) -> str:
    return number.rstrip("0").rstrip(".") if "." in number else number


def _compared(one: Value, other: Value) -> tuple[Value, Value]:
    """Word by word; texts that have little in common are not picked apart, nor very long ones."""
    mine, theirs = (re.findall(r"\s+|\w+|[^\w\s]", value.text) for value in (one, other))
    if len(mine) + len(theirs) > _MOST_COMPARED:
        return one, other
    found = SequenceMatcher(None, mine, theirs, autojunk=False)
    if found.ratio() < 0.3:
        return one, other
    left, right = _Pieces(), _Pieces()
    for kind, a, b, c, d in found.get_opcodes():
        left.add("".join(mine[a:b]), kind != "equal")
        right.add("".join(theirs[c:d]), kind != "equal")
    return replace(one, parts=tuple(left.parts)), replace(other, parts=tuple(right.parts))


@dataclass(slots=True)
class _Pieces:
    parts: list[Part] = field(default_factory=list)

    def add(self, text: str, is_different: bool) -> None:
        if text:
            self.parts.append(Part(text, is_different))
