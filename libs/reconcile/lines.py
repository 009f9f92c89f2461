"""The lines of an order as one value: a list of rows by SKU, and what of a change can be carried.

A line is {sku, name, quantity, unit, price, discount}; KeyCRM's has its `id` too. `discount` is a percentage.
Promises: lines are the same when SKU (else name), quantity, price and the price after discount are. Towards KeyCRM
only price, quantity and discount of lines that it has are carried; anything else is asked about, with the SKUs.
Towards VMS lines are carried when the order is made, never later: its API cannot change them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from libs.contracts import keycrm, vms
from libs.contracts.events import VmsLine, VmsOrderEvent
from libs.contracts.types import Side
from libs.reconcile import normalise
from libs.reconcile.kinds import Asked, Carried, Refused, Sent
from libs.reconcile.pairs import Pairs
from libs.reconcile.values import Choice, Image, Value

Line = dict[str, Any]
_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Lines:
    """The kind of the field `lines`; the pairs tell VMS's unit of a line that is made there."""

    pairs: Pairs

    def means(self, vms: Value, keycrm: Value) -> bool:
        """The same goods in the same quantities at the same prices, in any order."""
        return content(vms) == content(keycrm)

    def carry(self, value: Value, to: Side, held: Image) -> Carried:
        """All lines for a new order; changes of lines that KeyCRM has; else what a person must do."""
        if "lines" not in held:
            return self._new(rows(value), to)
        if to is Side.VMS:
            return Asked("lines_not_writable", _difference(rows(value), rows(held["lines"])))
        return _onto(rows(value), rows(held["lines"]))

    def is_made_of(self, side: Side, shown: Value, sent: Value) -> bool:
        """The same goods in the same quantities at the same prices."""
        return content(shown) == content(sent)

    def _new(self, lines: list[Line], to: Side) -> Carried:
        units = self.pairs.units.to_vms if to is Side.VMS else self.pairs.units.to_keycrm
        unknown = sorted({line["unit"] for line in lines} - set(units))
        if unknown:
            text = f"lines: unit {unknown[0]!r} has no pair: add a row to [[units]] of SYNC_PAIRS_FILE"
            return Refused("no_pair", text)
        return Sent([{**_without_id(line), "unit": units[line["unit"]]} for line in lines])


def rows(value: Value) -> list[Line]:
    """The value as its lines."""
    return value if isinstance(value, list) else []


def of_vms(order: vms.Order, event: VmsOrderEvent | None) -> list[Line] | None:
    """VMS's lines from its newest event, with the SKU that we noted on a line where the event has none."""
    if event is None or "lines" not in event.model_fields_set:
        return None
    noted = _noted_skus(order)
    return _sorted(_of_event(line, noted) for line in event.lines)


def of_keycrm(order: keycrm.Order) -> list[Line] | None:
    """KeyCRM's lines; None where the answer did not carry them."""
    if order.products is None:
        return None
    return _sorted(
        {
            "id": line.id,
            "sku": normalise.line(line.sku),
            "name": normalise.line(line.name) or "",
            "quantity": normalise.quantity(line.quantity),
            "unit": line.unit_type or "",
            "price": normalise.money(line.price),
            "discount": _percent(line),
        }
        for line in order.products
    )


def changes(wanted: Value, held: Value) -> list[tuple[Line, Line]]:
    """The lines of KeyCRM to change: what is wanted and what it holds, by the line's id, else its SKU."""
    present = {(line.get("id"), line["sku"]): line for line in rows(held)}
    pairs = [(line, present.get((line.get("id"), line["sku"]))) for line in rows(wanted)]
    return [(line, old) for line, old in pairs if old is not None and _figures(line) != _figures(old)]


def key(line: Line) -> str:
    """What a line is found by: its SKU, else its name."""
    return line["sku"] or f"“{line['name']}”"


def net(line: Line) -> Decimal:
    """The price of one unit after the discount, to the cent."""
    price = Decimal(line["price"]) * (_HUNDRED - Decimal(line["discount"])) / _HUNDRED
    return normalise.cents(str(price))


def content(value: Value) -> list[Any]:
    """What makes lines the same: SKU (else name), quantity, price, price after discount; in one order."""
    return sorted((key(line), *_figures(line)) for line in rows(value))


def _of_event(line: VmsLine, noted: Mapping[str, str]) -> Line:
    return {
        "sku": normalise.line(line.sku) or noted.get(line.sub_position_id),
        "name": normalise.line(line.name) or "",
        "quantity": normalise.quantity(line.quantity),
        "unit": line.unit,
        "price": normalise.money(line.price),
        "discount": normalise.quantity(line.discount),
    }


def _noted_skus(order: vms.Order) -> dict[str, str]:
    # VMS has no SKU column: on orders that we make, descriptionPos holds it.
    lines = [line for position in order.positions or () for line in position.sub_positions]
    found = {line.sub_position_id: normalise.line(line.description_pos) for line in lines}
    return {line_id: sku for line_id, sku in found.items() if line_id and sku}


def _percent(line: keycrm.OrderLine) -> str:
    if not line.discount_percent and line.discount_amount and line.price:
        return normalise.quantity(line.discount_amount / line.price * _HUNDRED)
    return normalise.quantity(line.discount_percent or 0)


def _sorted(lines: Iterable[Line]) -> list[Line]:
    return sorted(lines, key=lambda line: (key(line), line["quantity"], line["price"], str(line.get("id"))))


def _without_id(line: Line) -> Line:
    return {name: value for name, value in line.items() if name != "id"}


def _figures(line: Line) -> tuple[Decimal, Decimal, Decimal]:
    return Decimal(line["quantity"]), normalise.cents(line["price"]), net(line)


def _grouped(lines: list[Line]) -> dict[str, list[Line]]:
    groups: dict[str, list[Line]] = {}
    for line in lines:
        groups.setdefault(key(line), []).append(line)
    return groups


def _difference(wanted: list[Line], held: list[Line]) -> dict[str, list[str]]:
    ours, theirs = _grouped(wanted), _grouped(held)
    return {
        "added": sorted(name for name, group in ours.items() if len(group) > len(theirs.get(name, ()))),
        "removed": sorted(name for name, group in theirs.items() if len(group) > len(ours.get(name, ()))),
        "changed": sorted(name for name in ours.keys() & theirs.keys() if content(ours[name]) != content(theirs[name])),
    }


def _onto(wanted: list[Line], held: list[Line]) -> Carried:
    difference = _difference(wanted, held)
    theirs = _grouped(held)
    repeated = any(len(theirs[name]) > 1 for name in difference["changed"])
    if difference["added"] or difference["removed"] or repeated:
        return Asked("lines_differ", difference, (Choice.KEEP,))
    ours = _grouped(wanted)
    figures = ("quantity", "price", "discount")
    changed = set(difference["changed"])
    return Sent(
        [
            {**line, **{name: ours[key(line)][0][name] for name in figures}} if key(line) in changed else line
            for line in held
        ]
    )
