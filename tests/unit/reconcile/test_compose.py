"""The bodies of writes: what was decided, and what the call cannot do without."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from libs.contracts import keycrm, vms
from libs.contracts.events import VmsArticleEvent
from libs.contracts.types import Side
from libs.reconcile import compose, compose_cards
from libs.reconcile.creates import carry_all
from libs.reconcile.fields import customer_fields, order_fields
from libs.reconcile.images import of_keycrm_order, of_vms_order
from libs.reconcile.ledger import Ledger, Payment
from libs.reconcile.payments import created_deposit
from libs.reconcile.values import Refusal, Value, Write
from tests.unit.reconcile.builders import SHOP as PAIRS
from tests.unit.reconcile.builders import line, vms_event, vms_order

KYIV = ZoneInfo("Europe/Kyiv")
PAID = Payment(Side.VMS, "P-1", "100.00", 2, datetime(2026, 1, 15, 9, tzinfo=UTC))
LEDGER = Ledger((PAID, Payment(Side.KEYCRM, "7", "50.00", 1, datetime(2026, 1, 16, 9, tzinfo=UTC))), True, True)


def write(name: str, value: Value, was: Value = None) -> dict[str, Write]:
    """One decided write."""
    return {name: Write(name, value, was, None, "changed")}


def test_a_vms_order_becomes_a_keycrm_order() -> None:
    """Our source, its GUID, the buyer's own contacts, lines by SKU, payments with our reference; no status."""
    event = vms_event(descriptions="note", deliveryMethodId=1, dateOfShipment="2026-01-16T10:00:00+02:00")
    image = of_vms_order(vms_order(deliveryMethodId=1, descriptions="note"), event, KYIV)
    writes, refusals, _ = carry_all(order_fields(PAIRS), Side.KEYCRM, image)
    buyer: dict[str, Value] = {"id": 5, "name": "Іван", "phone": "+380501112233", "email": None, "phones": []}

    body = compose.keycrm_order(event, 3, writes, buyer, [PAID], PAIRS)

    assert not refusals
    assert body == {
        "source_id": 3,
        "source_uuid": event.order_id,
        "buyer": {"id": 5, "full_name": "Іван", "phone": "+380501112233"},
        "ordered_at": event.order_date,
        "manager_comment": "note",
        "buyer_comment": None,
        "shipping": {"delivery_service_id": 1, "tracking_code": "T1", "shipping_date": date(2026, 1, 16)},
        "products": [{"name": "Плитка", "sku": "A-1", "price": Decimal("9.00"), "quantity": Decimal("2.5"),
                      "discount_percent": Decimal(5), "unit_type": "м²"}],
        "payments": [{"payment_method_id": 2, "amount": Decimal("100.00"), "status": "paid",
                      "description": "VMS payment P-1", "payment_date": PAID.paid_at}],
    }  # fmt: skip


def test_a_payment_type_without_a_pair_refuses_the_body() -> None:
    """By itself and inside an order's create; the table to fill in is named."""
    bad = replace(PAID, method=9)

    for refused in (compose.keycrm_payment(bad, PAIRS), compose.keycrm_order(vms_event(), 3, {}, {}, [bad], PAIRS)):
        assert isinstance(refused, Refusal)
        assert "paymentType 9" in refused.text
        assert "[[payment_methods]]" in refused.text


def test_a_change_in_keycrm_is_one_body_with_what_changed_only() -> None:
    """Order fields that changed together are one PUT; an absent key stays as it was."""
    old = line("A", "1", "10.00", id=1)
    new = {**old, "quantity": "2", "discount": "5"}
    writes = write("status", 8) | write("manager_comment", None, "x") | write("lines", [new], [old])
    writes |= write("tracking_code", "T1") | write("shipping_date", None, "2026-01-16")

    assert compose.keycrm_order_changes(writes) == {
        "status_id": 8,
        "manager_comment": None,
        "shipping": {"tracking_code": "T1", "shipping_date": None},
        "products": [{"id": 1, "price": Decimal("10.00"), "quantity": Decimal(2), "discount_percent": Decimal(5),
                      "discount_amount": None}],
    }  # fmt: skip
    assert compose.keycrm_order_changes(write("status", 8)) == {"status_id": 8}


def test_a_keycrm_order_becomes_a_vms_order() -> None:
    """`KC-<id>`, the SKU in descriptionPos, the quantity in its unit's column, the sum paid and its last payment."""
    order = keycrm.Order.model_validate({
        "id": 9, "source_id": 3, "status_id": 4, "grand_total": "95.00", "manager_comment": "m", "buyer_comment": None,
        "products": [{"id": 1, "sku": "A-1", "name": "Плитка", "price": "20.00", "quantity": "2.5", "unit_type": "м²",
                      "discount_percent": 5},
                     {"id": 2, "sku": None, "name": "Послуга", "price": "50", "quantity": 1}],
    })  # fmt: skip
    writes, refusals, _ = carry_all(order_fields(PAIRS), Side.VMS, of_keycrm_order(order))
    writes["deposited_amount"] = created_deposit(LEDGER)

    body = compose.vms_order(order, 11, writes, LEDGER, PAIRS, KYIV)

    assert not refusals
    first, second = body.pop("positions")[0]["sub_positions"]
    assert body == {
        "customer_id": 11, "number_order": "KC-9", "is_active": True, "order_sum": Decimal("95.00"), "order_status": 2,
        "descriptions": "m", "external_comment": None, "deposited_amount": Decimal("150.00"),
        "date_of_payment": "2026-01-16T11:00:00", "payment_type": 1,
    }  # fmt: skip
    assert first == {
        "breed_name": "Плитка", "necessary_square_meters": Decimal("2.5"), "units_of_measurement": "м²",
        "price": Decimal("20.00"), "cost": Decimal("20.00"), "total_cost": Decimal("50.00"), "discount": Decimal(5),
        "total_cost_by_discount": Decimal("47.50"), "sales_currency": "UAH", "description_pos": "A-1",
    }  # fmt: skip
    assert (second["breed_name"], second["description_pos"], second["number_of_output_pallet"]) == (
        "Послуга",
        None,
        Decimal(1),
    )


