"""VMS's domain events: what is emitted for which change, and that each is exactly what the topics' models say."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from libs.contracts.events import MODELS, TYPES_OF_TOPIC
from libs.contracts.types import CamelModel
from tests.sandbox_vms import VmsSide


def check_shape(model: type[CamelModel], data: dict[str, Any]) -> None:
    """The body has exactly the model's fields, at every depth, and the model takes it."""
    value = model.model_validate_json(json.dumps(data))
    assert set(data) == {str(field.alias) for field in model.model_fields.values()}
    for name, field in model.model_fields.items():
        items = getattr(value, name)
        if isinstance(items, tuple):
            for item, raw in zip(items, data[str(field.alias)], strict=True):
                check_shape(type(item), raw)


async def kinds(vms: VmsSide, after: int) -> list[str]:
    """The last word of each event's type."""
    return [event["type"].rsplit(".", 1)[1] for event in await vms.events(after)]


async def a_day(vms: VmsSide) -> str:
    """Something of every kind; answers the order's id."""
    customer = await vms.customer(phone="+380501112233", eMail="o@example.com", city="Київ")
    await vms.admin("PATCH", "/customers/1", {"city": "Львів"})
    lines = [{"sku": "DEMO-TILE", "quantity": 2.5, "discount": 10}, {"name": "Доставка", "price": 50}]
    order = await vms.order(customer["customerId"], lines=lines)
    path = f"/orders/{order['orderId']}"
    await vms.admin("PATCH", path, {"orderStatus": 2})
    await vms.admin("PATCH", path, {"trackingCode": "20450000000001", "dateOfShipment": "2026-01-15T09:30:00"})
    await vms.admin("PATCH", path, {"descriptions": "крихке"})
    await vms.admin("POST", f"{path}/payments", {"amount": 100, "paymentType": 2})
    await vms.admin("POST", "/articles", {"name": "Ваза", "sku": "DEMO-VASE", "price": 99.9, "stock": {"main": 3}})
    await vms.admin("PATCH", "/articles/3", {"nameUa": "Чашка велика"})
    await vms.admin("PUT", "/articles/3/stock", {"warehouse": "main", "quantity": 39})
    await vms.admin("PUT", "/articles/3/price", {"price": 190})
    return str(order["orderId"])


async def test_every_kind_of_event_is_emitted_and_fits_its_model(vms: VmsSide) -> None:
    """All eleven types, on their topics, keyed by the entity, with the change's time and an offset."""
    await a_day(vms)
    events = await vms.events()

    wanted = {kind for topic, types in TYPES_OF_TOPIC.items() if topic.startswith("vms.") for kind in types}
    assert {event["type"] for event in events} == wanted
    for event in events:
        assert event["type"] in TYPES_OF_TOPIC[event["topic"]]
        check_shape(MODELS[event["type"]], event["data"])
        entity = event["topic"].split(".")[1]
        assert event["key"] == str(event["data"][f"{entity}Id"])
        assert event["time"] == event["data"]["changedAt"]
        assert datetime.fromisoformat(event["time"]).utcoffset() is not None
        assert event["data"]["changedBy"] == "storekeeper"
    assert len({event["id"] for event in events}) == len(events)


async def test_an_orders_event_tells_what_rest_does_not(vms: VmsSide) -> None:
    """Every line with its SKU, quantity and unit, the payments, the tracking code; REST has none of them."""
    order_id = await a_day(vms)
    data = [event["data"] for event in await vms.events() if event["topic"] == "vms.order.v1"][-1]

    assert [(line["sku"], line["quantity"], line["unit"]) for line in data["lines"]] == [
        ("DEMO-TILE", 2.5, "м²"),
        (None, 1, "шт"),
    ]
    assert [line["price"] for line in data["lines"]] == [620, 50]
    assert data["payments"][0] | {"paidAt": ""} == {
        "paymentId": "P-1", "amount": 100, "paidAt": "", "paymentType": 2, "isCancelled": False,
    }  # fmt: skip
    assert (data["trackingCode"], data["depositedAmount"], data["paymentType"]) == ("20450000000001", 100, 2)
    shown = await vms.get(f"/api/Orders/{order_id}")
    assert "20450000000001" not in shown.text
    assert "DEMO-TILE" not in shown.text
    assert shown.json()["lastDateChange"] == data["lastDateChange"]


