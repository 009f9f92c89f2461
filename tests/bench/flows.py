"""Every flow that an event begins, as people do it: so many changes, and when each stood on the other side.

A flow answers the key of each change as it makes it, and afterwards the moment at which each key was visible. Flows
build on one another: an order that one has made, the next one changes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from tests.bench import stage as on
from tests.bench.stage import Row, Stage, Times

Change = Callable[[Stage, int], Awaitable[Any]]
"""Make the n-th change; answers the key by which it is found."""
Look = Callable[[], Awaitable[Times]]


@dataclass(frozen=True, slots=True)
class Flow:
    """One line of the table."""

    name: str
    change: Change
    begin: Callable[[Stage], Any]
    """An asynchronous context that gives the look of afterwards."""
    note: str = ""


def to_vms(name: str, change: Change, key_of: Callable[[Row], Any]) -> Flow:
    """Visible in VMS: by its own events."""

    @asynccontextmanager
    async def begin(stage: Stage) -> AsyncIterator[Look]:
        since = await stage.newest_event()
        yield lambda: on.in_vms(stage, since, key_of)

    return Flow(f"KeyCRM → VMS: {name}", change, begin)


def written(name: str, change: Change, operation: str) -> Flow:
    """Visible in KeyCRM: a record was written."""

    @asynccontextmanager
    async def begin(stage: Stage) -> AsyncIterator[Look]:
        since = await stage.newest_call()
        yield lambda: on.written_in_keycrm(stage, since, operation)

    return Flow(f"VMS → KeyCRM: {name}", change, begin)


def made(name: str, change: Change, operation: str, table: str, key_of: Callable[[Row], Any]) -> Flow:
    """Visible in KeyCRM: a record was made."""

    @asynccontextmanager
    async def begin(stage: Stage) -> AsyncIterator[Look]:
        since = await stage.newest_call()
        yield lambda: on.made_in_keycrm(stage, since, operation, table, key_of)

    return Flow(f"VMS → KeyCRM: {name}", change, begin)


def watched(name: str, change: Change, path: str, shown: Callable[[Row], list[Any]]) -> Flow:
    """Visible in KeyCRM: a list shows it."""

    @asynccontextmanager
    async def begin(stage: Stage) -> AsyncIterator[Look]:
        async with on.Watcher(stage, path, shown) as watcher:

            async def look() -> Times:
                return watcher.times

            yield look

    return Flow(f"VMS → KeyCRM: {name}", change, begin, "a warehouse rests for a second between two calls, by design")


# ---- customers --------------------------------------------------------------------------------------------------


async def _customer(stage: Stage, number: int) -> Any:
    row = await stage.world.vms_customer()
    stage.kept.setdefault("customers", []).append(row)
    return row["contactName"]


async def _customer_changed(stage: Stage, number: int) -> Any:
    row = stage.kept["customers"][number]
    if "buyers" not in stage.kept:
        buyers = (await stage.world.keycrm.state())["buyers"]
        stage.kept["buyers"] = {buyer["full_name"]: buyer["id"] for buyer in buyers}
    await stage.world.vms.admin("PATCH", f"customers/{row['customerId']}", {"phone": stage.world.phone()})
    return stage.kept["buyers"][row["contactName"]]


# ---- orders of VMS's --------------------------------------------------------------------------------------------


async def _order(stage: Stage, number: int) -> Any:
    row = await stage.world.vms_order(stage.kept["customers"][number])
    stage.kept.setdefault("orders", []).append(row)
    return row["orderId"]


async def _number_of(stage: Stage, number: int) -> tuple[str, int]:
    """An order's id in VMS and in KeyCRM."""
    if "numbers" not in stage.kept:
        orders = (await stage.world.keycrm.state())["orders"]
        stage.kept["numbers"] = {order["source_uuid"]: order["id"] for order in orders}
    order_id = stage.kept["orders"][number]["orderId"]
    return order_id, stage.kept["numbers"][order_id]


