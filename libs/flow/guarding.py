"""The blast-radius guard at work: what would zero, cancel, rename or reprice too much stops its flow and asks.

Promises: looked at before anything is written; a stopped flow claims nothing more until a person lets it go on, and
while he has, the guard lets it pass. What is stopped comes again by itself: nothing is lost, no attempt is counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from libs.contracts.events import SyncEvent
from libs.contracts.types import Entity, Side
from libs.flow.flow import Flow
from libs.flow.telling import message
from libs.reconcile.guard import Blast, sentence, stops
from libs.reconcile.values import Write
from libs.runtime.database import Connection
from libs.runtime.errors import HeldElsewhere
from libs.state import audit, counts, flows, level_figures, outbox
from libs.state.levels import Kind

RUN = timedelta(hours=1)
"""What single writes are counted over: a mistake made at the source arrives within it."""


async def levels(flow: Flow, kind: Kind) -> None:
    """Look at all levels that are due, before any of them is sent.

    Raises:
        HeldElsewhere: the flow has been stopped.
    """
    async with flow.database.transaction() as conn:
        now = flow.clock()
        seen = await level_figures.preview(conn, kind, now)
        found = {Blast.ZERO: seen.zeroed} if kind is Kind.STOCK else {Blast.REPRICE: seen.changed}
        held = await _judge(conn, flow, f"{kind}.to_keycrm", found, seen.known, now)
    if held:
        raise HeldElsewhere(held)


async def writes(flow: Flow, entity: Entity, planned: Mapping[str, Write]) -> None:
    """Look at one record's writes, together with those of the last hour.

    Raises:
        HeldElsewhere: the flow has been stopped.
    """
    blast = _blast(flow, entity, planned)
    if blast is None:
        return
    kind, name = blast
    async with flow.database.transaction() as conn:
        now = flow.clock()
        afters = _cancelled(flow) if kind is Blast.CANCEL else None
        before = await audit.count_writes(conn, entity, flow.side, name, now - RUN, afters)
        total = await counts.known(conn, entity)
        held = await _judge(conn, flow, f"{entity}.to_{flow.side}", {kind: before + 1}, total, now)
    if held:
        raise HeldElsewhere(held)


def _blast(flow: Flow, entity: Entity, planned: Mapping[str, Write]) -> tuple[Blast, str] | None:
    if entity is Entity.ARTICLE and "name" in planned:
        return Blast.RENAME, "name"
    if entity is Entity.ORDER and "status" in planned and planned["status"].value in _cancelled(flow):
        return Blast.CANCEL, "status"
    return None


def _cancelled(flow: Flow) -> frozenset[int]:
    return flow.pairs.cancelled_vms if flow.side is Side.VMS else flow.pairs.cancelled_keycrm


async def _judge(
    conn: Connection, flow: Flow, name: str, found: Mapping[Blast, int], total: int, now: datetime
) -> str | None:
    """The sentence people read if the flow stops now; None: it may pass."""
    too_many = stops(found, total, flow.limits)
    if not too_many or await flows.is_allowed(conn, name, now):
        return None
    text = sentence(too_many[0], found[too_many[0]], total)
    details = {kind.value: found[kind] for kind in too_many} | {"total": total}
    if await flows.stop(conn, name, text, details, flow.service, now):
        body = SyncEvent(entity="system", actor=flow.service, reason=text, details={"flow": name, **details})
        await outbox.add(conn, [message(flow, name, "flow.stopped", body, now)], now)
    return text
