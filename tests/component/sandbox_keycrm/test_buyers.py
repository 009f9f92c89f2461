"""Buyers: lists of contacts, joined to orders by name and phone, and merged ids that vanish."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox_keycrm import KeyCrmSide

OLENA = {"full_name": "Олена Приклад", "phone": "+380670000001", "email": "olena@shop.example"}


async def buyer_of(keycrm: KeyCrmSide, contact: dict[str, Any]) -> int:
    """The buyer that an order with this contact gets."""
    return int((await keycrm.create_order(buyer=contact))["client_id"])


async def test_contacts_are_lists_of_a_buyer_and_single_inside_an_order(keycrm: KeyCrmSide) -> None:
    """The same phone, two shapes."""
    order = await keycrm.order((await keycrm.create_order(buyer=OLENA))["id"])
    buyer = await keycrm.json(f"/buyer/{order['client_id']}?include=shipping,manager,company,loyalty,custom_fields")

    assert (order["buyer"]["phone"], order["buyer"]["email"]) == ("+380670000001", "olena@shop.example")
    assert (buyer["phone"], buyer["email"]) == (["+380670000001"], ["olena@shop.example"])
    assert buyer["shipping"] == []

    await keycrm.turn(buyer_contacts="text")
    assert (await keycrm.json(f"/buyer/{order['client_id']}"))["phone"] == "+380670000001"


@pytest.mark.parametrize(
    ("contact", "is_joined"),
    [
        ({"full_name": "олена приклад ", "phone": "380 67 000-00-01"}, True),
        ({**OLENA}, True),
        ({**OLENA, "email": "other@shop.example"}, False),
        ({**OLENA, "full_name": "О. Приклад"}, False),
        ({"full_name": "Олена Приклад", "phone": "+380670000002"}, False),
        ({"full_name": "Олена Приклад", "email": "olena@shop.example"}, False),
    ],
)
async def test_an_order_joins_a_buyer_by_name_and_phone(keycrm: KeyCrmSide, contact: Any, is_joined: bool) -> None:
    """Name and phone must agree, and the e-mail if one is given; else a new buyer is made."""
    first = await buyer_of(keycrm, OLENA)

    second = await buyer_of(keycrm, contact)

    assert (first == second) is is_joined


async def test_a_new_buyer_with_a_known_phone_is_a_possible_duplicate(keycrm: KeyCrmSide) -> None:
    """The second is flagged; an account that joins by phone alone makes no second."""
    await buyer_of(keycrm, OLENA)
    await buyer_of(keycrm, {"full_name": "Оля", "phone": OLENA["phone"]})
    buyers = (await keycrm.admin("GET", "/state"))["buyers"]
    assert [buyer["is_possible_duplicate"] for buyer in buyers] == [False, True]

    await keycrm.turn(buyer_matching="phone")
    assert await buyer_of(keycrm, {"full_name": "Ольга", "phone": OLENA["phone"]}) == buyers[0]["id"]


async def test_a_merged_buyer_is_gone_and_its_orders_have_moved(keycrm: KeyCrmSide) -> None:
    """The stored id answers 404, is invalid in a new order, and the order shows the other buyer."""
    kept = await buyer_of(keycrm, OLENA)
    order = await keycrm.create_order(buyer={"full_name": "Оля", "phone": "+380670000002"})
    gone = order["client_id"]

    merged = await keycrm.admin("POST", "/buyers/merge", {"from": gone, "into": kept})

    assert merged["phone"] == ["+380670000001", "+380670000002"]
    assert (await keycrm.get(f"/buyer/{gone}")).status_code == 404
    assert (await keycrm.order(order["id"]))["client_id"] == kept
    refused = await keycrm.post("/order", {"source_id": 3, "buyer": {"id": gone}})
    assert (refused.status_code, refused.json()["message"]) == (422, "buyer.id is invalid")


async def test_an_update_replaces_lists_and_keeps_what_it_leaves_out(keycrm: KeyCrmSide) -> None:
    """Phones are replaced as a whole; a field that is not sent stays; the name is always needed."""
    body = {"full_name": "Олена", "phone": ["+380670000001", "+380670000002"], "email": ["o@shop.example"]}
    address = {"city": "Київ", "address": "вул. Прикладна, 1", "zip_code": "01001"}
    buyer = (await keycrm.post("/buyer", body | {"shipping": [address]})).json()

    response = await keycrm.put(f"/buyer/{buyer['id']}", {"full_name": "Олена П.", "phone": ["+380670000003"]})

    assert response.status_code == 202
    shown = await keycrm.json(f"/buyer/{buyer['id']}?include=shipping")
    assert (shown["full_name"], shown["phone"], shown["email"]) == ("Олена П.", ["+380670000003"], ["o@shop.example"])
    assert shown["shipping"] == [address]
    assert (await keycrm.put(f"/buyer/{buyer['id']}", {"phone": []})).status_code == 422


async def test_a_buyer_made_by_the_api_joins_nothing(keycrm: KeyCrmSide) -> None:
    """Two creates are two buyers, whatever their phones."""
    ids = {(await keycrm.post("/buyer", {"full_name": "Олена", "phone": ["+38067"]})).json()["id"] for _ in range(2)}

    assert len(ids) == 2


async def test_filters_of_the_buyer_list(keycrm: KeyCrmSide) -> None:
    """Each filter keeps what it names."""
    olena = (await keycrm.post("/buyer", {"full_name": "Олена", "phone": ["+380 67 1"], "email": ["o@x.ex"]})).json()
    await keycrm.post("/buyer", {"full_name": "Іван", "phone": ["+380 67 2"], "email": ["i@x.ex"]})

    for query in (f"filter[buyer_id]={olena['id']}", "filter[buyer_phone]=380671,3", "filter[buyer_email]=o@x.ex"):
        assert [row["id"] for row in await keycrm.rows(f"/buyer?{query}")] == [olena["id"]], query
    for name in ("created_between", "updated_between"):
        assert await keycrm.rows(f"/buyer?filter[{name}]=2020-01-01,2020-01-02") == []
        assert len(await keycrm.rows(f"/buyer?filter[{name}]=2020-01-01,2099-01-01")) == 2


async def test_a_new_buyer_is_found_after_the_search_lag(keycrm: KeyCrmSide) -> None:
    """The list lags as the orders' does."""
    await keycrm.turn(search_lag_seconds=30)
    buyer = (await keycrm.post("/buyer", {"full_name": "Олена", "phone": ["+380671"]})).json()

    assert (await keycrm.get(f"/buyer/{buyer['id']}")).status_code == 200
    assert await keycrm.rows("/buyer?filter[buyer_phone]=380671") == []