def _order_changed(**changes: Any) -> Change:
    async def change(stage: Stage, number: int) -> Any:
        order_id, there = await _number_of(stage, number)
        told = {name: value.format(number) if isinstance(value, str) else value for name, value in changes.items()}
        await stage.world.vms.admin("PATCH", f"orders/{order_id}", told)
        return there

    return change


async def _paid_in_vms(stage: Stage, number: int) -> Any:
    order_id, there = await _number_of(stage, number)
    await stage.world.vms.admin("POST", f"orders/{order_id}/payments", {"amount": 100, "paymentType": 2})
    return there


# ---- orders of KeyCRM's -----------------------------------------------------------------------------------------


async def _born(stage: Stage, number: int) -> Any:
    row = await stage.world.keycrm_order()
    stage.kept.setdefault("born", []).append(row["id"])
    return f"KC-{row['id']}"


async def _status_in_keycrm(stage: Stage, number: int) -> Any:
    order_id = stage.kept["born"][number]
    await stage.world.keycrm.admin("PATCH", f"orders/{order_id}", {"status_id": 4})
    return f"KC-{order_id}"


async def _paid_in_keycrm(stage: Stage, number: int) -> Any:
    order_id = stage.kept["born"][number]
    body = {"amount": 120, "payment_method_id": 1, "status": "paid"}
    await stage.world.keycrm.admin("POST", f"orders/{order_id}/payments", body)
    return f"KC-{order_id}"


# ---- articles ---------------------------------------------------------------------------------------------------


async def _article(stage: Stage, number: int) -> Any:
    sku = f"BENCH-{stage.world.name()}"
    body = {"name": f"Ліхтар {sku}", "nameUa": f"Ліхтар {sku}", "sku": sku, "price": 320, "stock": {"main": 10}}
    row = await stage.world.vms.admin("POST", "articles", body)
    stage.kept.setdefault("articles", []).append((row["articleId"], sku))
    return f"Ліхтар {sku}"


async def _stock(stage: Stage, number: int) -> Any:
    article_id, sku = stage.kept["articles"][number % len(stage.kept["articles"])]
    body = {"warehouse": "main", "quantity": 100 + number}
    await stage.world.vms.admin("PUT", f"articles/{article_id}/stock", body)
    return sku, 100.0 + number


async def _price(stage: Stage, number: int) -> Any:
    article_id, sku = stage.kept["articles"][number % len(stage.kept["articles"])]
    await stage.world.vms.admin("PUT", f"articles/{article_id}/price", {"price": 500 + number})
    return sku, 500.0 + number


def _stocks_shown(row: Row) -> list[Any]:
    return [(row["sku"], float(row["quantity"]))]


FLOWS = (
    made("customer created → buyer", _customer, "createBuyer", "buyers", lambda row: row["full_name"]),
    written("customer's phone changed", _customer_changed, "updateBuyer"),
    made("order created", _order, "createOrder", "orders", lambda row: row["source_uuid"]),
    written("order's status changed", _order_changed(orderStatus=2), "updateOrder"),
    written("order's comment changed", _order_changed(descriptions="Передзвонити {}"), "updateOrder"),
    written("payment received", _paid_in_vms, "addOrderPayment"),
    written("shipment with tracking code", _order_changed(orderStatus=4, trackingCode="2045{:010d}",
                                                          deliveryMethodId=1), "updateOrder"),
    to_vms("order born", _born, lambda data: data.get("numberOrder")),
    to_vms("order's status by webhook", _status_in_keycrm,
           lambda data: data.get("numberOrder") if data.get("orderStatus") == 2 else None),
    to_vms("payment by webhook", _paid_in_keycrm,
           lambda data: data.get("numberOrder") if float(data.get("depositedAmount") or 0) >= 120 else None),
    made("article created → product", _article, "createProduct", "products", lambda row: row["name"]),
    watched("stock changed", _stock, "/v1/offers/stocks", _stocks_shown),
    watched("price changed", _price, "/v1/offers", lambda row: [(row["sku"], float(row["price"]))]),
)  # fmt: skip
