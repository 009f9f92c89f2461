"""`/api/Orders` behaves as VMS's documentation says, traps included."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox_vms import VmsSide

NOBODY = "11111111-2222-3333-4444-555555555555"
LINE = {"breedName": "Чашка", "descriptionPos": "DEMO-MUG", "numberOfOutputPallet": 2.0, "price": 180.5}


async def create(vms: VmsSide, customer_id: int, **fields: Any) -> dict[str, Any]:
    """An order created by the API."""
    body = {"customerId": customer_id, "numberOrder": "KC-17", "positions": [{"subPositions": [LINE]}]} | fields
    response = await vms.http.post("/api/Orders", json=body)
    assert response.status_code == 201, response.text
    order: dict[str, Any] = response.json()
    return order


async def test_a_create_gets_the_servers_id_and_dates(vms: VmsSide) -> None:
    """The server overwrites orderId, orderDate and lastDateChange, and answers 201 with the new address."""
    customer = await vms.customer()
    body = {
        "customerId": customer["customerId"],
        "numberOrder": "KC-1",
        "orderId": NOBODY,
        "orderDate": "2001-02-03T04:05:06",
        "lastDateChange": "2001-02-03T04:05:06",
    }
    response = await vms.http.post("/api/Orders", json=body)

    order = response.json()
    assert response.status_code == 201
    assert response.headers["location"].endswith(f"/api/Orders/{order['orderId']}")
    assert order["orderId"] != NOBODY
    assert order["orderDate"] == order["lastDateChange"] != "2001-02-03T04:05:06"
    assert (order["shipmentStatusId"], order["deliveryMethodId"], order["isActive"]) == (1, 7, False)


async def test_a_created_order_has_its_lines_and_what_its_ids_name(vms: VmsSide) -> None:
    """A read shows positions with new ids, the customer and the directories' rows, and cuts cycles to null."""
    customer = await vms.customer(phone="+380501112233")
    order = await create(vms, customer["customerId"], deliveryMethodId=1, managerId=1)

    shown = (await vms.get(f"/api/Orders/{order['orderId'].upper()}")).json()
    assert shown == order
    [position] = shown["positions"]
    [line] = position["subPositions"]
    assert (line["descriptionPos"], line["numberOfOutputPallet"], line["unitsOfMeasurement"]) == ("DEMO-MUG", 2, "-")
    assert (position["orderId"], position["numberPosition"], position["order"]) == (order["orderId"], 1, None)
    assert line["position"] is None
    assert shown["customer"]["phone"] == "+380501112233"
    assert (shown["deliveryMethod"]["name"], shown["manager"]["managerId"]) == ("Parcel", 1)


async def test_a_put_replaces_every_writable_field(vms: VmsSide) -> None:
    """What a PUT does not send becomes its default; that something was lost so is a breach."""
    customer = await vms.customer()
    order = await vms.order(
        customer["customerId"], descriptions="крихке", externalComment="подзвонити", deliveryMethodId=2, orderStatus=3
    )
    put = await vms.http.put(f"/api/Orders/{order['orderId']}", json={"numberOrder": "X-1"})

    after = put.json()
    assert (after["numberOrder"], after["descriptions"], after["externalComment"]) == ("X-1", None, None)
    assert (after["orderStatus"], after["orderSum"], after["deliveryMethodId"], after["shipmentStatusId"]) == (
        0,
        0,
        7,
        1,
    )
    wiped = {breach["message"].split(":")[0] for breach in await vms.breaches()}
    assert wiped == {"descriptions", "externalComment", "orderStatus", "orderSum", "deliveryMethodId"}


async def test_a_put_of_what_was_read_changes_nothing_but_the_change_time(vms: VmsSide) -> None:
    """Read-modify-write keeps every field and is no breach."""
    customer = await vms.customer()
    order = await vms.order(customer["customerId"], descriptions="крихке")
    path = f"/api/Orders/{order['orderId']}"
    before = (await vms.get(path)).json()
    after = (await vms.http.put(path, json=before)).json()

    moved = {name for name in before if before[name] != after[name]}
    assert moved - {"customer"} == {"lastDateChange"}
    assert await vms.breaches() == []


