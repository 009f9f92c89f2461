"""One record as people look at it: both sides field by field, what is asked, what failed, its kin, its story.

Promises: a handful of reads by index, whatever the size of the tables; nothing is changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from console import store
from console.domain import sides
from console.domain.refusals import Absent
from console.domain.sides import FieldOfBoth
from console.domain.story import Chain, Kind, Moment, chains
from console.handlers.desk import Desk
from console.store import Item
from libs.contracts.types import Entity, Side
from libs.reconcile.memory import Memory
from libs.runtime.database import Connection
from libs.state import (
    attach,
    audit,
    bindings,
    conflict_lists,
    events,
    labels,
    letter_lists,
    operations,
    payments,
    tallies,
)
from libs.state.bindings import Binding
from libs.state.conflicts import Conflict
from libs.state.dead_letters import Kept as Letter
from libs.state.events import Logged
from libs.state.labels import Label
from libs.state.operations import Operation
from libs.state.payments import Payment
from libs.state.tallies import Compared

LAST = 2**63 - 1
MOST, CHAINS = 60, 30
_DONE_BY_PEOPLE = ("sync.", "conflict.", "dead-letter.")


@dataclass(frozen=True, slots=True)
class Record:
    """A record with everything around it."""

    label: Label
    binding: Binding
    memory: Memory
    fields: tuple[FieldOfBoth, ...]
    aliases: tuple[tuple[Side, str], ...]
    parent: Label | None
    orders: tuple[Label, ...]
    questions: tuple[Conflict, ...]
    """Those that wait or are answered and not carried out."""
    letters: tuple[Letter, ...]
    """Those that wait for a person."""
    payments: tuple[Payment, ...]
    item: Item | None
    running: tuple[Operation, ...]
    story: tuple[Chain, ...]
    compared: Compared | None


async def by_id(desk: Desk, entity: Entity, side: Side, external_id: str | int) -> int:
    """The number of the record that one side knows by this id, or by an alias.

    Raises:
        Absent: it has never been seen.
    """
    async with desk.database.connection() as conn:
        binding = await bindings.find(conn, entity, side, external_id)
    if binding is None:
        raise Absent(f"this {entity} has never been seen: ask for it to be synchronised")
    return binding.id


async def one(desk: Desk, entity: Entity, number: int) -> Record:
    """A record by our own number; a half that was attached leads to where it went.

    Raises:
        Absent: there is none of this number and kind.
    """
    async with desk.database.transaction() as conn:
        binding = await bindings.get(conn, number)
        if binding is None or binding.entity is not entity:
            raise Absent(f"there is no {entity} of this number")
        return await _record(conn, binding, desk.clock())


async def _record(conn: Connection, binding: Binding, now: datetime) -> Record:
    memory = Memory.from_json(binding.memory)
    asked = await conflict_lists.page(conn, conflict_lists.Filter(None, binding_id=binding.id), before=LAST, limit=MOST)
    live = tuple(one for one in asked if one.status != "closed")
    letters = await letter_lists.page(conn, letter_lists.Filter(None, binding_id=binding.id), before=LAST, limit=MOST)
    asked_for = await operations.of(conn, binding.id, MOST)
    called = await labels.of(conn, [number for number in (binding.id, binding.parent_id) if number is not None])
    told = [
        *_events(await events.of(conn, binding.id, MOST)),
        *_acts(await audit.page(conn, binding_id=binding.id, limit=MOST)),
    ]
    told += [*_questions(asked), *_letters(letters), *_ends(asked_for)]
    return Record(
        label=called[binding.id], binding=binding, memory=memory,
        fields=sides.paid_in(
            sides.fields(binding.entity, memory, {str(one.question["field"]): one.id for one in live}),
            (binding.hint or {}).get("payments_total"),
        ),
        aliases=await attach.aliases(conn, binding.id),
        parent=called.get(binding.parent_id) if binding.parent_id is not None else None,
        orders=await labels.orders_of(conn, [binding.id], 10) if binding.entity is Entity.CUSTOMER else (),
        questions=live, letters=tuple(one for one in letters if one.status == "kept"),
        payments=await payments.of(conn, binding.id), item=await store.item(conn, binding.id),
        running=tuple(one for one in asked_for if one.status == "running"), story=chains(told, CHAINS),
        compared=await tallies.of(conn, binding.id, now),
    )  # fmt: skip


def _events(told: Iterable[Logged]) -> Iterator[Moment]:
    for one in told:
        yield Moment(one.received_at, Kind.EVENT, one, one.received.correlation_id, one.processed_at)


def _acts(told: Iterable[audit.Kept]) -> Iterator[Moment]:
    for one in told:
        is_person = one.entry.action.startswith(_DONE_BY_PEOPLE)
        yield Moment(one.at, Kind.PERSON if is_person else Kind.WRITE, one, one.entry.correlation_id)


def _questions(asked: Iterable[Conflict]) -> Iterator[Moment]:
    for one in asked:
        yield Moment(one.opened_at, Kind.ASKED, one)
        if one.closed_at is not None:
            yield Moment(one.closed_at, Kind.SETTLED, one)


def _letters(kept: Iterable[Letter]) -> Iterator[Moment]:
    for one in kept:
        yield Moment(one.kept_at, Kind.LETTER, one)


def _ends(asked_for: Iterable[Operation]) -> Iterator[Moment]:
    """Only those that failed: what went well is told by what was written."""
    for one in asked_for:
        if one.finished_at is not None and one.status == "failed":
            yield Moment(one.finished_at, Kind.ENDED, one)


def operation_id(moment: Moment) -> UUID | None:
    """The operation that a moment is about, where there is one to follow."""
    return moment.about.id if isinstance(moment.about, Operation) else None
