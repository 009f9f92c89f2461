"""The admin calls refuse with a sentence that names the field, and a reset begins anew."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox_vms import VmsSide

NOBODY = "11111111-2222-3333-4444-555555555555"


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "word"),
    [
        ("POST", "/orders", {"lines": []}, 422, "customerId"),
        ("POST", "/orders", {"customerId": 9}, 422, "customerId"),
        ("PATCH", "/orders/{order}", {"orderStatus": 256}, 422, "orderStatus"),
        ("PATCH", "/orders/{order}", {"status": 2}, 422, "status"),
        ("PATCH", "/orders/{order}", {"deliveryMethodId": 99}, 422, "deliveryMethodId"),
        ("PATCH", "/orders/{order}", {"shipmentStatusId": 99}, 422, "shipmentStatusId"),
        ("PATCH", "/orders/{order}", {"numberOrder": None}, 422, "numberOrder"),
        ("PATCH", f"/orders/{NOBODY}", {"orderStatus": 2}, 404, "order"),
        ("POST", "/orders/{order}/payments", {}, 422, "amount"),
        ("POST", "/orders/{order}/payments", {"amount": 1, "paidAt": "today"}, 422, "paidAt"),
        ("PATCH", "/orders/{order}/payments/P-9", {"isCancelled": True}, 404, "payment"),
        ("POST", "/customers", {}, 422, "contactName"),
        ("PATCH", "/customers/1", {"customerStatusId": 99}, 422, "customerStatusId"),
        ("PATCH", "/customers/99", {}, 404, "customer"),
        ("POST", "/articles", {"sku": "X"}, 422, "name"),
        ("POST", "/articles", {"name": "X", "stock": {"moon": 1}}, 422, "warehouse"),
        ("PUT", "/articles/1/stock", {"warehouse": "moon", "quantity": 1}, 422, "warehouse"),
        ("PUT", "/articles/99/price", {"price": 1}, 404, "article"),
        ("PUT", "/articles/1/price", {"price": "dear"}, 422, "price"),
        ("POST", "/reset", {"seed": "forest"}, 422, "seed"),
    ],
)
async def test_a_refusal_names_the_field_and_changes_nothing(
    vms: VmsSide, method: str, path: str, body: Any, status: int, word: str
) -> None:
    """And no event is emitted."""
    customer = await vms.customer()
    order = await vms.order(customer["customerId"])
    before, after = await vms.admin("GET", "/state"), await vms.last_event_number()
    response = await vms.http.request(method, f"/_admin{path.format(order=order['orderId'])}", json=body)

    assert response.status_code == status
    assert word in response.json()["message"]
    assert (await vms.admin("GET", "/state")) | {"now": ""} == before | {"now": ""}
    assert await vms.events(after) == []


async def test_a_reset_begins_anew(vms: VmsSide) -> None:
    """Rows, events, breaches, calls, knobs and faults as at the start; ids may begin higher, for a used database."""
    await vms.customer()
    await vms.get("/api/Orders", page="2")
    await vms.turn(token="example-token")
    await vms.admin("POST", "/faults", {"kind": "down"})
    await vms.admin("POST", "/reset", {"seed": "empty", "firstId": 500})

    state = await vms.admin("GET", "/state")
    assert (state["customers"], state["orders"], state["articles"]) == ([], [], [])
    assert (await vms.events(), await vms.breaches()) == ([], [])
    assert (await vms.admin("GET", "/knobs"))["token"] == ""
    assert (await vms.get("/api/Customers")).json() == []
    assert (await vms.customer())["customerId"] == 500


async def test_the_state_tells_everything(vms: VmsSide) -> None:
    """What a test compares with: orders with what only events tell, articles with levels."""
    customer = await vms.customer()
    order = await vms.order(customer["customerId"], trackingCode="20450000000001")
    state = await vms.admin("GET", "/state")

    assert state["orders"] == [order]
    assert state["customers"][0]["countOrders"] == 1
    assert (state["articles"][2]["sku"], state["articles"][2]["price"]) == ("DEMO-MUG", 180.5)
    assert state["articles"][2]["stock"] == {"main": 40, "shop": 12}
    assert state["warehouses"] == {"main": "Main", "shop": "Shop"}


async def test_events_wait_where_there_is_no_kafka(vms: VmsSide) -> None:
    """The health call says so."""
    await vms.customer()

    health = await vms.admin("GET", "/health")
    assert health == {"status": "healthy", "is_kafka_connected": False, "events_waiting": 1}