async def test_lines_and_customer_are_not_writable(vms: VmsSide) -> None:
    """A PUT leaves the positions, the customer and the server's own fields as they are."""
    customer = await vms.customer()
    order = await vms.order(customer["customerId"])
    path = f"/api/Orders/{order['orderId']}"
    before = (await vms.get(path)).json()
    sent = before | {"positions": [], "customerId": 0, "isClosed": True, "managerId": 2, "orderDate": "2001-01-01"}
    after = (await vms.http.put(path, json=sent)).json()

    for name in ("positions", "customerId", "isClosed", "managerId", "orderDate"):
        assert after[name] == before[name], name


async def test_the_list_shows_the_newest_ten_only(vms: VmsSide) -> None:
    """Twelve orders: the two oldest by order date are not in the list, and its rows carry no lines."""
    customer = await vms.customer()
    for day in range(1, 13):
        await vms.order(customer["customerId"], numberOrder=f"N-{day}", orderDate=f"2026-01-{day:02d}T12:00:00")

    shown = (await vms.get("/api/Orders")).json()
    assert [row["numberOrder"] for row in shown] == [f"N-{day}" for day in range(12, 2, -1)]
    assert all(row["positions"] == [] and row["customer"] is None for row in shown)


async def test_the_date_range_goes_by_order_date(vms: VmsSide) -> None:
    """An order changed today and dated in January is found in January and not today."""
    customer = await vms.customer()
    old = await vms.order(customer["customerId"], orderDate="2026-01-05T10:00:00")
    await vms.admin("PATCH", f"/orders/{old['orderId']}", {"descriptions": "сьогодні"})

    async def found(start: str, end: str) -> list[str]:
        rows = (await vms.get("/api/Orders/date-range", startDate=start, endDate=end)).json()
        return [row["orderId"] for row in rows]

    assert await found("2026-01-05T10:00:00", "2026-01-05T10:00:00") == [old["orderId"]]
    today = old["changedAt"][:10]
    assert await found(today, "2099-01-01") == []


async def test_orders_are_found_by_customer_and_by_status(vms: VmsSide) -> None:
    """Both ways of asking for a customer's orders, and the status byte; nobody has none."""
    one, two = await vms.customer(), await vms.customer()
    first = await vms.order(one["customerId"], orderStatus=2)
    second = await vms.order(two["customerId"], orderStatus=3)

    async def ids(path: str) -> list[str]:
        return [row["orderId"] for row in (await vms.get(path)).json()]

    assert await ids(f"/api/Orders/customer/{one['customerId']}") == [first["orderId"]]
    assert await ids(f"/api/Customers/{two['customerId']}/orders") == [second["orderId"]]
    assert await ids("/api/Orders/status/3") == [second["orderId"]]
    assert await ids("/api/Orders/customer/999") == []


async def test_a_deleted_order_is_gone(vms: VmsSide) -> None:
    """204, then 404 as a sentence in plain text."""
    customer = await vms.customer()
    path = f"/api/Orders/{(await vms.order(customer['customerId']))['orderId']}"

    assert (await vms.http.delete(path)).status_code == 204
    gone = await vms.get(path)
    assert gone.status_code == 404
    assert gone.headers["content-type"].startswith("text/plain")
    assert "not found" in gone.text


@pytest.mark.parametrize(
    ("field", "value"),
    [("customerId", 999), ("deliveryMethodId", 99), ("shipmentStatusId", 0), ("paymentFormId", 9), ("managerId", 9)],
)
async def test_an_id_that_names_nothing_is_refused_by_the_database(vms: VmsSide, field: str, value: int) -> None:
    """ASP.NET answers 500 in plain text, and no order is made."""
    customer = await vms.customer()
    body = {"customerId": customer["customerId"], "numberOrder": "KC-1"} | {field: value}
    response = await vms.http.post("/api/Orders", json=body)

    assert response.status_code == 500
    assert response.headers["content-type"].startswith("text/plain")
    assert (await vms.get("/api/Orders")).json() == []


async def test_lists_carry_lines_where_the_knob_says_so(vms: VmsSide) -> None:
    """The documentation leaves open what a list's rows hold: both readings can be tried."""
    customer = await vms.customer()
    await vms.order(customer["customerId"])
    await vms.turn(has_lines_in_lists=True)

    [row] = (await vms.get("/api/Orders")).json()
    assert len(row["positions"][0]["subPositions"]) == 1
