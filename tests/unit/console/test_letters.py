"""What stands behind a dead letter, and when something newer has come."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.domain import letters, superseded
from console.domain.letters import Behind, Kind, Outcome
from console.domain.news import NewLetter, about, message
from libs.contracts.dead_letter import DeadLetter
from libs.contracts.envelope import decode
from libs.contracts.topics import DEAD_LETTERS, SERVICES
from libs.contracts.types import Entity, Side
from tests.fakes import BEGIN, ManualClock

JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda c: st.lists(c) | st.dictionaries(st.text(), c),
)


def dead(body: bytes | None, topic: str = "") -> DeadLetter:
    """A letter with this body."""
    return DeadLetter(topic, -1, -1, None, body, (), "exhausted", "KeyCRM answered 500", 3, None)


def test_an_items_letter_names_its_binding_and_side() -> None:
    """As the queue writes it; levels name SKU and warehouse."""
    item = {
        "kind": "item",
        "bindingId": 7,
        "entity": "order",
        "side": "vms",
        "lane": 1,
        "code": "no_pair",
        "field": "status",
    }
    stock = {
        "kind": "stock",
        "sku": "A-1",
        "warehouse": "kyiv",
        "bindingId": 7,
        "side": "keycrm",
        "code": "",
        "field": None,
    }

    assert letters.behind(dead(json.dumps(item).encode())) == Behind(
        Kind.ITEM, Entity.ORDER, 7, Side.VMS, "no_pair", "status"
    )
    assert letters.behind(dead(json.dumps(stock).encode())) == Behind(
        Kind.STOCK, None, 7, Side.KEYCRM, sku="A-1", warehouse="kyiv"
    )


def test_a_letter_with_an_origin_is_a_record_whatever_its_body_says() -> None:
    """A body that looks like an item's letter must not make something due."""
    assert letters.behind(dead(b'{"kind": "item", "bindingId": 7}', "vms.order.v1")) == Behind(Kind.RECORD)


@given(st.binary() | JSON.map(lambda value: json.dumps(value).encode()) | st.none())
def test_reading_never_refuses(body: bytes | None) -> None:
    """Any bytes, any JSON: what is not known is a webhook that nobody understood."""
    letters.behind(dead(body))


FIELDS = ("bindingId", "entity", "side", "code", "field", "sku", "warehouse", "eventId", "channel")
KINDS = st.sampled_from(["item", "stock", "notification"])


@given(st.fixed_dictionaries({"kind": KINDS}, optional=dict.fromkeys(FIELDS, JSON)))
def test_wrong_kinds_of_value_are_read_as_absent(body: dict[str, object]) -> None:
    """A body of a letter came over the network: each field is of its kind or nothing."""
    found = letters.behind(dead(json.dumps(body).encode()))

    assert found.binding_id is None or 0 < found.binding_id < 2**63
    assert all("\x00" not in text for text in (found.code, found.sku, found.event_id, found.field or ""))


def test_the_service_is_told_by_the_topic() -> None:
    """Every dead-letter topic is one service's."""
    assert tuple(letters.service_of(topic.name) for topic in DEAD_LETTERS) == SERVICES


@pytest.mark.parametrize(
    ("seconds", "event_id", "is_superseded"),
    [(-1, "e-9", True), (0, "e-1", True), (0, "e-9", False), (1, "e-9", False)],
)
def test_an_event_is_superseded_as_the_mark_judges_it(seconds: int, event_id: str, is_superseded: bool) -> None:
    """Older ones and the very one applied; the same moment with another id is applied (rule 15)."""
    clock = ManualClock()
    clock.advance(seconds)

    assert (superseded.event(clock(), event_id, BEGIN, "e-1") is not None) is is_superseded
    assert superseded.event(clock(), event_id, None, None) is None


def test_verdicts_that_do_nothing_say_so() -> None:
    """Only republished and marked change anything; each verdict has a sentence for a person."""
    verdicts = [
        letters.of_item(False, False, False), letters.of_item(True, True, True), letters.of_item(True, False, True),
        letters.of_item(True, False, False), letters.of_level(None), letters.of_level("due"),
        letters.of_level("refused"),
        letters.of_notification(None), letters.of_notification("sent"), letters.of_notification("failed"),
        letters.of_webhook(), letters.of_record(False, None, None), letters.of_record(True, "no JSON", "it is older"),
        letters.of_record(True, None, "it is older"), letters.of_record(True, None, None),
    ]  # fmt: skip

    assert [verdict.outcome.value for verdict in verdicts] == [
        "impossible", "marked", "superseded", "marked", "impossible", "superseded", "marked", "impossible",
        "superseded", "marked", "impossible", "impossible", "refused", "superseded", "republished",
    ]  # fmt: skip
    assert {outcome for outcome in Outcome if outcome.does_something} == {Outcome.REPUBLISHED, Outcome.MARKED}
    assert all(" " in verdict.sentence for verdict in verdicts)


def test_news_of_letters_are_few_and_never_about_the_notifier() -> None:
    """One event for all that have one thing wrong and came together."""
    record, item = Behind(Kind.RECORD), Behind(Kind.ITEM, Entity.ORDER, 7, Side.VMS, field="status")
    told = about([
        *(NewLetter(number, "outbound-sync", "malformed", "no JSON", record) for number in range(1, 400)),
        NewLetter(400, "inbound-apply", "permanent", "no pair", item),
        NewLetter(401, "notifier", "exhausted", "the channel answered 500", Behind(Kind.NOTIFICATION)),
    ])  # fmt: skip

    assert [(one.entity, one.binding_id, one.details["count"], one.details["letterId"]) for one in told] == [
        ("system", None, 399, 1), ("order", 7, 1, 400),
    ]  # fmt: skip
    key, headers, body = message("e-1", told[1], BEGIN)
    envelope = decode(headers, body)
    assert (key, envelope.type, envelope.subject, envelope.id) == (b"order:7", "sync.dead-letter", "order:7", "e-1")
