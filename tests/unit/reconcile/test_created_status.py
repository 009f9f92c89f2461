"""An order just made: its status agrees from the start where the first status means what its source shows."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

from libs.contracts.types import Side
from libs.reconcile import creates
from libs.reconcile.fields import order_fields
from libs.reconcile.memory import Memory
from libs.reconcile.pairs import Pairs
from libs.reconcile.review import review
from libs.reconcile.values import Look, Times

PAIRS = Pairs.from_toml(tomllib.loads((Path(__file__).parents[3] / "deploy" / "pairs.sample.toml").read_text("utf-8")))
FIELDS = order_fields(PAIRS)
NOW = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)


def look(side: Side, status: int, seconds: int) -> Look:
    """A look at the status alone."""
    at = NOW + timedelta(seconds=seconds)
    return Look(side, {"status": status}, at, at)


def created(vms_status: int) -> Memory:
    """The memory after a create in KeyCRM whose answer shows the first status, 1."""
    memory = creates.begin_create(Memory(), Side.KEYCRM, "ref", {}, NOW, NOW, initial={"status": 1})
    return creates.bound(FIELDS, memory, look(Side.KEYCRM, 1, 1), {"status": 1}, {"status": vms_status})


def test_a_person_who_sets_the_status_straight_after_the_create_is_followed() -> None:
    """KeyCRM 1 → 4 before the first look: KeyCRM alone has moved, nobody is asked."""
    result = review(FIELDS, created(vms_status=1), look(Side.VMS, 1, 2), look(Side.KEYCRM, 4, 3), Times())

    assert result.decision.to_vms["status"].value == 2
    assert not result.decision.to_keycrm
    assert not result.asked


def test_a_later_status_of_the_source_is_still_carried_after_the_create() -> None:
    """Rule 19: an order that was reserved in VMS before it came to KeyCRM asks nothing and is carried."""
    result = review(FIELDS, created(vms_status=2), look(Side.VMS, 2, 2), look(Side.KEYCRM, 1, 3), Times())

    assert result.decision.to_keycrm["status"].value == 4
    assert not result.asked
