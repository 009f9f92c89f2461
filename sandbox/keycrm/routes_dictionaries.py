"""The API calls about what an account has set up: statuses, sources, methods, services, tags, fields, categories."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.keycrm.account import Account
from sandbox.keycrm.calls import ApiCall, Handler, Reply
from sandbox.keycrm.errors import wrong
from sandbox.keycrm.lists import check_filters, ids, ordered, page, texts
from sandbox.keycrm.store import Entry, Store


def _dictionary(rows_of: Callable[[Store], dict[int, Entry]]) -> Handler:
    """A paged read of one dictionary; a status that is not active is not listed."""

    def handler(account: Account, call: ApiCall) -> Reply:
        entries = rows_of(account.store).values()
        rows = [entry for entry in entries if entry.get("is_active", True)]
        rows = ordered(call.query, rows, {"id": lambda entry: entry["id"]})
        return Reply(200, page(call.query, rows, lambda entry: entry))

    return handler


def list_custom_fields(account: Account, call: ApiCall) -> Reply:
    """`GET /custom-fields`: a plain array, not paged."""
    check_filters(call.query, ["model"])
    models = texts(call.query.filters.get("model", ""))
    fields = account.store.custom_fields.values()
    return Reply(200, [entry for entry in fields if not models or entry["model"] in models])


def list_categories(account: Account, call: ApiCall) -> Reply:
    """`GET /products/categories`."""
    filters = call.query.filters
    check_filters(call.query, ["category_id", "parent_id"])
    rows = list(account.store.categories.values())
    if "category_id" in filters:
        rows = [entry for entry in rows if entry["id"] in ids(filters["category_id"])]
    if "parent_id" in filters:
        rows = [entry for entry in rows if entry["parent_id"] in ids(filters["parent_id"])]
    return Reply(200, page(call.query, rows, lambda entry: entry))


def create_category(account: Account, call: ApiCall) -> Reply:
    """`POST /products/categories`."""
    if not call.body.get("name"):
        raise wrong("name", "The name field is required.")
    categories = account.store.categories
    entry: dict[str, Any] = {
        "id": max(categories, default=100) + 1,
        "name": call.body["name"],
        "parent_id": call.body.get("parent_id"),
    }
    categories[entry["id"]] = entry
    return Reply(201, entry)


HANDLERS: dict[str, Handler] = {
    "listOrderStatuses": _dictionary(lambda store: store.statuses),
    "listOrderSources": _dictionary(lambda store: store.sources),
    "listOrderTags": _dictionary(lambda store: store.tags),
    "listPaymentMethods": _dictionary(lambda store: store.payment_methods),
    "listDeliveryServices": _dictionary(lambda store: store.delivery_services),
    "listOrderLineStatuses": _dictionary(lambda store: store.line_statuses),
    "listExpenseTypes": _dictionary(lambda store: store.expense_types),
    "listCustomFields": list_custom_fields,
    "listCategories": list_categories,
    "createCategory": create_category,
}
