"""What a webhook says, in every shape that KeyCRM and the warehouse's plan know, and in none of them."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingress.domain import BadWarehouse, Hook, NotJson, Reading, VerifiedWebhook, understand
from libs.contracts.events import MODELS, TYPES_OF_TOPIC, KeyCrmOrderHint, KeyCrmStockHint

FIXTURES = Path(__file__).parents[2] / "fixtures" / "keycrm" / "webhooks"
ORDER = {"id": 10417, "status_id": 11, "payments_total": "200.00", "updated_at": "2026-01-16 14:20:05"}


def said(body: Any, hook: Hook = Hook.ANY, warehouse: bytes | None = None) -> Reading:
    """What is understood of this body on this path."""
    return understand(VerifiedWebhook(hook, json.dumps(body, ensure_ascii=False).encode(), warehouse))


def types(reading: Reading) -> list[tuple[str, str, str]]:
    """Topic, key and type of each hint."""
    return [(hint.topic, hint.key, hint.type) for hint in reading.hints]


@pytest.mark.parametrize(
    ("file", "type_"),
    [
        ("order.change_order_status.new", "keycrm.order.status-changed"),
        ("order.change_order_status.reserved", "keycrm.order.status-changed"),
        ("order.change_order_status.shipped", "keycrm.order.status-changed"),
        ("order.change_order_status.completed", "keycrm.order.status-changed"),
        ("order.change_order_status.canceled", "keycrm.order.status-changed"),
        ("order.change_payment_status.part_paid", "keycrm.order.payment-updated"),
        ("order.change_payment_status.paid", "keycrm.order.payment-updated"),
    ],
)
def test_keycrms_real_order_webhooks_are_hints_about_their_order(file: str, type_: str) -> None:
    """On the generic path the body decides; status, payments and times are those of the body."""
    context = json.loads((FIXTURES / f"{file}.json").read_bytes())["context"]
    reading = understand(VerifiedWebhook(Hook.ANY, (FIXTURES / f"{file}.json").read_bytes()))

    assert types(reading) == [("keycrm.order.v1", "10417", type_)]
    hint = KeyCrmOrderHint.model_validate(reading.hints[0].body)
    assert (hint.order_id, hint.status_id) == (10417, context["status_id"])
    assert hint.payments_total == Decimal(str(context["payments_total"]))
    assert hint.updated_at is not None
    assert hint.updated_at.isoformat() == context["updated_at"].replace("000000Z", "").rstrip(".") + "+00:00"


@pytest.mark.parametrize(
    ("uuid", "told"),
    [
        ("3F2504E0-4F89-41D3-9A0C-0305E82C3301", "3f2504e0-4f89-41d3-9a0c-0305e82c3301"),
        ("№18766", None),
        ("3f2504e0-4f89-41d3-9a0c-0305e82c3301\n", None),
        (18766, None),
    ],
)
def test_an_orders_reference_passes_only_if_it_is_a_guid(uuid: object, told: str | None) -> None:
    """Ours are VMS's order ids; what other sources put there stays where it is."""
    (hint,) = said({"context": {**ORDER, "source_uuid": uuid, "parent_id": 7}}, Hook.ORDER_UPDATED).hints

    read = KeyCrmOrderHint.model_validate(hint.body)
    assert (read.source_uuid, read.parent_id) == (told, 7)


def test_keycrms_real_stock_webhook_is_one_record_a_row() -> None:
    """With the warehouse that the address names."""
    body = (FIXTURES / "stock.changed.single.json").read_bytes()
    reading = understand(VerifiedWebhook(Hook.STOCK_CHANGED, body, b"2"))

    assert types(reading) == [("keycrm.catalogue.v1", "90211", "keycrm.stock.changed")]
    assert KeyCrmStockHint.model_validate(reading.hints[0].body) == KeyCrmStockHint(
        offer_id=90211, sku="DEMO-TSHIRT-M", in_stock=Decimal(14), in_reserve=Decimal(2), warehouse=2
    )


@pytest.mark.parametrize("hook", list(Hook))
def test_a_pipeline_card_is_for_nobody_on_any_path(hook: Hook) -> None:
    """Its id is a card's: taken for an order's it would mark a stranger's order."""
    body = (FIXTURES / "lead.change_lead_status.json").read_bytes()

    assert understand(VerifiedWebhook(hook, body)) == Reading()


