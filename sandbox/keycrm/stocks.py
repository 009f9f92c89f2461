"""Stock: absolute figures set from outside, and what an order's status reserves, writes off or gives back.

Quantities are physical and may be negative or fractional; the reserve is a part of them.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sandbox.keycrm.account import Account, Origin
from sandbox.keycrm.errors import Refusal
from sandbox.keycrm.rows import Offer, Order
from sandbox.keycrm.store import known
from sandbox.keycrm.triggers import stock_moved

Move = tuple[str, int, int, Decimal]


def check_levels(account: Account, body: dict[str, Any]) -> list[tuple[Offer, Decimal]]:
    """The offers and quantities of a stock write; raises 422 for what names nothing."""
    texts: dict[str, list[str]] = {}
    if not known(account.store.warehouses, body["warehouse_id"]):
        texts["warehouse_id"] = ["The selected warehouse_id is invalid."]
    levels: list[tuple[Offer, Decimal]] = []
    for index, item in enumerate(body["stocks"]):
        offer = _offer(account, item)
        if offer is not None:
            levels.append((offer, Decimal(str(item["quantity"]))))
        elif account.knobs.unknown_sku_in_stocks == "refused":
            name = f"stocks.{index}.{'sku' if 'sku' in item else 'id'}"
            texts[name] = [f"The selected {name} is invalid."]
    if texts:
        raise Refusal(422, next(iter(texts.values()))[0], texts)
    return levels


def set_levels(account: Account, warehouse_id: int, levels: list[tuple[Offer, Decimal]], origin: Origin) -> None:
    """Bring the warehouse to these quantities; what does not move is no movement."""
    moved: list[tuple[int, int]] = []
    for offer, quantity in levels:
        stock = account.store.stock(offer.id, warehouse_id)
        if stock.quantity != quantity:
            stock.quantity = quantity
            moved.append((offer.id, warehouse_id))
    if origin == "person" or account.knobs.stock_echo:
        stock_moved(account, moved)


def follow_status(account: Account, order: Order) -> None:
    """Make the order's moves what its status and lines call for, and tell the hooks of every row that changed."""
    kind = _kind(account, order)
    wanted = [] if kind is None else _moves(order, kind)
    if wanted == order.stock_moves:
        return
    touched = {(offer, warehouse) for _, offer, warehouse, _ in [*order.stock_moves, *wanted]}
    was = {pair: _figures(account, pair) for pair in touched}
    _apply(account, order.stock_moves, Decimal(-1))
    _apply(account, wanted, Decimal(1))
    order.stock_moves = wanted
    stock_moved(account, [pair for pair in touched if _figures(account, pair) != was[pair]])


def _kind(account: Account, order: Order) -> str | None:
    """reserve, write_off or None; a status that says nothing keeps what is."""
    knobs, status = account.knobs, order.status_id
    if not knobs.has_stock_accounting or status in knobs.releasing_statuses:
        return None
    if status in knobs.reserving_statuses:
        return "reserve"
    if status in knobs.writing_off_statuses:
        return "write_off"
    return order.stock_moves[0][0] if order.stock_moves else None


def _moves(order: Order, kind: str) -> list[Move]:
    """A reserve needs an offer and a warehouse on the line."""
    return [
        (kind, line.offer_id, line.warehouse_id, line.quantity)
        for line in order.lines
        if line.offer_id is not None and line.warehouse_id is not None
    ]


def _apply(account: Account, moves: list[Move], sign: Decimal) -> None:
    for kind, offer_id, warehouse_id, quantity in moves:
        stock = account.store.stock(offer_id, warehouse_id)
        if kind == "reserve":
            stock.reserve += sign * quantity
        else:
            stock.quantity -= sign * quantity


def _figures(account: Account, pair: tuple[int, int]) -> tuple[Decimal, Decimal]:
    stock = account.store.stock(*pair)
    return stock.quantity, stock.reserve


def _offer(account: Account, item: dict[str, Any]) -> Offer | None:
    if "sku" in item:
        return account.store.offer(item["sku"])
    return account.store.offers.get(item.get("id", item.get("offer_id", 0)))