def test_a_change_in_vms_holds_the_changed_columns_only() -> None:
    """The client puts them into the whole entity as it was read."""
    assert compose.vms_order_changes(write("status", 4) | write("buyer_comment", "b"), None, PAIRS, KYIV) == {
        "order_status": 4,
        "external_comment": "b",
    }
    paid = compose.vms_order_changes(write("deposited_amount", "150.00", "100.00"), LEDGER, PAIRS, KYIV)
    assert paid == {"deposited_amount": Decimal("150.00"), "date_of_payment": "2026-01-16T11:00:00", "payment_type": 1}


def buyer(**more: Any) -> keycrm.Buyer:
    """A buyer with two of everything."""
    data = {"id": 2, "full_name": "Іван", "phone": ["380501112233", "(067) 111-22-33"], "email": ["a@b.ua", "C@D.ua"],
            "shipping": [{"id": 4, "city": "Львів", "address": "Площа 1", "country": "UA"},
                         {"city": "Київ"}]}  # fmt: skip
    return keycrm.Buyer.model_validate({**data, **more})


def test_a_buyers_write_keeps_the_rest_of_its_lists() -> None:
    """Only the first phone, e-mail and address are ours; a name is sent as it stands."""
    writes = write("phone", "+380441112233") | write("city", "Одеса")

    assert compose_cards.keycrm_buyer(writes, buyer()) == {
        "full_name": "Іван",
        "phone": ["+380441112233", "(067) 111-22-33"],
        "shipping": [{"address": "Площа 1", "city": "Одеса", "country": "UA"}, {"city": "Київ"}],
    }


def test_a_phone_that_is_cleared_or_stands_further_down_is_not_doubled() -> None:
    """The rest of the list moves up, or loses the one that goes to the front."""
    assert compose_cards.keycrm_buyer(write("phone", None), buyer())["phone"] == ["(067) 111-22-33"]
    assert compose_cards.keycrm_buyer(write("phone", "+380671112233"), buyer())["phone"] == ["+380671112233"]
    assert compose_cards.keycrm_buyer(write("email", "c@d.ua"), buyer())["email"] == ["c@d.ua"]


def test_a_customer_becomes_a_buyer_and_back() -> None:
    """companyName is set once: the company's, or the person's name."""
    image: dict[str, Value] = {"name": "Іван", "phone": "+380501112233", "email": None, "city": "Львів",
                               "address": None, "postal_code": "79000"}  # fmt: skip
    there, _, _ = carry_all(customer_fields(), Side.KEYCRM, image)
    back, _, _ = carry_all(customer_fields(), Side.VMS, image)

    assert compose_cards.keycrm_buyer(there, None) == {
        "full_name": "Іван",
        "phone": ["+380501112233"],
        "email": [],
        "shipping": [{"address": None, "city": "Львів", "zip_code": "79000"}],
    }
    made = compose_cards.vms_customer(back, "  ТОВ «Каменяр» ")
    assert made["company_name"] == "ТОВ «Каменяр»"
    assert compose_cards.vms_customer(back, None)["company_name"] == "Іван"
    assert (made["contact_name"], made["phone"], made["e_mail"]) == ("Іван", "+380501112233", None)
    assert "company_name" not in compose_cards.vms_customer_changes(back)


def test_an_article_becomes_a_product_and_its_name_goes_back_where_it_was_read() -> None:
    """KeyCRM makes the one offer with SKU and price."""
    event = VmsArticleEvent.model_validate(
        {
            "articleId": 1,
            "changedAt": "2026-01-15T10:00:00Z",
            "name": "Tile",
            "sku": "A-1",
            "price": "9.5",
            "unit": "м²",
        }
    )
    plain = vms.Article(article_id=1, name="Tile")
    named = vms.Article(article_id=1, name="Tile", name_ua="Плитка")

    assert compose_cards.keycrm_product(event, write("name", "Tile"), PAIRS) == {
        "name": "Tile", "currency_code": "UAH", "sku": "A-1", "price": Decimal("9.5"), "unit_type": "м²",
    }  # fmt: skip
    assert compose_cards.vms_article_changes(write("name", "Нова"), plain) == {"name": "Нова"}
    assert compose_cards.vms_article_changes(write("name", "Нова"), named) == {"name_ua": "Нова"}
    assert compose_cards.keycrm_product_changes(write("name", "New")) == {"name": "New"}
