"""Orders as KeyCRM keeps them: what a write shows, what it ignores, what it refuses, and what a search finds when."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from tests.sandbox_keycrm import KeyCrmSide

ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000000Z")
SPACED = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
PAST = "2026-01-15 09:30:00"
ASSOCIATIONS = {"buyer", "products", "payments", "shipping", "tags", "custom_fields", "expenses", "manager", "status"}


async def test_answers_to_writes_show_only_the_orders_own_columns(keycrm: KeyCrmSide) -> None:
    """Create and update answer without associations; a GET shows those that it names, a list too."""
    made = await keycrm.create_order()
    changed = (await keycrm.put(f"/order/{made['id']}", {"status_id": 4})).json()

    assert not ASSOCIATIONS & (made.keys() | changed.keys())
    assert not ASSOCIATIONS & (await keycrm.rows("/order"))[0].keys()
    assert ASSOCIATIONS & (await keycrm.rows("/order?include=payments,buyer"))[0].keys() == {"payments", "buyer"}


async def test_a_new_order_has_the_first_status_whatever_it_asks_for(keycrm: KeyCrmSide) -> None:
    """No status on create: it is a field that the call does not have."""
    order = await keycrm.create_order(status_id=4)

    assert order["status_id"] == 1
    assert await keycrm.breaches() == ["createOrder: body status_id: not a field of this call"]


async def test_money_and_times_come_in_two_spellings(keycrm: KeyCrmSide) -> None:
    """Sums are numbers beside decimal texts, `closed_at` has a space beside ISO times; all in whole seconds."""
    made = await keycrm.create_order(shipping_price=60, taxes=0, discount_amount=39.5)
    order = (await keycrm.put(f"/order/{made['id']}", {"status_id": 12})).json()

    assert (order["grand_total"], order["shipping_price"], order["taxes"]) == (381.5, "60.00", "0.00")
    assert ISO.fullmatch(order["updated_at"])
    assert ISO.fullmatch(order["status_changed_at"])
    assert SPACED.fullmatch(order["closed_at"])
    await keycrm.turn(decimals="texts")
    assert (await keycrm.order(made["id"]))["grand_total"] == "381.50"
    await keycrm.turn(decimals="numbers")
    assert (await keycrm.order(made["id"]))["shipping_price"] == 60


async def test_a_known_sku_binds_the_line_and_an_unknown_one_makes_a_one_off_line(keycrm: KeyCrmSide) -> None:
    """Only a catalogue SKU has an offer."""
    products = [{"sku": "DEMO-MUG", "quantity": 2}, {"sku": "NOPE", "name": "Гравіювання", "price": 50, "quantity": 1}]
    order = await keycrm.order((await keycrm.create_order(products=products))["id"])

    mug, engraving = order["products"]
    assert (mug["offer"]["id"], mug["price"], mug["name"]) == (303, 180.5, "Чашка керамічна")
    assert (engraving["offer"], engraving["name"], engraving["price"]) == (None, "Гравіювання", 50)


async def test_an_update_changes_lines_and_adds_none(keycrm: KeyCrmSide) -> None:
    """A line is found by id or SKU; one that is not there is ignored, or refused where the knob says so."""
    made = await keycrm.create_order()
    items = [{"sku": "DEMO-MUG", "quantity": 3, "price": 170}, {"sku": "DEMO-TILE", "quantity": 1}]

    assert (await keycrm.put(f"/order/{made['id']}", {"products": items})).status_code == 202
    order = await keycrm.order(made["id"])
    assert [(line["sku"], line["quantity"], line["price"]) for line in order["products"]] == [("DEMO-MUG", 3, 170)]
    assert order["grand_total"] == 510

    await keycrm.put(f"/order/{made['id']}", {"products": []})
    assert len((await keycrm.order(made["id"]))["products"]) == 1
    await keycrm.turn(unknown_line_in_update="refused")
    assert (await keycrm.put(f"/order/{made['id']}", {"products": items})).status_code == 422


async def test_what_is_not_in_the_update_body_cannot_be_changed(keycrm: KeyCrmSide) -> None:
    """Source, external number, buyer and manager stay; each is a breach."""
    made = await keycrm.create_order(source_uuid="A-1")
    body = {"source_uuid": "B-2", "source_id": 1, "manager_id": 4, "buyer": {"full_name": "Інша"}, "ordered_at": PAST}

    assert (await keycrm.put(f"/order/{made['id']}", body)).status_code == 202

    assert await keycrm.json(f"/order/{made['id']}") == made
    assert len(await keycrm.breaches()) == len(body)


@pytest.mark.parametrize(("knob", "status", "code"), [("422", 422, "T1"), ("400", 400, "T1"), ("accepted", 202, "T2")])
async def test_a_second_tracking_code(keycrm: KeyCrmSide, knob: str, status: int, code: str) -> None:
    """A second write is an error and changes nothing of the call; an account that accepts it is a knob."""
    await keycrm.turn(second_tracking_code=knob)
    order_id = (await keycrm.create_order())["id"]
    first = await keycrm.put(f"/order/{order_id}", {"shipping": {"delivery_service_id": 1, "tracking_code": "T1"}})

    second = await keycrm.put(f"/order/{order_id}", {"status_id": 11, "shipping": {"tracking_code": "T2"}})

    order = await keycrm.order(order_id)
    assert (first.status_code, second.status_code) == (202, status)
    assert (order["shipping"]["tracking_code"], order["status_id"]) == (code, 11 if status == 202 else 1)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"status_id": 77}, "status_id"),
        ({"shipping": {"delivery_service_id": 9}}, "shipping.delivery_service_id"),
        ({"shipping": {"warehouse_ref": "7b422fc5"}}, "shipping.warehouse_ref"),
    ],
)
async def test_an_id_that_names_nothing_is_422_with_its_field(keycrm: KeyCrmSide, body: Any, field: str) -> None:
    """Ids are checked before anything is done; such a call keeps the contract and is no breach."""
    order_id = (await keycrm.create_order())["id"]

    response = await keycrm.put(f"/order/{order_id}", body)

    assert (response.status_code, list(response.json()["errors"])) == (422, [field])
    assert await keycrm.breaches() == []


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"source_id": 77}, "source_id"),
        ({"buyer": {"id": 77}}, "buyer.id"),
        ({"tags": [1, 77]}, "tags.1"),
        ({"payments": [{"payment_method_id": 77, "amount": 1}]}, "payments.0.payment_method_id"),
        ({"payments": [{"payment_method": "Barter", "amount": 1}]}, "payments.0.payment_method"),
    ],
)
async def test_a_create_that_names_nothing_makes_nothing(keycrm: KeyCrmSide, fields: Any, field: str) -> None:
    """A refused create leaves no order and no buyer behind."""
    response = await keycrm.post(
        "/order", {"source_id": 3, "buyer": {"full_name": "Олена", "phone": "+380670000001"}} | fields
    )

    assert (response.status_code, list(response.json()["errors"])) == (422, [field])
    state = await keycrm.admin("GET", "/state")
    assert (state["orders"], state["buyers"]) == ([], [])


async def test_source_uuid_is_not_unique_unless_the_knob_says_so(keycrm: KeyCrmSide) -> None:
    """Two creates with one number make two orders; where it is unique, it is so within a source."""
    first = await keycrm.create_order(source_uuid="A-1")
    second = await keycrm.create_order(source_uuid="A-1")
    assert first["id"] != second["id"]

    await keycrm.turn(duplicate_source_uuid="refused")
    body = {"source_id": 3, "source_uuid": "A-1", "buyer": {}}
    assert (await keycrm.post("/order", body)).status_code == 422
    assert (await keycrm.post("/order", body | {"source_id": 1})).status_code == 201


async def test_a_status_change_can_leave_updated_at_alone(keycrm: KeyCrmSide) -> None:
    """In such an account the poll by `updated_between` misses it; `status_changed_at` moves all the same."""
    order = await keycrm.admin("POST", "/orders", {"source_id": 3, "created_at": PAST})
    await keycrm.turn(updated_at_follows=["comment"])
    changed = (await keycrm.put(f"/order/{order['id']}", {"status_id": 4})).json()
    assert (changed["updated_at"], changed["status_id"]) == (order["updated_at"], 4)
    assert changed["status_changed_at"] > order["status_changed_at"]

    commented = (await keycrm.put(f"/order/{order['id']}", {"manager_comment": "Передзвонити"})).json()
    assert commented["updated_at"] > order["updated_at"]


async def test_an_update_that_changes_nothing_moves_nothing(keycrm: KeyCrmSide) -> None:
    """The value sent again is no change: `updated_at` and `status_changed_at` stay."""
    body = {"source_id": 3, "created_at": PAST, "manager_comment": "A", "products": [{"sku": "DEMO-MUG", "price": 450}]}
    order = await keycrm.admin("POST", "/orders", body)

    same = {"status_id": 1, "manager_comment": "A", "products": [{"sku": "DEMO-MUG", "price": 450.0, "quantity": 1}]}
    after = (await keycrm.put(f"/order/{order['id']}", same)).json()

    assert (after["updated_at"], after["status_changed_at"]) == (order["updated_at"], order["status_changed_at"])


async def test_an_accepted_update_can_take_effect_later_or_never(keycrm: KeyCrmSide) -> None:
    """202 with the old columns at once; the effect after the seconds, or not at all."""
    order_id = (await keycrm.create_order())["id"]
    await keycrm.turn(update_delay_seconds=0.2)
    late = await keycrm.put(f"/order/{order_id}", {"status_id": 4})
    assert (late.status_code, late.json()["status_id"]) == (202, 1)
    assert (await keycrm.order(order_id))["status_id"] == 1
    await asyncio.sleep(0.4)
    assert (await keycrm.order(order_id))["status_id"] == 4

    await keycrm.turn(update_delay_seconds=None)
    assert (await keycrm.put(f"/order/{order_id}", {"status_id": 12})).status_code == 202
    await asyncio.sleep(0.2)
    assert (await keycrm.order(order_id))["status_id"] == 4


async def test_import_answers_no_ids(keycrm: KeyCrmSide) -> None:
    """The imported orders have to be found by their numbers; one bad item fails all."""
    items = [{"source_id": 3, "source_uuid": f"I-{n}", "buyer": {}} for n in range(3)]

    response = await keycrm.post("/order/import", {"orders": items})
    refused = await keycrm.post("/order/import", {"orders": [*items, {"source_id": 77, "buyer": {}}]})

    assert (response.status_code, response.content) == (201, b"")
    assert refused.status_code == 422
    assert len(await keycrm.rows("/order?filter[source_uuid]=I-0,I-1,I-2")) == 3


async def test_tags_by_their_own_route(keycrm: KeyCrmSide) -> None:
    """A tag is put on once and taken off once."""
    order_id = (await keycrm.create_order())["id"]

    statuses = [
        (await keycrm.post(f"/order/{order_id}/tag/1")).status_code,
        (await keycrm.post(f"/order/{order_id}/tag/77")).status_code,
        (await keycrm.delete(f"/order/{order_id}/tag/1")).status_code,
        (await keycrm.delete(f"/order/{order_id}/tag/1")).status_code,
    ]

    assert statuses == [202, 404, 204, 400]


@pytest.mark.parametrize("path", ["/order/77", "/buyer/77", "/products/77"])
async def test_what_does_not_exist_is_404(keycrm: KeyCrmSide, path: str) -> None:
    """A missing row is a JSON 404 and no breach."""
    response = await keycrm.get(path)

    assert (response.status_code, list(response.json())) == (404, ["message"])
    assert await keycrm.breaches() == []


async def test_custom_fields_are_known_by_uuid(keycrm: KeyCrmSide) -> None:
    """A filled field is shown; one that the account does not have is overlooked."""
    fields = [{"uuid": "OR_1001", "value": "7-2026"}, {"uuid": "OR_7777", "value": "x"}]
    order = await keycrm.order((await keycrm.create_order(custom_fields=fields))["id"])

    assert [(field["uuid"], field["value"]) for field in order["custom_fields"]] == [("OR_1001", "7-2026")]
