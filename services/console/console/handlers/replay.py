"""What a replay of a dead letter would do, and the replay itself.

Safe because the verdict is reached, carried out and written down in one transaction, and writing it down matches only
a letter that nobody has decided on: of two people at once one does it, the other is told. A record goes to its topic
through the outbox, with the headers of its last passage stripped.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from console.domain import letters, many
from console.domain.letters import Behind, Kind, Outcome, Verdict
from console.domain.refusals import Absent, Overtaken
from console.handlers import verdicts
from console.handlers.desk import Desk
from libs.contracts.access import Person
from libs.contracts.types import Lane
from libs.runtime import context
from libs.runtime.database import Connection
from libs.runtime.publish import Outgoing
from libs.state import audit, dead_letters, levels, marks, notifications, operations, outbox
from libs.state.audit import Entry
from libs.state.dead_letters import Kept
from libs.state.due import MarkBinding
from libs.state.operations import Operation


class Pointless(Overtaken):
    """A replay could do nothing: the letter stays until it is discarded."""


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
        return await look(conn, letter_id)


async def replay(desk: Desk, person: Person, letter_id: int) -> Replayed:
    """Try it again, or say why that would do nothing.

    Raises:
        Absent: there is none of this number.
        Overtaken: somebody has decided on it, or a replay could do nothing; it stays as it was.
    """
    async with desk.database.transaction() as conn:
        return await try_again(conn, desk, person.name, letter_id)


async def discard(desk: Desk, person: Person, letter_id: int, reason: str) -> None:
    """Set it aside for good, with a reason.

    Raises:
        Absent: there is none of this number.
        Overtaken: somebody has decided on it.
    """
    async with desk.database.transaction() as conn:
        await set_aside(conn, desk, person.name, letter_id, reason)


async def try_again(
    conn: Connection, desk: Desk, by: str, letter_id: int, operation_id: UUID | None = None
) -> Replayed:
    """`replay` in the caller's transaction, perhaps as one of many: those have one operation for all.

    Raises: as `replay`; `Pointless` where it could do nothing.
    """
    now = desk.clock()
    found = await look(conn, letter_id)
    verdict = found.verdict
    _refuse_decided(found.kept)
    if verdict.outcome in (Outcome.REFUSED, Outcome.IMPOSSIBLE):
        raise Pointless(f"a replay would do nothing: {verdict.sentence}")
    begun = await _carry_out(conn, desk, by, found, now, is_followed=operation_id is None)
    decision: dead_letters.Decision = "replayed" if verdict.outcome.does_something else "superseded"
    await _decide(conn, by, found, decision, verdict.sentence, now, operation_id or begun)
    return Replayed(verdict, begun)


async def set_aside(
    conn: Connection, desk: Desk, by: str, letter_id: int, reason: str, operation_id: UUID | None = None
) -> None:
    """`discard` in the caller's transaction. Raises: as `discard`."""
    found = await look(conn, letter_id)
    _refuse_decided(found.kept)
    await _decide(conn, by, found, "discarded", reason, desk.clock(), operation_id)


def _refuse_decided(kept: Kept) -> None:
    if kept.status != "kept":
        raise Overtaken(f"{kept.decided_by} has {kept.status} it already")


async def _decide(
    conn: Connection,
    by: str,
    found: Preview,
    decision: dead_letters.Decision,
    text: str,
    now: datetime,
    operation_id: UUID | None,
) -> None:
    if not await dead_letters.decide(conn, found.kept.id, decision, by, now, text):
        raise Overtaken("somebody has decided on it meanwhile: look at it again")
    entry = Entry(
        by, f"dead-letter.{decision}", reason=text, entity=found.behind.entity,
        binding_id=found.kept.received.binding_id, side=found.behind.side, call=f"dead letter {found.kept.id}",
        outcome=found.verdict.outcome.value, correlation_id=context.current().correlation_id,
        operation_id=operation_id,
    )  # fmt: skip
    await audit.append(conn, [entry], now)


async def look(conn: Connection, letter_id: int) -> Preview:
    """`preview` in the caller's transaction. Raises: as `preview`."""
    kept = await dead_letters.get(conn, letter_id)
    if kept is None:
        raise Absent(f"there is no dead letter {letter_id}: it may be older than the time such are kept")
    behind = letters.behind(kept.received.letter)
    return Preview(kept, behind, await verdicts.of(conn, kept, behind))


async def _carry_out(
    conn: Connection, desk: Desk, by: str, found: Preview, now: datetime, *, is_followed: bool
) -> UUID | None:
    letter, behind = found.kept.received.letter, found.behind
    if found.verdict.outcome is Outcome.REPUBLISHED:
        await outbox.add(conn, [Outgoing(*letter.for_replay())], now)
    elif found.verdict.outcome is Outcome.MARKED:
        if behind.kind is Kind.ITEM:
            return await _mark(conn, desk, by, found, now, is_followed=is_followed)
        if behind.kind is Kind.NOTIFICATION:
            await notifications.again(conn, behind.event_id, behind.channel, now)
        else:
            await levels.again(conn, levels.Kind(behind.kind.value), behind.sku, behind.warehouse, now)
    return None


async def _mark(
    conn: Connection, desk: Desk, by: str, found: Preview, now: datetime, *, is_followed: bool
) -> UUID | None:
    binding_id, side = found.kept.received.binding_id, found.behind.side
    assert binding_id is not None
    assert side is not None
    trace = context.current()
    lane = Lane.INTERACTIVE if is_followed or found.behind.entity is None else many.LANES[found.behind.entity]
    due = MarkBinding(binding_id, (side,), lane, correlation_id=trace.correlation_id, traceparent=trace.traceparent)
    versions = (await marks.mark_bindings(conn, [due], now))[binding_id]
    if not is_followed:
        return None
    waits = {side: versions[side]}
    operation = Operation(desk.new_id(), "replay", by, found.behind.entity, binding_id, waits)
    await operations.begin(conn, operation, now)
    return operation.id
