"""Products and offers: one offer for a plain product, partial updates, prices by SKU, and no filter by date."""

from __future__ import annotations

import pytest

from tests.sandbox_keycrm import KeyCrmSide


async def test_a_product_made_by_the_api_has_one_offer(keycrm: KeyCrmSide) -> None:
    """The SKU finds the offer, which carries price and stock."""
    product = (await keycrm.post("/products", {"name": "Свічка", "sku": "CANDLE", "price": 90.5})).json()

    (offer,) = await keycrm.rows("/offers?filter[sku]=CANDLE&include=product")
    assert (offer["product_id"], offer["price"], offer["quantity"]) == (product["id"], "90.50", 0)
    assert (offer["product"]["name"], product["sku"], product["has_offers"]) == ("Свічка", "CANDLE", False)


async def test_an_update_leaves_alone_what_it_does_not_name(keycrm: KeyCrmSide) -> None:
    """Only the name moves, on the product and in its offer's product."""
    before = await keycrm.json("/products/203")

    assert (await keycrm.put("/products/203", {"name": "Чашка велика"})).status_code == 202

    after = await keycrm.json("/products/203")
    assert {name for name in after if after[name] != before[name]} <= {"name", "updated_at"}
    assert after["name"] == "Чашка велика"


async def test_prices_by_sku_or_id(keycrm: KeyCrmSide) -> None:
    """`PUT /offers` finds by either; it cannot change the SKU."""
    items = [{"sku": "DEMO-MUG", "price": 200}, {"id": 301, "sku": "RENAMED", "price": 460, "purchased_price": 300}]

    response = await keycrm.put("/offers", {"offers": items})

    assert (response.status_code, response.json()) == (202, {"status": True})
    mug, shirt = (await keycrm.rows("/offers?filter[id]=301,303&sort=-id"))[:2]
    assert (mug["price"], shirt["price"], shirt["sku"]) == ("200.00", "460.00", "DEMO-TSHIRT-M")


async def test_an_unknown_sku_in_prices_fails_all_or_is_skipped(keycrm: KeyCrmSide) -> None:
    """By default the whole call is 422 and nothing is done; by knob the known ones are."""
    items = [{"sku": "DEMO-MUG", "price": 200}, {"sku": "NOPE", "price": 1}]
    refused = await keycrm.put("/offers", {"offers": items})
    assert (refused.status_code, list(refused.json()["errors"])) == (422, ["offers.1.sku"])
    assert (await keycrm.json("/products/203"))["price"] == "180.50"

    await keycrm.turn(unknown_sku_in_offers="skipped")
    assert (await keycrm.put("/offers", {"offers": items})).status_code == 202
    assert (await keycrm.json("/products/203"))["price"] == "200.00"


async def test_a_sku_is_taken_once(keycrm: KeyCrmSide) -> None:
    """A second product with the SKU is refused; where it is not, the older offer is found."""
    body = {"name": "Чашка", "sku": "DEMO-MUG"}
    assert (await keycrm.post("/products", body)).status_code == 422

    await keycrm.turn(duplicate_sku="accepted")
    assert (await keycrm.post("/products", body)).status_code == 201
    assert [row["id"] for row in await keycrm.rows("/offers?filter[sku]=DEMO-MUG")] == [303, 306]


async def test_variants_take_the_products_own_sku_and_price_away(keycrm: KeyCrmSide) -> None:
    """Once it has variants, a product shows the range of their prices."""
    offers = [{"sku": "DEMO-MUG-XL", "price": 250, "properties": [{"name": "Size", "value": "XL"}]}]

    assert (await keycrm.post("/products/203/offers", {"offers": offers})).status_code == 201

    product = await keycrm.json("/products/203")
    assert (product["has_offers"], product["sku"], product["price"]) == (True, None, None)
    assert (product["min_price"], product["max_price"]) == (180.5, 250)
    assert (await keycrm.rows("/offers?filter[sku]=DEMO-MUG-XL"))[0]["properties"] == offers[0]["properties"]
    assert (await keycrm.post("/products/77/offers", {"offers": offers})).status_code == 400


@pytest.mark.parametrize(
    ("query", "count"),
    [("filter[product_id]=201,203", 2), ("filter[is_archived]=true", 1), ("filter[category_id]=7", 0)],
)
async def test_filters_of_the_product_list(keycrm: KeyCrmSide, query: str, count: int) -> None:
    """Products are filtered by id, category and archive only."""
    await keycrm.admin("PATCH", "/products/205", {"is_archived": True})

    assert (await keycrm.json(f"/products?{query}"))["total"] == count


async def test_dictionaries_of_the_shop(keycrm: KeyCrmSide) -> None:
    """The ids that the sample of id pairs names are there."""
    statuses = {row["id"]: row["group_id"] for row in await keycrm.rows("/order/status")}
    assert statuses == {1: 1, 4: 2, 8: 4, 11: 4, 12: 5, 19: 6}
    sources = {row["id"]: row["currency_code"] for row in await keycrm.rows("/order/source")}
    assert sources == {1: "UAH", 3: "UAH"}
    assert [row["id"] for row in await keycrm.rows("/order/payment-method")] == [1, 2]
    assert [row["id"] for row in await keycrm.rows("/order/delivery-service?sort=-id")] == [2, 1]


async def test_the_empty_seed_has_dictionaries_only(keycrm: KeyCrmSide) -> None:
    """A reset can change the seed."""
    await keycrm.admin("POST", "/reset", {"seed": "empty"})

    state = await keycrm.admin("GET", "/state")
    assert (state["products"], state["stocks"], len(state["statuses"])) == ([], [], 6)
