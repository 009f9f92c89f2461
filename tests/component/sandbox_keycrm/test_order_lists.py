"""Lists of orders: filters, pages, sorting, and a search index that may lag behind."""

from __future__ import annotations

import pytest

from tests.sandbox_keycrm import KeyCrmSide

PAST = "2026-01-15 09:30:00"


async def test_filters_of_the_order_list(keycrm: KeyCrmSide) -> None:
    """Each of the ten filters keeps what it names and drops the rest; `created_between` looks at `ordered_at`."""
    plain = await keycrm.create_order(buyer={"full_name": "Іван", "phone": "067 000-00-02", "email": "i@shop.example"})
    other = await keycrm.create_order(
        source_id=1,
        source_uuid="A-1",
        ordered_at=PAST,
        payments=[{"payment_method_id": 1, "amount": 361, "status": "paid"}],
        shipping={"tracking_code": "T1", "shipping_date": "2026-02-01"},
    )
    await keycrm.put(f"/order/{other['id']}", {"status_id": 4})
    filters = {
        "filter[status_id]=4,8": other,
        "filter[source_id]=1": other,
        "filter[source_uuid]=A-1&filter[source_id]=1": other,
        "filter[payment_status]=paid,overpaid": other,
        "filter[has_tracking_code]=true": other,
        "filter[has_tracking_code]=false": plain,
        "filter[created_between]=2026-01-15 00:00:00, 2026-01-15 23:59:59": other,
        "filter[created_between]=2026-01-15,2026-01-15": other,
        "filter[shipping_between]=2026-02-01,2026-02-01": other,
        "filter[buyer_phone]=0670000002": plain,
        "filter[buyer_email]=i@shop.example,x@shop.example": plain,
    }

    found = {query: [row["id"] for row in await keycrm.rows(f"/order?{query}")] for query in filters}

    assert found == {query: [order["id"]] for query, order in filters.items()}
    assert len(await keycrm.rows("/order?filter[updated_between]=2020-01-01,2099-01-01")) == 2
    assert await keycrm.rows("/order?filter[updated_between]=2020-01-01,2020-01-02") == []
    assert await keycrm.breaches() == []


async def test_a_phone_filter_can_be_exact(keycrm: KeyCrmSide) -> None:
    """Whether a filter sees through spellings is not known: by default it does, the knob plays one that does not."""
    await keycrm.create_order(buyer={"full_name": "Іван", "phone": "+380 67 000-00-02"})
    assert len(await keycrm.rows("/order?filter[buyer_phone]=380670000002")) == 1

    await keycrm.turn(phone_filter="exact")
    assert await keycrm.rows("/order?filter[buyer_phone]=380670000002") == []
    assert len(await keycrm.rows("/order?filter[buyer_phone]=%2B380 67 000-00-02")) == 1


async def test_pages_have_the_frameworks_envelope(keycrm: KeyCrmSide) -> None:
    """Fifteen rows unless `limit` says otherwise, fifty at most, and null after the last page."""
    for _ in range(17):
        await keycrm.create_order()

    first = await keycrm.json("/order?sort=-id")
    last = await keycrm.json("/order?sort=-id&page=2")

    assert (first["total"], first["per_page"], first["last_page"], len(first["data"])) == (17, 15, 2, 15)
    assert first["data"][0]["id"] == 1017
    assert first["next_page_url"].endswith("/v1/order?page=2")
    assert last["next_page_url"] is None
    assert (last["from"], last["to"], [row["id"] for row in last["data"]]) == (16, 17, [1002, 1001])
    assert (await keycrm.json("/order?page=3"))["data"] == []
    assert (await keycrm.json("/order?limit=500"))["per_page"] == 50


@pytest.mark.parametrize(
    "query", ["filter[updated_between]=yesterday,now", "filter[updated_between]=2026-01-01", "sort=-grand_total"]
)
async def test_a_query_that_means_nothing_is_400(keycrm: KeyCrmSide, query: str) -> None:
    """A period that is none and a sort that the list does not have are refused, never taken as no filter."""
    assert (await keycrm.get(f"/order?{query}")).status_code == 400


async def test_a_search_can_lag_behind(keycrm: KeyCrmSide) -> None:
    """Within the lag a new row is not found, though its id is; a changed row is found under its old `updated_at`."""
    old = await keycrm.admin("POST", "/orders", {"source_id": 3, "created_at": PAST})
    await keycrm.turn(search_lag_seconds=30)
    new = await keycrm.create_order(source_uuid="A-1")
    await keycrm.put(f"/order/{old['id']}", {"manager_comment": "A"})

    assert (await keycrm.get(f"/order/{new['id']}")).status_code == 200
    assert await keycrm.rows("/order?filter[source_uuid]=A-1") == []
    assert len(await keycrm.rows("/order?filter[updated_between]=2026-01-15,2026-01-15")) == 1
    await keycrm.turn(search_lag_seconds=0)
    assert len(await keycrm.rows("/order?filter[source_uuid]=A-1")) == 1
    assert await keycrm.rows("/order?filter[updated_between]=2026-01-15,2026-01-15") == []
