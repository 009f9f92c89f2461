"""Products and offers: a product made through the API has one offer, which carries its SKU, price and stock."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any

from sandbox.keycrm import loss
from sandbox.keycrm.account import Account
from sandbox.keycrm.custom_fields import custom_values
from sandbox.keycrm.errors import Refusal, missing, wrong
from sandbox.keycrm.rows import Offer, Product
from sandbox.keycrm.wire_catalogue import SIZES

PLAIN = ("currency_code", "unit_type", "category_id", "is_archived")


def find(account: Account, product_id: int) -> Product:
    """The product, or 404."""
    product = account.store.products.get(product_id)
    if product is None:
        raise missing("Product")
    return product


def check_sku(account: Account, body: dict[str, Any], own: Offer | None = None) -> None:
    """Refuse a SKU that another offer has."""
    holder = account.store.offer(body.get("sku"))
    if account.knobs.duplicate_sku == "refused" and holder is not None and holder is not own:
        raise wrong("sku", "The sku has already been taken.")


def create(account: Account, body: dict[str, Any]) -> Product:
    """A product without variants, and its one offer."""
    store, now = account.store, account.now()
    product = Product(store.next_id("product"))
    offer = Offer(store.next_id("offer"), product_id=product.id)
    store.products[product.id] = product
    store.add_offer(offer)
    _write(account, product, body)
    _write_offer(account, offer, body)
    product.born(now)
    offer.born(now)
    return product


def update(account: Account, product: Product, body: dict[str, Any]) -> None:
    """Change what the body names; what it leaves out stays."""
    offers = account.store.offers_of(product.id)
    is_changed = _write(account, product, body)
    if offers and not product.has_offers:
        is_changed |= _write_offer(account, offers[0], body)
    if is_changed:
        product.touch(account.now())


def add_offers(account: Account, product: Product, items: list[dict[str, Any]]) -> None:
    """Add variants; the product's own SKU and price then no longer count."""
    store, now = account.store, account.now()
    if not product.has_offers:
        for offer in store.offers_of(product.id):
            if offer.sku is None:
                del store.offers[offer.id]
        product.has_offers = True
    for item in items:
        offer = Offer(store.next_id("offer"), product_id=product.id)
        store.add_offer(offer)
        _write_offer(account, offer, item)
        offer.properties = list(item.get("properties") or [])
        offer.born(now)
    product.touch(now)


def check_offers(account: Account, items: list[dict[str, Any]]) -> list[tuple[Offer, dict[str, Any]]]:
    """The offers that an update names; raises 422 for what names nothing."""
    texts: dict[str, list[str]] = {}
    found: list[tuple[Offer, dict[str, Any]]] = []
    for index, item in enumerate(items):
        offer = account.store.offers.get(item["id"]) if "id" in item else account.store.offer(item.get("sku"))
        if offer is not None:
            found.append((offer, item))
        elif account.knobs.unknown_sku_in_offers == "refused":
            name = f"offers.{index}.{'id' if 'id' in item else 'sku'}"
            texts[name] = [f"The selected {name} is invalid."]
    if texts:
        raise Refusal(422, next(iter(texts.values()))[0], texts)
    return found


def update_offers(account: Account, found: list[tuple[Offer, dict[str, Any]]]) -> None:
    """Change prices, sizes and images; the SKU is only what an offer was found by."""
    for offer, item in found:
        if _write_offer(
            account, offer, {name: value for name, value in item.items() if name not in ("sku", "barcode")}
        ):
            offer.touch(account.now())


def _write(account: Account, product: Product, body: dict[str, Any]) -> bool:
    was = copy.copy(product)
    for name in PLAIN:
        if name in body:
            setattr(product, name, body[name])
    if "name" in body:
        product.name = loss.text(account.knobs, body["name"]) or ""
    if "description" in body:
        product.description = loss.text(account.knobs, body["description"])
    if "pictures" in body:
        product.pictures = list(body["pictures"])
    product.custom_fields = {**product.custom_fields, **custom_values(account, body, "crm_product")}
    return product != was


def _write_offer(account: Account, offer: Offer, body: dict[str, Any]) -> bool:
    was = copy.copy(offer)
    knobs = account.knobs
    if "sku" in body:
        account.store.rename_sku(offer, body["sku"] or None)
    if "barcode" in body:
        offer.barcode = body["barcode"]
    if "image_url" in body:
        offer.image_url = body["image_url"]
    if "price" in body:
        offer.price = loss.amount(knobs, body["price"])
    if "purchased_price" in body:
        offer.purchased_price = loss.amount(knobs, body["purchased_price"])
    sizes = {size: Decimal(str(body[size])) for size in SIZES if body.get(size) is not None}
    offer.sizes = {**offer.sizes, **sizes}
    return offer != was
