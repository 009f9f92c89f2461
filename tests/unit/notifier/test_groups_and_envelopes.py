"""Which group hears what, and what an event is as the hub says it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from notifier.domain.envelopes import versions
from notifier.domain.groups import all_of, groups_of, is_group, may_listen, normal

AT = datetime(2026, 3, 1, 10, 0, 0, 250_000, tzinfo=UTC)
EVENT: Mapping[str, Any] = {
    "entity": "order", "bindingId": 7, "vmsId": "AB-1", "keycrmId": 501, "side": "keycrm", "fields": ["status"],
    "actor": "Олена Коваль", "reason": "she called", "details": {"conflictId": 3, "number": "1042", "secret": "x"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("event_type", "event", "groups"),
    [
        ("sync.updated", EVENT, ("orders", "order:ab-1", "order:501")),
        ("sync.conflict.opened", EVENT, ("orders", "order:ab-1", "order:501", "conflicts")),
        ("sync.created", {"entity": "customer", "vmsId": "5"}, ("customers",)),
        ("sync.created", {"entity": "article"}, ("articles",)),
        ("sync.dead-letter", {"entity": "article"}, ("articles", "health")),
        ("sync.partner.unreachable", {"entity": "system"}, ("health",)),
        ("sync.of-a-newer-release", {"entity": "invoice"}, ("health",)),
    ],
)
def test_each_event_goes_to_its_groups(event_type: str, event: Mapping[str, Any], groups: tuple[str, ...]) -> None:
    """One entity, one order under both its ids, questions and what is wrong."""
    assert groups_of(event_type, event) == groups


def test_who_may_hear_what() -> None:
    """All orders include one; one includes no other; a token without limits hears everything."""
    assert may_listen("order:5", {"orders"})
    assert may_listen("order:ab", {"order:AB"})
    assert not may_listen("order:6", {"order:5"})
    assert not may_listen("orders", {"order:5"})
    assert not may_listen("health", {"orders"})
    assert may_listen("health", None)
    assert [is_group(name) for name in ("orders", "order:5", "order:", "order", "x", "order:" + "9" * 200)] == [
        True, True, False, False, False, False,
    ]  # fmt: skip
    assert normal("Order:AB") == "order:ab"
    assert all_of(frozenset({"health", "order:AB", "nonsense"})) == ("health", "order:ab")
    assert all_of(None) == ("orders", "customers", "articles", "conflicts", "health")


def test_the_envelope_tells_programs_and_people() -> None:
    """Facts, both languages, the order's number, a link where the console has an address."""
    told = versions(12, "e1", "sync.updated", AT, EVENT, "https://sync.example/")[True]
    assert {name: value for name, value in told.items() if name != "text"} == {
        "number": 12, "id": "e1", "type": "sync.updated", "time": "2026-03-01T10:00:00.250Z", "gravity": "info",
        "entity": "order", "ids": {"binding": 7, "vms": "AB-1", "keycrm": 501}, "side": "keycrm",
        "fields": ["status"], "reason": "she called", "actor": "Олена Коваль",
        "details": {"conflictId": 3, "number": "1042"}, "groups": ["orders", "order:ab-1", "order:501"],
        "link": "https://sync.example/conflicts/3",
    }  # fmt: skip
    assert "1042" in told["text"]["uk"]
    assert "Олена Коваль" in told["text"]["en"]
    assert told["text"]["uk"] != told["text"]["en"]
    assert "link" not in versions(12, "e1", "sync.updated", AT, EVENT, None)[True]


def test_who_may_not_see_personal_data_is_told_no_names_and_no_typed_words() -> None:
    """Neither as facts nor inside a sentence; what is ours stays."""
    masked = versions(12, "e1", "sync.updated", AT, EVENT, None)[False]
    assert (masked["actor"], masked["reason"], masked["details"]) == (None, None, {"conflictId": 3, "number": "1042"})
    assert "Олена" not in str(masked)
    assert "called" not in str(masked)
    assert (masked["ids"], masked["fields"]) == ({"binding": 7, "vms": "AB-1", "keycrm": 501}, ["status"])


@pytest.mark.parametrize("actor", ["sync", "console", "inbound-apply", "operator:1a2b3c4d", None])
def test_what_is_no_persons_name_stays(actor: str | None) -> None:
    """Parts of the sync, and tokens without a name; then both read the same envelope."""
    event: Mapping[str, Any] = {**EVENT, "actor": actor, "reason": "no_pair", "details": {}}
    both = versions(1, "e", "sync.updated", AT, event, None)
    assert both[False]["actor"] == actor
    assert both[False]["reason"] == "no_pair"
    assert both[True] == both[False]
