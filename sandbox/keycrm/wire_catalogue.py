"""Products, offers and stock levels on the wire.

The reserve is `in_reserve` on offers and in the stock webhook, but `reserve` on stock levels.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sandbox.keycrm.account import Account
from sandbox.keycrm.rows import Offer, Product
from sandbox.keycrm.wire import iso, number, text
from sandbox.keycrm.wire_people import custom_field_shapes

SIZES = ("weight", "length", "width", "height")


def product_shape(account: Account, product: Product, include: set[str] | None = None) -> dict[str, Any]:
    """A catalogue card; SKU, barcode and price are its own only while it has no variants."""
    knobs, offers = account.knobs, account.store.offers_of(product.id)
    only = offers[0] if offers and not product.has_offers else Offer(0)
    prices = [offer.price for offer in offers if offer.price is not None]
    quantity = sum((account.store.total(offer.id).quantity for offer in offers), Decimal(0))
    shape = {
        "id": product.id,
        "name": product.name,
        "sku": only.sku,
        "barcode": only.barcode,
        "price": text(knobs, only.price),
        "purchased_price": text(knobs, only.purchased_price),
        "description": product.description,
        "thumbnail_url": product.pictures[0] if product.pictures else None,
        "attachments_data": list(product.pictures),
        "quantity": number(knobs, quantity),
        "unit_type": product.unit_type,
        "currency_code": product.currency_code,
        "min_price": number(knobs, min(prices, default=None)),
        "max_price": number(knobs, max(prices, default=None)),
        **{size: number(knobs, only.sizes.get(size)) for size in SIZES},
        "has_offers": product.has_offers,
        "is_archived": product.is_archived,
        "category_id": product.category_id,
        "created_at": iso(product.created_at),
        "updated_at": iso(product.updated_at),
    }
    if "custom_fields" in (include or set()):
        shape["custom_fields"] = custom_field_shapes(account.store, product.custom_fields)
    return shape


def offer_shape(account: Account, offer: Offer, include: set[str] | None = None) -> dict[str, Any]:
    """A sellable variant."""
    knobs, total = account.knobs, account.store.total(offer.id)
    shape = {
        "id": offer.id,
        "product_id": offer.product_id,
        "sku": offer.sku,
        "barcode": offer.barcode,
        "thumbnail_url": offer.image_url,
        "price": text(knobs, offer.price),
        "purchased_price": text(knobs, offer.purchased_price),
        "quantity": number(knobs, total.quantity),
        "in_reserve": number(knobs, total.reserve),
        **{size: number(knobs, offer.sizes.get(size)) for size in SIZES},
        "properties": list(offer.properties),
    }
    if "product" in (include or set()):
        shape["product"] = product_shape(account, account.store.products[offer.product_id])
    return shape


def stock_shape(account: Account, offer: Offer, has_details: bool) -> dict[str, Any]:
    """An offer's stock: totals, and per warehouse when asked for."""
    knobs, total = account.knobs, account.store.total(offer.id)
    shape = {
        "id": offer.id,
        "sku": offer.sku,
        "price": number(knobs, offer.price),
        "purchased_price": number(knobs, offer.purchased_price),
        "quantity": number(knobs, total.quantity),
        "reserve": number(knobs, total.reserve),
    }
    if has_details:
        shape["warehouse"] = [_in_warehouse(account, offer, one) for one in account.store.warehouses.values()]
    return shape


def _in_warehouse(account: Account, offer: Offer, warehouse: dict[str, Any]) -> dict[str, Any]:
    stock = account.store.total(offer.id, [warehouse["id"]])
    return {
        "id": warehouse["id"],
        "name": warehouse["name"],
        "quantity": text(account.knobs, stock.quantity),
        "reserve": text(account.knobs, stock.reserve),
    }


def stock_webhook_row(account: Account, offer: Offer, warehouses: list[int]) -> dict[str, Any]:
    """One row of a stock webhook: figures summed over the hook's warehouses, which the row does not name."""
    total = account.store.total(offer.id, warehouses)
    knobs = account.knobs
    return {
        "offer_id": offer.id,
        "sku": offer.sku,
        "in_stock": number(knobs, total.quantity),
        "in_reserve": number(knobs, total.reserve),
    }