@pytest.mark.parametrize(
    ("edit", "wanted"),
    [
        ({"orderStatus": 2}, ["status-changed"]),
        ({"externalComment": "!"}, ["updated"]),
        ({"deliveryMethodId": 1}, ["shipment-updated"]),
        (
            {"orderStatus": 4, "trackingCode": "T1", "descriptions": "d"},
            ["updated", "status-changed", "shipment-updated"],
        ),
        ({"orderStatus": 1}, ["updated"]),
        ({"lines": [{"sku": "DEMO-MUG", "quantity": 3}]}, ["updated"]),
    ],
)
async def test_one_event_for_each_aspect_that_changed(vms: VmsSide, edit: dict[str, Any], wanted: list[str]) -> None:
    """All of one instant; a write that changes nothing is told as updated, since the change time moved."""
    customer = await vms.customer()
    order = await vms.order(customer["customerId"])
    after = await vms.last_event_number()
    await vms.admin("PATCH", f"/orders/{order['orderId']}", edit)

    assert await kinds(vms, after) == wanted
    assert len({event["time"] for event in await vms.events(after)}) == 1


async def test_a_payment_moves_the_deposit_and_a_cancelled_one_moves_it_back(vms: VmsSide) -> None:
    """depositedAmount is the sum of what counts; dateOfPayment and paymentType are the last payment's."""
    customer = await vms.customer()
    path = f"/orders/{(await vms.order(customer['customerId']))['orderId']}"
    await vms.admin("POST", f"{path}/payments", {"amount": 100})
    second = await vms.admin(
        "POST", f"{path}/payments", {"amount": 50, "paymentType": 2, "paidAt": "2026-01-15T09:30:00+02:00"}
    )
    assert (second["order"]["depositedAmount"], second["order"]["dateOfPayment"]) == (150, "2026-01-15T09:30:00")

    after = await vms.last_event_number()
    cancelled = await vms.admin("PATCH", f"{path}/payments/{second['paymentId']}", {"isCancelled": True})
    assert cancelled["depositedAmount"] == 100
    [event] = await vms.events(after)
    assert [payment["isCancelled"] for payment in event["data"]["payments"]] == [False, True]


async def test_lines_keep_their_ids_when_a_person_changes_them(vms: VmsSide) -> None:
    """By SKU or by sub-position; a new line gets a new id, and the sum follows."""
    customer = await vms.customer()
    order = await vms.order(customer["customerId"])
    [old] = order["skus"]
    lines = [{"sku": "DEMO-MUG", "quantity": 5}, {"sku": "DEMO-CABLE", "quantity": 2}]
    edited = await vms.admin("PATCH", f"/orders/{order['orderId']}", {"lines": lines})

    assert list(edited["skus"].values()) == ["DEMO-MUG", "DEMO-CABLE"]
    assert next(iter(edited["skus"])) == old
    assert edited["orderSum"] == 974


async def test_what_the_api_writes_is_told_too(vms: VmsSide) -> None:
    """Our own writes come back as events, by `api`: creates and updates of all three entities."""
    await vms.http.post("/api/Customers", json={"companyName": "К", "contactName": "К"})
    line = {"breedName": "Плитка", "descriptionPos": "DEMO-TILE", "necessarySquareMeters": 1.5, "price": 620}
    lines = [line | {"unitsOfMeasurement": "м²"}, {"linearMeters": 3, "unitsOfMeasurement": "м"}]
    body = {"customerId": 1, "numberOrder": "KC-1", "positions": [{"subPositions": lines}]}
    order = (await vms.http.post("/api/Orders", json=body)).json()
    await vms.http.put(f"/api/Orders/{order['orderId']}", json=order | {"orderStatus": 2, "depositedAmount": 10})
    customer = (await vms.get("/api/Customers/1")).json()
    await vms.http.put("/api/Customers/1", json=customer | {"city": "Київ"})
    await vms.http.post("/api/Articles", json={"name": "Ваза"})
    await vms.http.put("/api/Articles/1", json=(await vms.get("/api/Articles/1")).json())

    events = await vms.events()
    assert [event["type"] for event in events] == [
        "vms.customer.created", "vms.order.created", "vms.order.updated", "vms.order.status-changed",
        "vms.customer.updated", "vms.article.created", "vms.article.updated",
    ]  # fmt: skip
    assert {event["data"]["changedBy"] for event in events} == {"api"}
    told = events[1]["data"]["lines"]
    assert [(line["sku"], line["quantity"], line["unit"]) for line in told] == [
        ("DEMO-TILE", 1.5, "м²"),
        (None, 3, "м"),
    ]
    assert events[2]["data"]["payments"] == []
    for event in events:
        check_shape(MODELS[event["type"]], event["data"])


