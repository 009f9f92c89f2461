"""The whole account as JSON, for tests and for the page: every association, and numbers always as numbers."""

from __future__ import annotations

import copy
from typing import Any

from sandbox.keycrm.account import Account
from sandbox.keycrm.wire_catalogue import offer_shape, product_shape
from sandbox.keycrm.wire_orders import INCLUDES, order_shape
from sandbox.keycrm.wire_people import INCLUDES as BUYER_INCLUDES
from sandbox.keycrm.wire_people import buyer_shape

DICTIONARIES = ("statuses", "sources", "payment_methods", "delivery_services", "tags", "users", "warehouses")


def plain(account: Account) -> Account:
    """The same account seen with knobs that do not mix numbers and texts; for looking only."""
    seen = copy.copy(account)
    seen.knobs = account.knobs.model_copy(update={"decimals": "numbers"})
    return seen


def state_of(account: Account) -> dict[str, Any]:
    """Everything."""
    seen, store = plain(account), account.store
    return {
        "seed": account.seed,
        "orders": [order_state(seen, key) for key in store.orders],
        "buyers": [buyer_state(seen, key) for key in store.buyers],
        "products": [product_state(seen, key) for key in store.products],
        "stocks": _stocks(account),
        **{name: list(getattr(store, name).values()) for name in DICTIONARIES},
    }


def order_state(seen: Account, order_id: int) -> dict[str, Any]:
    """One order with all its associations."""
    order = seen.store.orders[order_id]
    moves = [{"kind": move[0], "offer_id": move[1], "warehouse_id": move[2]} for move in order.stock_moves]
    return {**order_shape(seen, order, set(INCLUDES)), "stock_moves": moves}


def buyer_state(seen: Account, buyer_id: int) -> dict[str, Any]:
    """One buyer with all its associations."""
    buyer = seen.store.buyers[buyer_id]
    shape = buyer_shape(seen, buyer, set(BUYER_INCLUDES))
    lists = {"phone": list(buyer.phones), "email": list(buyer.emails)}
    return {**shape, **lists, "is_possible_duplicate": buyer.is_possible_duplicate}


def product_state(seen: Account, product_id: int) -> dict[str, Any]:
    """One product with its offers."""
    product = seen.store.products[product_id]
    offers = [offer_shape(seen, offer) for offer in seen.store.offers_of(product_id)]
    return {**product_shape(seen, product, {"custom_fields"}), "offers": offers}


def _stocks(account: Account) -> list[dict[str, Any]]:
    store = account.store
    return [
        {
            "offer_id": offer_id,
            "sku": store.offers[offer_id].sku,
            "warehouse_id": warehouse_id,
            "quantity": float(stock.quantity),
            "reserve": float(stock.reserve),
        }
        for (offer_id, warehouse_id), stock in store.stocks.items()
        if offer_id in store.offers
    ]
