"""The API calls about products, offers and stock. None of these lists has a filter by date."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.keycrm import catalogue, stocks
from sandbox.keycrm.account import Account
from sandbox.keycrm.calls import DONE, ApiCall, Handler, Reply
from sandbox.keycrm.errors import Refusal
from sandbox.keycrm.lists import check_filters, ids, includes, is_true, ordered, page, texts
from sandbox.keycrm.rows import Offer, Product
from sandbox.keycrm.wire_catalogue import offer_shape, product_shape, stock_shape


def list_products(account: Account, call: ApiCall) -> Reply:
    """`GET /products`."""
    check_filters(call.query, ["product_id", "category_id", "is_archived"])
    include = includes(call.query, ["custom_fields", "customFields"])
    filters = call.query.filters
    tests: dict[str, Callable[[Product], bool]] = {
        "product_id": lambda product: product.id in ids(filters["product_id"]),
        "category_id": lambda product: product.category_id in ids(filters["category_id"]),
        "is_archived": lambda product: product.is_archived == is_true(filters["is_archived"]),
    }
    rows = [product for product in account.store.products.values() if all(tests[name](product) for name in filters)]
    return Reply(200, page(call.query, rows, lambda product: product_shape(account, product, include)))


def get_product(account: Account, call: ApiCall) -> Reply:
    """`GET /products/{productId}`."""
    include = includes(call.query, ["custom_fields", "customFields"])
    return Reply(200, product_shape(account, catalogue.find(account, call.ids["productId"]), include))


def create_product(account: Account, call: ApiCall) -> Reply:
    """`POST /products`: a product and its one offer."""
    catalogue.check_sku(account, call.body)
    return Reply(201, product_shape(account, catalogue.create(account, call.body)))


def import_products(account: Account, call: ApiCall) -> Reply:
    """`POST /products/import`: all or none, and no ids in the answer."""
    items: list[dict[str, Any]] = call.body["products"]
    for item in items:
        catalogue.check_sku(account, item)
    for item in items:
        catalogue.create(account, item)
    return Reply(201, DONE)


def update_product(account: Account, call: ApiCall) -> Reply:
    """`PUT /products/{productId}`: what is left out stays."""
    product = catalogue.find(account, call.ids["productId"])
    offers = account.store.offers_of(product.id)
    catalogue.check_sku(account, call.body, offers[0] if offers else None)
    account.take_effect(call.operation, lambda: catalogue.update(account, product, call.body))
    return Reply(202, product_shape(account, product))


def create_offers(account: Account, call: ApiCall) -> Reply:
    """`POST /products/{productId}/offers`."""
    product = account.store.products.get(call.ids["productId"])
    if product is None:
        raise Refusal(400, "The product does not exist.")
    items: list[dict[str, Any]] = call.body.get("offers") or []
    for item in items:
        catalogue.check_sku(account, item)
    catalogue.add_offers(account, product, items)
    return Reply(201, DONE)


def list_offers(account: Account, call: ApiCall) -> Reply:
    """`GET /offers`."""
    check_filters(call.query, ["id", "product_id", "sku", "is_archived"])
    include = includes(call.query, ["product"])
    filters, products = call.query.filters, account.store.products
    skus = texts(filters.get("sku", ""))
    tests: dict[str, Callable[[Offer], bool]] = {
        "id": lambda offer: offer.id in ids(filters["id"]),
        "product_id": lambda offer: offer.product_id in ids(filters["product_id"]),
        "sku": lambda offer: offer.sku in skus,
        "is_archived": lambda offer: products[offer.product_id].is_archived == is_true(filters["is_archived"]),
    }
    rows = [offer for offer in account.store.offers.values() if all(tests[name](offer) for name in filters)]
    rows = ordered(call.query, rows, {"id": lambda offer: offer.id})
    return Reply(200, page(call.query, rows, lambda offer: offer_shape(account, offer, include)))


def update_offers(account: Account, call: ApiCall) -> Reply:
    """`PUT /offers`: prices, sizes and images of up to 10,000."""
    found = catalogue.check_offers(account, call.body["offers"])
    account.take_effect(call.operation, lambda: catalogue.update_offers(account, found))
    return Reply(202, DONE)


def list_stocks(account: Account, call: ApiCall) -> Reply:
    """`GET /offers/stocks`: a filter that it does not have is ignored without a word."""
    filters = call.query.filters
    wanted_ids, wanted_skus = ids(filters.get("offers_id", "")), texts(filters.get("offers_sku", ""))
    rows = list(account.store.offers.values())
    if "offers_id" in filters:
        rows = [offer for offer in rows if offer.id in wanted_ids]
    if "offers_sku" in filters:
        rows = [offer for offer in rows if offer.sku in wanted_skus]
    has_details = is_true(filters.get("details", "false"))
    return Reply(200, page(call.query, rows, lambda offer: stock_shape(account, offer, has_details)))


def set_stocks(account: Account, call: ApiCall) -> Reply:
    """`PUT /offers/stocks`: absolute figures of one warehouse."""
    levels = stocks.check_levels(account, call.body)
    warehouse = call.body["warehouse_id"]
    account.take_effect(call.operation, lambda: stocks.set_levels(account, warehouse, levels, "api"))
    return Reply(202, DONE)


HANDLERS: dict[str, Handler] = {
    "listProducts": list_products,
    "getProduct": get_product,
    "createProduct": create_product,
    "importProducts": import_products,
    "updateProduct": update_product,
    "createOffers": create_offers,
    "listOffers": list_offers,
    "updateOffers": update_offers,
    "listStocks": list_stocks,
    "setStocks": set_stocks,
}