async def test_the_api_can_be_made_silent(vms: VmsSide) -> None:
    """Some systems tell people's changes only."""
    await vms.turn(emit_api_writes=False)
    await vms.http.post("/api/Articles", json={"name": "Ваза"})
    assert await vms.events() == []

    await vms.admin("PATCH", "/articles/1", {"name": "Ваза"})
    assert await kinds(vms, 0) == ["updated"]


async def test_events_can_be_lost(vms: VmsSide) -> None:
    """They never come, also not when the knob is turned back."""
    await vms.turn(lose_events=True)
    await vms.admin("PATCH", "/articles/1", {"name": "Ваза"})
    await vms.turn(lose_events=False)
    assert await vms.events() == []

    await vms.admin("PATCH", "/articles/1", {"name": "Ваза нова"})
    assert await kinds(vms, 0) == ["updated"]


async def test_fields_can_be_left_out(vms: VmsSide) -> None:
    """An absent field is unknown, not empty: an older VMS that does not tell it can be played."""
    await vms.turn(omit_event_fields=["stock", "trackingCode"])
    await vms.admin("PUT", "/articles/1/price", {"price": 1})

    [event] = await vms.events()
    assert "stock" not in event["data"]
    assert event["data"]["price"] == 1


async def test_a_replay_repeats_id_and_time(vms: VmsSide) -> None:
    """As after a restore: the old body under a new number, in the order asked for."""
    for quantity in (5, 4):
        await vms.admin("PUT", "/articles/1/stock", {"warehouse": "main", "quantity": quantity})
    first, second = [event["n"] for event in await vms.events()]
    await vms.admin("POST", "/events/replay", {"n": [second, first]})

    events = await vms.events()
    assert [event["replay_of"] for event in events] == [None, None, second, first]
    for copy, old in ((events[2], events[1]), (events[3], events[0])):
        same = ("id", "time", "type", "key", "topic", "data")
        assert [copy[name] for name in same] == [old[name] for name in same]
    refused = await vms.http.post("/_admin/events/replay", json={"n": [0]})
    assert refused.status_code == 404


async def test_everything_can_be_announced(vms: VmsSide) -> None:
    """`updated` for every row, as the first load of the topics; the seed itself emits nothing."""
    assert await vms.events() == []
    customer = await vms.customer()
    await vms.order(customer["customerId"])
    after = await vms.last_event_number()

    assert await vms.admin("POST", "/events/announce", {"entities": ["article"]}) == {"events": 5}
    assert await vms.admin("POST", "/events/announce") == {"events": 7}
    assert await kinds(vms, after) == ["updated"] * 12


async def test_many_levels_are_many_events(vms: VmsSide) -> None:
    """One call, one event for each level, in order; a SKU that no article has changes nothing."""
    stock = [{"sku": "DEMO-MUG", "warehouse": "main", "quantity": q} for q in (5, 4, 5)]
    body = {"stock": stock, "price": [{"sku": "DEMO-TILE", "price": 700}]}
    assert await vms.admin("PUT", "/levels", body) == {"events": 4}
    assert await kinds(vms, 0) == ["stock-changed"] * 3 + ["price-changed"]
    quantities = [event["data"]["stock"][0]["quantity"] for event in (await vms.events())[:3]]
    assert quantities == [5, 4, 5]

    stock.append({"sku": "NONE", "warehouse": "main", "quantity": 1})
    refused = await vms.http.put("/_admin/levels", json={"stock": stock})
    assert (refused.status_code, refused.json()["message"]) == (422, "sku: no article has NONE")
    assert len(await vms.events()) == 4
