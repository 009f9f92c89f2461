"""Stock: absolute figures per warehouse, and what an order's statuses reserve, write off and give back."""

from __future__ import annotations

import pytest

from tests.sandbox_keycrm import KeyCrmSide


async def test_a_figure_is_absolute_and_of_one_warehouse(keycrm: KeyCrmSide) -> None:
    """The other warehouse stays; fractions and negatives are taken."""
    items = [{"sku": "DEMO-MUG", "quantity": 7}, {"id": 304, "quantity": 0.25}, {"offer_id": 305, "quantity": -1}]

    response = await keycrm.put("/offers/stocks", {"warehouse_id": 1, "stocks": items})

    assert (response.status_code, response.json()) == (202, {"status": True})
    assert await keycrm.stock("DEMO-MUG", 1) == (7, 0)
    assert await keycrm.stock("DEMO-MUG", 2) == (12, 0)
    assert await keycrm.stock("DEMO-TILE", 1) == (0.25, 0)
    assert await keycrm.stock("DEMO-CABLE", 1) == (-1, 0)


async def test_totals_and_details(keycrm: KeyCrmSide) -> None:
    """Without details only totals; with them a row a warehouse; an unknown filter is ignored without a word."""
    (plain,) = await keycrm.rows("/offers/stocks?filter[offers_sku]=DEMO-MUG")
    (detailed,) = await keycrm.rows("/offers/stocks?filter[offers_id]=303&filter[details]=true")
    ignored = await keycrm.json("/offers/stocks?filter[warehouse_id]=2")

    assert (plain["id"], plain["quantity"], plain["reserve"], "warehouse" in plain) == (303, 52, 0, False)
    shown = [(row["id"], row["quantity"]) for row in detailed["warehouse"]]
    assert shown == [(1, "40.00"), (2, "12.00")]
    assert ignored["total"] == 5


async def test_an_unknown_sku_fails_all_or_is_skipped(keycrm: KeyCrmSide) -> None:
    """By default the whole call is 422 with the item's place; by knob the known ones are set."""
    body = {"warehouse_id": 1, "stocks": [{"sku": "DEMO-MUG", "quantity": 7}, {"sku": "NOPE", "quantity": 1}]}
    refused = await keycrm.put("/offers/stocks", body)
    assert (refused.status_code, list(refused.json()["errors"])) == (422, ["stocks.1.sku"])
    assert await keycrm.stock("DEMO-MUG", 1) == (40, 0)

    await keycrm.turn(unknown_sku_in_stocks="skipped")
    assert (await keycrm.put("/offers/stocks", body)).status_code == 202
    assert await keycrm.stock("DEMO-MUG", 1) == (7, 0)
    assert (await keycrm.put("/offers/stocks", body | {"warehouse_id": 9})).status_code == 422


@pytest.mark.parametrize(
    ("statuses", "quantity", "reserve"),
    [
        ([4], 40, 2),
        ([4, 8], 40, 2),
        ([4, 8, 11], 38, 0),
        ([4, 11, 12], 38, 0),
        ([11], 38, 0),
        ([4, 1], 40, 0),
        ([4, 19], 40, 0),
        ([4, 11, 19], 40, 0),
        ([11, 4], 40, 2),
        ([8], 40, 0),
    ],
)
async def test_stock_follows_the_orders_status(
    keycrm: KeyCrmSide, statuses: list[int], quantity: int, reserve: int
) -> None:
    """4 reserves, 8 keeps, 11 and 12 write off once, 19 and 1 give all back, and back to 4 reserves again."""
    order_id = (await keycrm.create_order())["id"]
    for status in statuses:
        assert (await keycrm.put(f"/order/{order_id}", {"status_id": status})).status_code == 202

    assert await keycrm.stock("DEMO-MUG", 1) == (quantity, reserve)
    order = await keycrm.order(order_id)
    assert order["has_reserves"] is (reserve > 0)


async def test_what_reserves_nothing(keycrm: KeyCrmSide) -> None:
    """A source without a default warehouse, a one-off line, and an account without stock accounting."""
    no_warehouse = (await keycrm.create_order(source_id=1))["id"]
    one_off = (await keycrm.create_order(products=[{"sku": "NOPE", "price": 1, "quantity": 1}]))["id"]
    for order_id in (no_warehouse, one_off):
        await keycrm.put(f"/order/{order_id}", {"status_id": 4})
        assert (await keycrm.order(order_id))["has_reserves"] is False

    await keycrm.turn(has_stock_accounting=False)
    off = (await keycrm.create_order())["id"]
    await keycrm.put(f"/order/{off}", {"status_id": 4})
    assert await keycrm.stock("DEMO-MUG", 1) == (40, 0)


async def test_a_changed_line_changes_its_reserve(keycrm: KeyCrmSide) -> None:
    """While it is reserved, the order's reserve is what its lines say."""
    order_id = (await keycrm.create_order())["id"]
    await keycrm.put(f"/order/{order_id}", {"status_id": 4})
    await keycrm.put(f"/order/{order_id}", {"products": [{"sku": "DEMO-MUG", "quantity": 5}]})

    assert await keycrm.stock("DEMO-MUG", 1) == (40, 5)
    await keycrm.put("/offers/stocks", {"warehouse_id": 1, "stocks": [{"sku": "DEMO-MUG", "quantity": 30}]})
    assert await keycrm.stock("DEMO-MUG", 1) == (30, 5)
