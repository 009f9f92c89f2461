"""What a replay of a dead letter would do, and the replay itself.

Safe because the verdict is reached, carried out and written down in one transaction, and writing it down matches only
a letter that nobody has decided on: of two people at once one does it, the other is told. A record goes to its topic
through the outbox, with the headers of its last passage stripped.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from console import store
from console.domain import letters, superseded
from console.domain.letters import Behind, Kind, Outcome, Verdict
from console.domain.people import Person
from console.domain.refusals import Absent, Overtaken
from console.handlers.desk import Desk
from libs.contracts.dead_letter import DeadLetter
from libs.contracts.events import (
    KeyCrmOrderHint,
    VmsArticleEvent,
    VmsCustomerEvent,
    VmsOrderEvent,
)
from libs.contracts.topics import BY_NAME
from libs.contracts.types import CamelModel, Entity, Lane, Side
from libs.flow import facts
from libs.runtime import context
from libs.runtime.database import Connection
from libs.runtime.decode import Received, Refused, event_decoder
from libs.runtime.publish import Outgoing
from libs.state import audit, bindings, dead_letters, levels, lookups, marks, notifications, operations, outbox
from libs.state.audit import Entry
from libs.state.bindings import Status
from libs.state.dead_letters import Kept
from libs.state.due import MarkBinding
from libs.state.operations import Operation

_decode = event_decoder()


@dataclass(frozen=True, slots=True)
class Preview:
    """A letter, what stands behind it, and what a replay would do now."""

    kept: Kept
    behind: Behind
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay did; an operation to follow, where an item became due."""

    verdict: Verdict
    operation_id: UUID | None = None


async def preview(desk: Desk, letter_id: int) -> Preview:
    """Look at a letter without changing anything.

    Raises:
        Absent: there is none of this number.
    """
    async with desk.database.transaction() as conn:
        return await _preview(conn, letter_id)


async def replay(desk: Desk, person: Person, letter_id: int) -> Replayed:
    """Try it again, or say why that would do nothing.

    Raises:
        Absent: there is none of this number.
        Overtaken: somebody has decided on it, or a replay could do nothing; it stays as it was.
    """
    now = desk.clock()
    async with desk.database.transaction() as conn:
        found = await _preview(conn, letter_id)
        verdict = found.verdict
        _refuse_decided(found.kept)
        if verdict.outcome in (Outcome.REFUSED, Outcome.IMPOSSIBLE):
            raise Overtaken(f"a replay would do nothing: {verdict.sentence}")
        operation_id = await _carry_out(conn, desk, person, found, now)
        decision: dead_letters.Decision = "replayed" if verdict.outcome.does_something else "superseded"
        await _decide(conn, person, found, decision, verdict.sentence, now, operation_id)
    return Replayed(verdict, operation_id)


async def discard(desk: Desk, person: Person, letter_id: int, reason: str) -> None:
    """Set it aside for good, with a reason.

    Raises:
        Absent: there is none of this number.
        Overtaken: somebody has decided on it.
    """
    async with desk.database.transaction() as conn:
        found = await _preview(conn, letter_id)
        _refuse_decided(found.kept)
        await _decide(conn, person, found, "discarded", reason, desk.clock(), None)


def _refuse_decided(kept: Kept) -> None:
    if kept.status != "kept":
        raise Overtaken(f"{kept.decided_by} has {kept.status} it already")


async def _decide(
    conn: Connection,
    person: Person,
    found: Preview,
    decision: dead_letters.Decision,
    text: str,
    now: datetime,
    operation_id: UUID | None,
) -> None:
    if not await dead_letters.decide(conn, found.kept.id, decision, person.name, now, text):
        raise Overtaken("somebody has decided on it meanwhile: look at it again")
    entry = Entry(
        person.name, f"dead-letter.{decision}", reason=text, entity=found.behind.entity,
        binding_id=found.kept.received.binding_id, side=found.behind.side, call=f"dead letter {found.kept.id}",
        outcome=found.verdict.outcome.value, correlation_id=context.current().correlation_id,
        operation_id=operation_id,
    )  # fmt: skip
    await audit.append(conn, [entry], now)


async def _preview(conn: Connection, letter_id: int) -> Preview:
    kept = await dead_letters.get(conn, letter_id)
    if kept is None:
        raise Absent(f"there is no dead letter {letter_id}: it may be older than the time such are kept")
    behind = letters.behind(kept.received.letter)
    return Preview(kept, behind, await _verdict(conn, kept, behind))


