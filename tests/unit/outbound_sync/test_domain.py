"""Which article events concern more than levels, and which swept rows are news."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from libs.contracts.events import VmsArticleEvent
from libs.contracts.types import Side
from libs.reconcile.memory import Memory
from libs.reconcile.values import PendingWrite
from outbound_sync.domain import CLOCKS, is_for_levels_alone, is_unseen

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


def test_a_row_that_nobody_knows_is_news() -> None:
    """Also one that does not say when it changed, until it has been looked at."""
    assert is_unseen(NOW, None, None)
    assert is_unseen(None, None, None)
    assert not is_unseen(None, None, NOW)


def test_a_row_changed_since_its_newest_event_is_news() -> None:
    """The two times are of VMS's own clock, so that nothing has to be allowed for."""
    assert not is_unseen(NOW, NOW, None)
    assert is_unseen(NOW + timedelta(seconds=1), NOW, None)


def test_a_row_looked_at_since_is_none_though_its_event_was_lost() -> None:
    """Our look is of our clock, and VMS's may be behind it."""
    told, changed = NOW - timedelta(days=1), NOW

    assert is_unseen(changed, told, NOW + CLOCKS - timedelta(seconds=1))
    assert not is_unseen(changed, told, NOW + CLOCKS)
