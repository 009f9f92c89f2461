"""KeyCRM's stock and price figures as one page of its list shows them, by SKU and VMS's warehouse.

Promises: a warehouse without a pair, and a row without a SKU, are nobody's and left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from libs.contracts.keycrm import StockLevel
from libs.reconcile.pairs import Pairs
from libs.state.level_figures import Figure


def stocks(rows: Iterable[StockLevel], pairs: Pairs, began_at: datetime) -> list[Figure]:
    """The quantities of paired warehouses, of a read that began then."""
    names = pairs.warehouses.to_vms
    shown = [(row.sku, names.get(place.id), place.quantity) for row in rows for place in row.warehouse or ()]
    return [Figure(sku, name, quantity, began_at) for sku, name, quantity in shown if sku and name]


def prices(rows: Iterable[StockLevel], began_at: datetime) -> list[Figure]:
    """The prices that are shown; a price has no warehouse."""
    return [Figure(row.sku, "", row.price, began_at) for row in rows if row.sku and row.price is not None]
