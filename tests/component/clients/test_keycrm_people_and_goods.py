"""Buyers, products, offers, stocks and dictionaries of KeyCRM's sandbox."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from libs.clients.keycrm import BuyerFilter, KeyCrmClient
from libs.clients.keycrm.bodies import BuyerBody, StockItem
from libs.clients.terms import Terms
from libs.runtime.errors import GoneError, PermanentError
from tests.sandboxes import Sandbox

BUYER: BuyerBody = {
    "full_name": "Олена Тестова",
    "phone": ["+380670000001"],
    "email": ["olena@example.com"],
    "shipping": [{"city": "Київ", "address": "вул. Тестова, 1", "zip_code": "01001"}],
}


async def test_a_buyer_is_created_read_and_changed(keycrm: KeyCrmClient, terms: Terms) -> None:
    """Lists of phones and mails, and the addresses with the read."""
    made = await keycrm.create_buyer(BUYER, terms)
    read = await keycrm.get_buyer(made.id, terms)

    assert (read.full_name, read.phone, read.email) == ("Олена Тестова", ("+380670000001",), ("olena@example.com",))
    assert read.shipping is not None
    assert (read.shipping[0]["city"], read.shipping[0]["zip_code"]) == ("Київ", "01001")

    await keycrm.update_buyer(made.id, {**BUYER, "phone": ["+380670000001", "+380670000002"]}, terms)
    assert (await keycrm.get_buyer(made.id, terms)).phone == ("+380670000001", "+380670000002")


@pytest.mark.parametrize("comparison", ["digits", "exact"])
@pytest.mark.parametrize("kept", ["as-sent", "digits", "plus"])
async def test_a_buyer_is_found_by_phone_however_the_account_keeps_it(
    keycrm: KeyCrmClient, terms: Terms, keycrm_sandbox: Sandbox, comparison: str, kept: str
) -> None:
    """With and without the plus in one call; another number is not found."""
    keycrm_sandbox.knobs(phone_filter=comparison, phone_format=kept)
    made = await keycrm.create_buyer(BUYER, terms)

    found = await keycrm.find_buyers_by_phone("+380670000001", terms)

    assert [buyer.id for buyer in found] == [made.id]
    assert await keycrm.find_buyers_by_phone("+380670000009", terms) == ()
    assert keycrm_sandbox.operations().count("listBuyers") == 2


async def test_a_buyer_is_found_by_mail_whatever_its_case(keycrm: KeyCrmClient, terms: Terms) -> None:
    """People type capitals."""
    made = await keycrm.create_buyer(BUYER, terms)

    assert [buyer.id for buyer in await keycrm.find_buyers_by_email("Olena@EXAMPLE.com", terms)] == [made.id]
    assert await keycrm.find_buyers_by_email("somebody@example.com", terms) == ()


async def test_changed_buyers_are_walked(keycrm: KeyCrmClient, terms: Terms) -> None:
    """By the time of their change."""
    made = await keycrm.create_buyer(BUYER, terms)
    now = datetime.now(UTC)
    changed = BuyerFilter(updated_between=(now - timedelta(minutes=1), now + timedelta(minutes=1)))
    long_ago = BuyerFilter(updated_between=(now - timedelta(days=9), now - timedelta(days=8)))

    assert made.id in {buyer.id async for page in keycrm.walk_buyers(changed, terms) for buyer in page.rows}
    assert [page.rows async for page in keycrm.walk_buyers(long_ago, terms)] == [()]


async def test_a_merged_buyer_is_gone(keycrm: KeyCrmClient, terms: Terms, keycrm_sandbox: Sandbox) -> None:
    """Its id vanishes."""
    first = await keycrm.create_buyer(BUYER, terms)
    second = await keycrm.create_buyer({**BUYER, "full_name": "Олена Т."}, terms)
    keycrm_sandbox.admin("POST", "buyers/merge", {"from": second.id, "into": first.id})

    with pytest.raises(GoneError):
        await keycrm.get_buyer(second.id, terms)


async def test_a_product_is_created_and_its_offer_found_by_sku(keycrm: KeyCrmClient, terms: Terms) -> None:
    """A product without variants has one offer with its SKU."""
    body_price = Decimal("99.90")
    made = await keycrm.create_product(
        {"name": "Нова чашка", "sku": "NEW-1", "price": body_price, "currency_code": "UAH"}, terms
    )
    offers = await keycrm.find_offers_by_sku(["NEW-1"], terms)

    assert [(offer.product_id, offer.sku, offer.price) for offer in offers] == [(made.id, "NEW-1", body_price)]
    await keycrm.update_product(made.id, {"name": "Чашка інша"}, terms)
    product = await keycrm.get_product(made.id, terms)
    assert (product.name, product.sku) == ("Чашка інша", "NEW-1")


async def test_only_the_very_sku_is_found(keycrm: KeyCrmClient, terms: Terms, keycrm_sandbox: Sandbox) -> None:
    """An unknown one is none; a hundred SKUs are two calls; one with a comma cannot be asked for."""
    skus = ["DEMO-MUG", *(f"NONE-{number}" for number in range(99))]

    assert [offer.sku for offer in await keycrm.find_offers_by_sku(skus, terms)] == ["DEMO-MUG"]
    assert keycrm_sandbox.operations() == ["listOffers", "listOffers"]
    with pytest.raises(PermanentError) as raised:
        await keycrm.find_offers_by_sku(["A,B"], terms)
    assert raised.value.field == "sku"


async def test_the_catalogue_is_listed_page_by_page(keycrm: KeyCrmClient, terms: Terms) -> None:
    """Products, two a page."""
    first = await keycrm.list_products(terms, limit=2)
    last = await keycrm.list_products(terms, page=first.last_page, limit=2, is_archived=False)

    assert (len(first.rows), first.page, first.last_page, first.total) == (2, 1, 3, 5)
    assert len(last.rows) == 1


async def test_stocks_are_set_per_warehouse_and_stay_apart(
    keycrm: KeyCrmClient, terms: Terms, keycrm_sandbox: Sandbox
) -> None:
    """Two warehouses, one call each, thousands in one body; read back per warehouse."""
    await keycrm.set_stocks(1, [{"sku": "DEMO-TILE", "quantity": Decimal("7.5")}], terms)
    await keycrm.set_stocks(2, [{"sku": "DEMO-TILE", "quantity": Decimal(3)}], terms)

    page = await keycrm.list_stocks(terms, skus=["DEMO-TILE"])

    assert len(page.rows) == 1
    level = page.rows[0]
    assert {w.id: w.quantity for w in level.warehouse or ()} == {1: Decimal("7.5"), 2: Decimal(3)}
    assert level.quantity == Decimal("10.5")
    assert keycrm_sandbox.operations() == ["setStocks", "setStocks", "listStocks"]


async def test_totals_are_not_taken_for_warehouses(keycrm: KeyCrmClient, terms: Terms) -> None:
    """Without details a level has no warehouses: unknown, not none."""
    page = await keycrm.list_stocks(terms, skus=["DEMO-MUG"], details=False)

    assert [level.warehouse for level in page.rows] == [None]


async def test_a_batch_with_an_unknown_sku_is_refused_whole(keycrm: KeyCrmClient, terms: Terms) -> None:
    """The caller splits it; nothing of it was written."""
    before = (await keycrm.list_stocks(terms, skus=["DEMO-MUG"])).rows
    batch: list[StockItem] = [
        {"sku": "DEMO-MUG", "quantity": Decimal(1)},
        {"sku": "NO-SUCH-SKU", "quantity": Decimal(1)},
    ]

    with pytest.raises(PermanentError) as raised:
        await keycrm.set_stocks(1, batch, terms)

    assert raised.value.code == "refused"
    assert (await keycrm.list_stocks(terms, skus=["DEMO-MUG"])).rows == before


async def test_prices_are_set_by_sku(keycrm: KeyCrmClient, terms: Terms) -> None:
    """Many in one call."""
    prices = {"DEMO-MUG": Decimal("190.25"), "DEMO-CABLE": Decimal(40)}
    await keycrm.update_offers([{"sku": sku, "price": price} for sku, price in prices.items()], terms)

    found = await keycrm.find_offers_by_sku(list(prices), terms)

    assert {offer.sku: offer.price for offer in found} == prices


async def test_the_accounts_lists_are_read_whole(keycrm: KeyCrmClient, terms: Terms, keycrm_sandbox: Sandbox) -> None:
    """What the pair file is checked against."""
    statuses = {row.id: row.group_id for row in await keycrm.list_statuses(terms)}
    sources = {row.id: row.currency_code for row in await keycrm.list_sources(terms)}

    assert (statuses[1], statuses[12], statuses[19]) == (1, 5, 6)
    assert sources[3] == "UAH"
    assert {1, 2} <= {row.id for row in await keycrm.list_payment_methods(terms)}
    assert {1, 2} <= {row.id for row in await keycrm.list_delivery_services(terms)}
    assert len(keycrm_sandbox.operations()) == 4


async def test_a_ping_is_one_cheap_call(keycrm: KeyCrmClient, terms: Terms, keycrm_sandbox: Sandbox) -> None:
    """One status, no personal data."""
    await keycrm.ping(terms)

    assert [(call["method"], call["path"], call["status"]) for call in keycrm_sandbox.calls()] == [
        ("GET", "/v1/order/status", 200)
    ]