@pytest.mark.parametrize("key", ["context", "data"])
@pytest.mark.parametrize(
    ("hook", "topic", "type_"),
    [
        (Hook.ORDER_CREATED, "keycrm.order.v1", "keycrm.order.created"),
        (Hook.ORDER_UPDATED, "keycrm.order.v1", "keycrm.order.updated"),
        (Hook.ORDER_STATUS_CHANGED, "keycrm.order.v1", "keycrm.order.status-changed"),
        (Hook.PAYMENT_CREATED, "keycrm.order.v1", "keycrm.order.payment-created"),
        (Hook.PAYMENT_UPDATED, "keycrm.order.v1", "keycrm.order.payment-updated"),
        (Hook.BUYER_CREATED, "keycrm.buyer.v1", "keycrm.buyer.created"),
        (Hook.BUYER_UPDATED, "keycrm.buyer.v1", "keycrm.buyer.updated"),
        (Hook.PRODUCT_UPDATED, "keycrm.catalogue.v1", "keycrm.product.updated"),
    ],
)
def test_each_path_says_what_happened_in_both_shapes(hook: Hook, topic: str, type_: str, key: str) -> None:
    """`{event, context}` and `{event, data}`; on the generic path the same by the event's name, however written."""
    on_its_path = said({"event": "whatever", key: ORDER}, hook)
    assert types(on_its_path) == [(topic, "10417", type_)]
    for event in (hook.value, hook.value.replace("-", "."), hook.value.replace("-", "_").upper()):
        assert said({"event": event, key: ORDER}) == on_its_path


def test_an_events_name_decides_over_a_path_it_contradicts() -> None:
    """An order's trigger that was pointed at the buyers' address is still about an order."""
    reading = said({"event": "order.change_order_status", "context": ORDER}, Hook.BUYER_UPDATED)

    assert types(reading) == [("keycrm.order.v1", "10417", "keycrm.order.status-changed")]


@pytest.mark.parametrize("name", ["order_id", "destination_id"])
def test_a_bare_payment_is_about_its_order(name: str) -> None:
    """Its own id is not an order's."""
    reading = said({"event": "x", "data": {"id": 7001, name: 10417, "amount": 5}}, Hook.PAYMENT_CREATED)

    assert types(reading) == [("keycrm.order.v1", "10417", "keycrm.order.payment-created")]
    assert dict(reading.hints[0].body) == {"orderId": 10417, "kind": "payment-created"}


def test_a_payment_without_its_order_is_not_guessed() -> None:
    """A dead letter that names the field."""
    reading = said({"event": "x", "data": {"id": 7001, "amount": 5}}, Hook.PAYMENT_CREATED)

    assert reading.hints == ()
    assert reading.unknown is not None
    assert "order_id" in reading.unknown.error


@pytest.mark.parametrize("body", [[{"offer_id": 1, "sku": "A", "in_stock": 1, "in_reserve": 0}]])
def test_stock_comes_as_an_array_an_array_in_data_or_a_row_in_data(body: list[dict[str, Any]]) -> None:
    """The plan's shapes of the same."""
    bare = said(body, Hook.STOCK_CHANGED)

    assert said({"event": "stock.changed", "data": body}) == bare
    assert said({"event": "stock.changed", "data": body[0]}) == bare
    assert said(body, Hook.ANY) == bare


def test_decimals_fractions_and_negatives_of_stock_are_kept() -> None:
    """Numbers and texts; never more places than an event may have."""
    rows = [
        {"offer_id": "5", "sku": None, "in_stock": "-1.000", "in_reserve": 0.30000000000000004},
        {"offer_id": 6, "sku": "B", "in_stock": 120.5, "in_reserve": 0},
    ]
    bodies = [KeyCrmStockHint.model_validate(hint.body) for hint in said(rows).hints]

    assert [(hint.in_stock, hint.in_reserve) for hint in bodies] == [
        (Decimal(-1), Decimal("0.3")),
        (Decimal("120.5"), Decimal(0)),
    ]


def test_a_bad_row_is_told_and_the_others_are_published() -> None:
    """The array is kept in the dead letter, and nothing of it is lost."""
    good = {"offer_id": 1, "sku": "A", "in_stock": 1, "in_reserve": 0}
    reading = said([good, {**good, "offer_id": None}, {**good, "in_stock": "many"}, "text", {**good, "offer_id": 2}])

    assert [hint.key for hint in reading.hints] == ["1", "2"]
    assert reading.unknown is not None
    assert (reading.unknown.reason, "row 1" in reading.unknown.error) == ("malformed", True)


