"""Which article events concern more than levels."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from libs.contracts.events import VmsArticleEvent
from libs.contracts.types import Side
from libs.reconcile.memory import Memory
from libs.reconcile.values import PendingWrite
from outbound_sync.domain import is_for_levels_alone

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
SOLD = "vms.article.stock-changed"
AGREED = Memory().with_base("name", "Чашка", "Чашка")


def told(sku: str | None = "DEMO-MUG") -> VmsArticleEvent:
    """An event of an article."""
    return VmsArticleEvent(article_id=3, changed_at=NOW, sku=sku, name="Чашка")


def test_a_sale_leaves_a_bound_article_alone() -> None:
    """Nothing but stock has changed: the name is the one that was agreed on."""
    assert is_for_levels_alone(told(), SOLD, {"name": "Чашка"}, AGREED, "DEMO-MUG")


def test_a_rename_is_looked_at_whatever_the_events_type() -> None:
    """VMS has moved."""
    assert not is_for_levels_alone(told(), SOLD, {"name": "Горнятко"}, AGREED, "DEMO-MUG")


def test_a_name_put_back_upon_our_write_is_looked_at() -> None:
    """While our rename is on its way the old name may be a person's newest edit."""
    write = PendingWrite(Side.VMS, "name", "Чашка", "Горнятко", "Горнятко", NOW, NOW)

    assert not is_for_levels_alone(told(), SOLD, {"name": "Чашка"}, replace(AGREED, pending=(write,)), "DEMO-MUG")


@pytest.mark.parametrize(("event_type", "alone"), [(SOLD, True), ("vms.article.updated", False)])
def test_a_half_is_not_tried_again_for_every_sale(event_type: str, alone: bool) -> None:
    """What its first event made due is due still; an update may be the cure of what was refused."""
    assert is_for_levels_alone(told(), event_type, {"name": "Чашка"}, None, "DEMO-MUG") is alone


@pytest.mark.parametrize("known", [None, "DEMO-CUP"])
def test_an_article_whose_sku_is_new_is_looked_at(known: str | None) -> None:
    """Without a SKU it could not be made; with another one it is another."""
    assert not is_for_levels_alone(told(), SOLD, {"name": "Чашка"}, None, known)
    assert not is_for_levels_alone(told(), SOLD, {"name": "Чашка"}, AGREED, known)
