"""How everything stands, in a few cheap queries: what an operator looks at first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from console import store
from console.handlers.desk import Desk
from console.store import LevelCounts, Quota
from libs.contracts.types import Entity
from libs.runtime.database import Connection
from libs.state import conflicts, consumers, counts, dead_letters, flows, outbox, partners
from libs.state.consumers import PausedConsumer
from libs.state.counts import ItemCounts
from libs.state.flows import Flow
from libs.state.levels import Kind
from libs.state.partners import Partner

PARTNER = "keycrm"
"""Whose calls are counted."""


@dataclass(frozen=True, slots=True)
class Outbox:
    """Events that wait for the relay, and those that Kafka will never take."""

    waiting: int
    oldest_at: datetime | None
    refused: int


@dataclass(frozen=True, slots=True)
class Status:
    """The whole at one moment."""

    at: datetime
    items: tuple[ItemCounts, ...]
    bindings: dict[tuple[Entity, str], int]
    levels: tuple[LevelCounts, ...]
    quota: Quota
    partners: tuple[Partner, ...]
    conflicts: dict[Entity, tuple[int, datetime]]
    dead_letters: dict[tuple[str, str], int]
    outbox: Outbox
    flows: tuple[Flow, ...]
    paused: tuple[PausedConsumer, ...]


async def look(desk: Desk) -> Status:
    """How it stands now."""
    now = desk.clock()
    async with desk.database.transaction() as conn:
        return Status(
            at=now,
            items=await counts.items(conn, now),
            bindings=await counts.bindings(conn),
            levels=tuple([await store.levels(conn, kind, now) for kind in Kind]),
            quota=await store.quota(conn, PARTNER, now),
            partners=await partners.all_partners(conn),
            conflicts=await _conflicts(conn),
            dead_letters=await dead_letters.count_kept(conn),
            outbox=await _outbox(conn),
            flows=tuple(flow for flow in await flows.all_flows(conn) if flow.is_stopped),
            paused=await consumers.all_paused(conn),
        )


async def _conflicts(conn: Connection) -> dict[Entity, tuple[int, datetime]]:
    """How many questions wait, and since when the oldest."""
    found, since = await conflicts.count_open(conn), await counts.oldest_questions(conn)
    return {entity: (found[entity], since[entity]) for entity in Entity if found.get(entity) and entity in since}


async def _outbox(conn: Connection) -> Outbox:
    waiting, oldest_at = await outbox.size(conn)
    return Outbox(waiting, oldest_at, await store.refused_outbox(conn))