async def _verdict(conn: Connection, kept: Kept, behind: Behind) -> Verdict:
    match behind.kind:
        case Kind.RECORD:
            return await _of_record(conn, kept.received.letter)
        case Kind.ITEM:
            return await _of_item(conn, kept.received.binding_id, behind.side)
        case Kind.STOCK | Kind.PRICE:
            kind = levels.Kind(behind.kind.value)
            return letters.of_level(await store.level_state(conn, kind, behind.sku, behind.warehouse))
        case Kind.NOTIFICATION:
            status = await store.notification_status(conn, behind.event_id, behind.channel)
            return letters.of_notification(status)
        case Kind.WEBHOOK:
            return letters.of_webhook()


async def _of_item(conn: Connection, binding_id: int | None, side: Side | None) -> Verdict:
    binding = await bindings.get(conn, binding_id) if binding_id is not None else None
    if binding is None or side is None:
        return letters.of_item(is_there=False, is_parked=False, is_synced=False)
    item = await store.item(conn, binding.id)
    is_parked = item is not None and item.half(side).parked is not None
    return letters.of_item(is_there=True, is_parked=is_parked, is_synced=binding.status is Status.SYNCED)


async def _of_record(conn: Connection, letter: DeadLetter) -> Verdict:
    if letter.topic not in BY_NAME:
        return letters.of_record(is_known_topic=False, refused=None, superseded=None)
    try:
        received = _decode(_Record(letter))
    except Refused as refused:
        return letters.of_record(is_known_topic=True, refused=refused.error, superseded=None)
    return letters.of_record(is_known_topic=True, refused=None, superseded=await _superseded(conn, received))


async def _superseded(conn: Connection, received: Received) -> str | None:
    """Whether the topic's reader would find that something newer has come."""
    model = received.model
    if isinstance(model, KeyCrmOrderHint):
        seen = (await lookups.hints(conn, Entity.ORDER, [model.order_id])).get(model.order_id)
        told = facts.of(model.status_id, model.payments_total, model.updated_at)
        return superseded.hint(is_news=facts.is_news(told, seen))
    record = _vms_record(model)
    if record is None:
        return None
    entity, number, changed_at = record
    binding = await bindings.find(conn, entity, Side.VMS, number)
    if binding is None:
        return None
    return superseded.event(changed_at, received.envelope.id, binding.vms_event_at, binding.vms_event_id)


def _vms_record(model: CamelModel) -> tuple[Entity, str, datetime] | None:
    match model:
        case VmsOrderEvent():
            return Entity.ORDER, model.order_id, model.changed_at
        case VmsCustomerEvent():
            return Entity.CUSTOMER, str(model.customer_id), model.changed_at
        case VmsArticleEvent():
            return Entity.ARTICLE, str(model.article_id), model.changed_at
        case _:
            return None


async def _carry_out(conn: Connection, desk: Desk, person: Person, found: Preview, now: datetime) -> UUID | None:
    letter, behind = found.kept.received.letter, found.behind
    if found.verdict.outcome is Outcome.REPUBLISHED:
        await outbox.add(conn, [Outgoing(*letter.for_replay())], now)
    elif found.verdict.outcome is Outcome.MARKED:
        if behind.kind is Kind.ITEM:
            return await _mark(conn, desk, person, found, now)
        if behind.kind is Kind.NOTIFICATION:
            await notifications.again(conn, behind.event_id, behind.channel, now)
        else:
            await levels.again(conn, levels.Kind(behind.kind.value), behind.sku, behind.warehouse, now)
    return None


async def _mark(conn: Connection, desk: Desk, person: Person, found: Preview, now: datetime) -> UUID:
    binding_id, side = found.kept.received.binding_id, found.behind.side
    assert binding_id is not None
    assert side is not None
    trace = context.current()
    due = MarkBinding(
        binding_id, (side,), Lane.INTERACTIVE, correlation_id=trace.correlation_id, traceparent=trace.traceparent
    )
    versions = (await marks.mark_bindings(conn, [due], now))[binding_id]
    waits = {side: versions[side]}
    operation = Operation(desk.new_id(), "replay", person.name, found.behind.entity, binding_id, waits)
    await operations.begin(conn, operation, now)
    return operation.id


class _Record:
    """A letter's record as its topic would give it again."""

    partition = -1
    offset = -1
    timestamp = 0

    def __init__(self, letter: DeadLetter) -> None:
        self.topic, self.key, _, self.value = letter.for_replay()
        self.headers = letter.headers
