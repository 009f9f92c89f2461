"""Records and events as images and looks: normalised, each side in its own terms, unknown never empty."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from libs.contracts import keycrm, vms
from libs.contracts.events import VmsArticleEvent, VmsCustomerEvent
from libs.reconcile import images, looks
from tests.unit.reconcile.builders import at, vms_event, vms_order

KYIV = ZoneInfo("Europe/Kyiv")


def test_a_vms_order_without_an_event_leaves_what_only_events_tell_unknown() -> None:
    """State rebuilt without events: no SKU and no tracking code is blanked."""
    image = images.of_vms_order(vms_order(), None, KYIV)

    assert image["manager_comment"] == "перша\nдруга"
    assert image["buyer_comment"] is None
    assert image["shipping_date"] == "2026-01-16"
    assert image["deposited_amount"] == "100.10"
    assert not {"tracking_code", "lines", "payments_total"} & image.keys()


def test_a_vms_orders_event_adds_tracking_code_lines_and_payments() -> None:
    """A line's SKU is the event's, else what we noted on it when we made the order."""
    image = images.of_vms_order(vms_order(), vms_event(), KYIV)

    assert image["tracking_code"] == "T1"
    assert image["payments_total"] == "100.00"
    assert image["lines"] == [
        {"sku": "A-1", "name": "Плитка", "quantity": "2.5", "unit": "м²", "price": "9.00", "discount": "5"}
    ]


def test_a_look_at_vms_knows_its_row_time_and_how_far_the_events_are() -> None:
    """Both on VMS's own clock, with all its digits."""
    look = looks.vms_order(vms_order(), vms_event(), at(0), at(1), KYIV)

    assert look.row_changed_at == datetime(2026, 1, 15, 9, 59, 0, 123456, tzinfo=UTC)
    assert look.has_all_events
    assert not looks.vms_order(
        vms_order(lastDateChange="2026-01-15T11:59:01"), vms_event(), at(0), at(1), KYIV
    ).has_all_events
    assert looks.vms_order(vms_order(), None, at(0), at(1), KYIV).events_at is None


def test_an_events_row_time_in_the_repeated_hour_is_told_by_its_change_time() -> None:
    """03:30 in October is one of two instants; the event's own time has an offset."""
    for offset, hour in (("+03:00", 0), ("+02:00", 1)):
        seen = looks.order_event(
            vms_event(changedAt=f"2026-10-25T03:30:00{offset}", lastDateChange="2026-10-25T03:30:00"), KYIV
        )
        assert seen.row_changed_at == seen.changed_at == datetime(2026, 10, 25, hour, 30, tzinfo=UTC)


def test_an_event_shows_what_a_read_would() -> None:
    """Field by field, so that a window can compare them."""
    event = vms_event(descriptions="перша\nдруга", dateOfShipment="2026-01-16T00:30:00+02:00", depositedAmount=100.1)
    seen, read = looks.order_event(event, KYIV).image, images.of_vms_order(vms_order(), event, KYIV)

    assert {name: read[name] for name in seen} == seen
    assert "lines" not in seen


def test_a_keycrm_answer_without_includes_leaves_lines_and_shipping_unknown() -> None:
    """A PUT's answer shows the order's own columns."""
    order = keycrm.Order.model_validate(
        {"id": 9, "status_id": 4, "manager_comment": None, "status_changed_at": "2026-01-15 10:00:00"}
    )

    look = looks.keycrm_order(order, at(0), at(1))

    assert look.image == {"status": 4, "manager_comment": None}
    assert look.changed_at == {"status": datetime(2026, 1, 15, 10, tzinfo=UTC)}


def test_a_keycrm_order_read_with_everything() -> None:
    """Shipping that is null is empty, not unknown; a discount amount is a percentage of the price."""
    order = keycrm.Order.model_validate({
        "id": 9, "status_id": 4, "manager_comment": " a ", "buyer_comment": None, "shipping": None,
        "products": [{"id": 1, "sku": "A-1", "name": "x", "price": "200.00", "quantity": 2, "discount_amount": 10},
                     {"id": 2, "sku": None, "name": "y", "price": 5, "quantity": "1.000", "discount_percent": "2.50"}],
    })  # fmt: skip

    image = images.of_keycrm_order(order)

    assert (image["shipping_date"], image["delivery_service"], image["tracking_code"]) == (None, None, None)
    assert isinstance(image["lines"], list)
    assert [(line["sku"], line["quantity"], line["discount"]) for line in image["lines"]] == [
        ("A-1", "2", "5"),
        (None, "1", "2.5"),
    ]


def test_keycrms_shipping_date_is_a_day() -> None:
    """Written as a day, shown as midnight UTC under another name."""
    order = keycrm.Order.model_validate(
        {
            "id": 9,
            "status_id": 4,
            "shipping": {"shipping_date_actual": "2026-01-16T00:00:00.000000Z", "tracking_code": "T1"},
        }
    )
    assert images.of_keycrm_order(order)["shipping_date"] == "2026-01-16"


def test_customers_are_the_same_by_their_images() -> None:
    """VMS's columns and KeyCRM's lists, addresses only where they were included."""
    data = {"customerId": 1, "companyName": "ФОП", "contactName": "Іван  Франко", "phone": "(050) 111-22-33",
            "eMail": "I@F.ua", "city": "Львів", "address": None, "postalCode": "79000"}  # fmt: skip
    row = images.of_vms_customer(vms.Customer.model_validate(data))
    event = images.of_vms_customer(VmsCustomerEvent.model_validate({**data, "changedAt": "2026-01-15T10:00:00Z"}))
    buyer = {"id": 2, "full_name": "Іван Франко", "phone": ["380501112233", "0671112233"], "email": "i@f.ua",
             "shipping": [{"city": "Львів", "zip_code": "79000"}]}  # fmt: skip
    full = images.of_keycrm_buyer(keycrm.Buyer.model_validate(buyer))
    bare = images.of_keycrm_buyer(keycrm.Buyer.model_validate({"id": 2, "full_name": "x"}))

    assert row == event
    assert {name: full[name] for name in row} == row
    assert full["phones"] == ["+380501112233", "+380671112233"]
    assert "city" not in bare
    assert bare["phone"] is None


def test_an_articles_name_is_the_one_that_buyers_see() -> None:
    """The Ukrainian name, else the plain one."""
    article = vms.Article.model_validate({"articleId": 1, "name": "Tile", "nameUa": None})
    event = VmsArticleEvent.model_validate(
        {"articleId": 1, "changedAt": "2026-01-15T10:00:00Z", "name": "Tile", "nameUa": "Плитка", "sku": "A-1"}
    )

    assert images.of_vms_article(article) == {"name": "Tile"}
    assert images.of_vms_article(event) == {"name": "Плитка"}
