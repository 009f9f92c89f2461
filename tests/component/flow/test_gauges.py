"""The gauges tell what the database holds, and go back when it is over."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest_asyncio
from prometheus_client import REGISTRY
from pydantic import SecretStr

from libs.contracts.dead_letter import DeadLetter
from libs.contracts.types import Entity, Lane, Side
from libs.flow.gauges import Gauges
from libs.reconcile.values import Question
from libs.reconcile.wire import dump
from libs.runtime.database import Database, open_database
from libs.runtime.publish import Outgoing
from libs.runtime.settings import DatabaseSettings
from libs.state import conflicts, dead_letters, flows, outbox, watermarks
from libs.state.dead_letters import Received
from libs.state.queue import BindingQueue
from libs.state.quota import PostgresQuota
from tests.component.state.world import NOW, at, claim, finish, mark

LETTER = DeadLetter(
    topic="keycrm.order.v1", partition=2, offset=41, key=b"7", headers=(), body=b"{", reason="malformed",
    error="the body is not JSON", attempts=1, first_failed_at=NOW,
)  # fmt: skip


@pytest_asyncio.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A pool of the services' role on a fresh database."""
    settings = DatabaseSettings(database_url=SecretStr(database_url), _env_file=None)
    async with open_database(settings, "test-flow") as opened:
        yield opened


def _gauges(database: Database, side: Side = Side.VMS) -> Gauges:
    quota = PostgresQuota(database, lambda: NOW, calls_per_minute=60)
    return Gauges(database, quota, BindingQueue(database, side, "test"), lambda: NOW)


def _shown(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


async def test_due_work_is_told_by_lane_with_its_age(database: Database) -> None:
    """An order grows older until its work is done, not only until somebody takes it."""
    async with database.connection() as conn:
        await mark(conn, 7, lane=Lane.ORDER)

    await _gauges(database).measure(at(90))
    assert _shown("sync_due_items", side="vms", lane="order") == 1
    assert _shown("sync_oldest_due_seconds", side="vms", lane="order") == 90

    async with database.connection() as conn:
        item = await claim(conn, Side.VMS, now=at(91))
    await _gauges(database).measure(at(95))
    assert _shown("sync_oldest_due_seconds", side="vms", lane="order") == 95

    await finish(database, item, at(96))
    await _gauges(database).measure(at(97))
    assert _shown("sync_due_items", side="vms", lane="order") == 0
    assert _shown("sync_oldest_due_seconds", side="vms", lane="order") == 0


async def test_an_open_question_is_told_with_its_age_and_gone_when_closed(database: Database) -> None:
    """Both figures go back to nothing: a stale one would keep its alert for ever."""
    question = dump(Question("comment", "both-moved", shown_vms="a", shown_keycrm="b"))
    async with database.connection() as conn:
        number = (await mark(conn, 7)).binding_id
        await conflicts.ask(conn, number, Entity.ORDER, question, NOW)

    await _gauges(database).measure(NOW + timedelta(days=2))
    assert _shown("sync_conflicts_open", entity="order") == 1
    assert _shown("sync_oldest_conflict_seconds", entity="order") == 2 * 86_400
    assert _shown("sync_conflicts_open", entity="customer") == 0

    async with database.connection() as conn:
        await conflicts.close(conn, number, ["comment"], "agreed", at(1))
    await _gauges(database).measure(NOW + timedelta(days=2))
    assert _shown("sync_conflicts_open", entity="order") == 0
    assert _shown("sync_oldest_conflict_seconds", entity="order") == 0


async def test_a_kept_letter_is_told_until_somebody_decides(database: Database) -> None:
    """By the service that wrote it."""
    async with database.connection() as conn:
        (number,) = await dead_letters.keep(conn, [Received("ingress", "ingress.dead-letter.v1", 0, 5, LETTER)], NOW)

    await _gauges(database).measure(NOW)
    assert _shown("sync_dead_letters_open", service="ingress") == 1
    assert _shown("sync_dead_letters_open", service="notifier") == 0

    async with database.connection() as conn:
        await dead_letters.decide(conn, number, "discarded", "operator", at(1))
    await _gauges(database).measure(at(2))
    assert _shown("sync_dead_letters_open", service="ingress") == 0


async def test_a_poll_that_stands_still_grows_older(database: Database) -> None:
    """From the database, so that a restart does not hide it; the first start's own mark is no poll."""
    async with database.connection() as conn:
        await watermarks.move(conn, "keycrm.orders", NOW, at=NOW)
        await watermarks.first(conn, "sync.start-at", NOW, NOW)

    await _gauges(database).measure(at(700))

    assert _shown("sync_watermark_age_seconds", poll="keycrm.orders") == 700
    assert _shown("sync_watermark_age_seconds", poll="sync.start-at") is None


async def test_a_stopped_flow_is_told_until_a_person_lets_it_go_on(database: Database) -> None:
    """The guard's stop is nothing that mends itself."""
    async with database.connection() as conn:
        await flows.stop(conn, "stock.to_keycrm", "9 of 10 would be zeroed", {}, "guard", NOW)
    await _gauges(database).measure(NOW)
    assert _shown("sync_flow_stopped", flow="stock.to_keycrm") == 1

    async with database.connection() as conn:
        await flows.resume(conn, "stock.to_keycrm", "operator", at(1))
    await _gauges(database).measure(at(2))
    assert _shown("sync_flow_stopped", flow="stock.to_keycrm") == 0


async def test_the_outbox_and_the_quota_are_told(database: Database) -> None:
    """How long the oldest event waits; how many of how many calls count; which lane waits for one."""
    quota = PostgresQuota(database, lambda: NOW, calls_per_minute=1)
    async with database.connection() as conn:
        await outbox.add(conn, [Outgoing("sync.event.v1", b"k", [], b"{}")], NOW)
    assert await quota.draw(Lane.ORDER, wait_seconds=0) is not None
    assert await quota.draw(Lane.STOCK, wait_seconds=0) is None

    await Gauges(database, quota, BindingQueue(database, Side.KEYCRM, "test"), lambda: NOW).measure(at(0.5))

    assert (_shown("sync_outbox_rows"), _shown("sync_outbox_oldest_seconds")) == (1, 0.5)
    assert (_shown("sync_quota_used_calls"), _shown("sync_quota_limit_calls")) == (1, 1)
    assert _shown("sync_quota_waiting_lanes", lane="stock") == 1
    assert _shown("sync_quota_waiting_lanes", lane="order") == 0