def test_an_empty_array_says_nothing() -> None:
    """Neither a hint nor a dead letter."""
    assert said([]) == Reading()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"event": "order.change_order_status"}, "context"),
        ({"event": "order.change_order_status", "context": []}, "context"),
        ({"event": "order.change_order_status", "context": {"status_id": 1}}, "id"),
        ({"event": "order.change_order_status", "context": {"id": "canary"}}, "id"),
        ({"event": "order.change_order_status", "context": {"id": -5}}, "id"),
        ({"event": "order.change_order_status", "context": {"id": True}}, "id"),
        ({"event": "order.change_order_status", "context": {"id": 2**63}}, "id"),
        ({"event": "order.change_order_status", "context": {"id": 1.5}}, "id"),
        ({"event": 5, "context": ORDER}, "event"),
        ({"context": ORDER}, "event"),
        ({"event": "order_deleted", "context": ORDER}, "event"),
        ("text", "body"),
        (None, "body"),
        (5, "body"),
    ],
)
def test_what_is_not_understood_names_the_field_and_no_value(body: Any, field: str) -> None:
    """A reason for a dead letter's header."""
    reading = said(body)

    assert reading.hints == ()
    assert reading.unknown is not None
    assert field in reading.unknown.error
    assert "canary" not in reading.unknown.error


def test_an_unknown_events_name_is_told_only_if_it_looks_like_one() -> None:
    """A sentence in `event` may be anybody's."""
    named, sentence = said({"event": "order.deleted"}), said({"event": "Olena Testova +380670000001"})

    assert named.unknown is not None
    assert sentence.unknown is not None
    assert (named.unknown.reason, "order.deleted" in named.unknown.error) == ("unknown_type", True)
    assert "Olena" not in sentence.unknown.error


def test_a_field_beside_the_id_that_cannot_be_read_is_left_out() -> None:
    """The order is read anyway; a hint must not be lost for its decoration."""
    row = {"id": "10417", "status_id": "new", "payments_total": "abc", "updated_at": "yesterday"}
    reading = said({"event": "order.change_order_status", "context": row})

    assert dict(reading.hints[0].body) == {"orderId": 10417, "kind": "status-changed"}


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"event=order", b"[1,]", b"NaN", b"[" * 5000])
def test_what_is_no_json_is_said_to_be_none(body: bytes) -> None:
    """The sender is told: 400 or 415."""
    with pytest.raises(NotJson):
        understand(VerifiedWebhook(Hook.ANY, body))


@pytest.mark.parametrize("warehouse", [b"", b"main", b"-1", b"1.5", b"0", b"\xff"])
def test_a_warehouse_that_is_none_is_refused(warehouse: bytes) -> None:
    """Totals over nobody-knows-what must not be taken for one warehouse's stock."""
    with pytest.raises(BadWarehouse):
        said([], warehouse=warehouse)


def test_no_personal_data_passes_into_a_hint() -> None:
    """Only ids, a status, sums, SKUs and times."""
    row = {**ORDER, "client_comment": "canary", "manager_comment": "canary", "buyer": {"phone": "canary"}}
    reading = said({"event": "order.change_order_status", "context": row})

    assert "canary" not in json.dumps(reading.hints[0].body)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["id", "event", "context", "data", "offer_id", "in_stock", "in_reserve", "sku", "order_id", "status_id",
                 "payments_total", "updated_at"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)  # fmt: skip


@given(
    st.sampled_from(list(Hook)),
    json_values,
    st.sampled_from(["order.change_order_status", "payment.created", "stock.changed", "buyer.updated", "x"]),
)
def test_whatever_json_comes_every_hint_is_a_valid_event(hook: Hook, value: Any, event: str) -> None:
    """No body crashes the reader, and nothing is published that a consumer would refuse."""
    for body in (value, {"event": event, "data": value}):
        for hint in said(body, hook).hints:
            assert hint.type in TYPES_OF_TOPIC[hint.topic]
            MODELS[hint.type].model_validate(hint.body)


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (0, "0"),
        (1500, "1500"),
        (10**14, None),
        (-5, "-5"),
        (True, None),
        (99.5, "99.5"),
        ("7.10", "7.1"),
        (0.00001, "0"),
    ],
)
def test_an_amount_is_told_as_the_same_text_however_it_was_spelt(sent: object, told: str | None) -> None:
    """Whole numbers take a short way; it must lead to the same place."""
    (hint,) = said({"context": {**ORDER, "payments_total": sent}}, Hook.ORDER_UPDATED).hints

    assert hint.body.get("paymentsTotal") == told
