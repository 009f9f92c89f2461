"""Questions to people: shown, and answered.

Safe because the answer names how often the question had been asked when the person saw it: an answer to something else
is refused. Answer, marks of both sides, operation and audit are one transaction; the mark comes first, since a worker
holds the item before it touches the question.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from console.domain import answers
from console.domain.answers import Choice
from console.domain.refusals import Absent, Overtaken
from console.handlers.desk import Desk
from libs.contracts.access import Person
from libs.contracts.types import Lane, Side
from libs.runtime import context
from libs.state import audit, bindings, conflicts, marks, operations
from libs.state.audit import Entry
from libs.state.bindings import Binding
from libs.state.conflicts import Conflict
from libs.state.due import MarkBinding
from libs.state.errors import StaleQuestion
from libs.state.operations import Operation


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person chose; `asked` is the question's count as it was shown to them."""

    choice: Choice
    asked: int
    value: Any = None
    terms: Side | None = None
    is_replacing: bool = False
    """Put it in the place of an answer that was given and has not been carried out yet."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A question and the binding it is about."""

    conflict: Conflict
    binding: Binding | None


async def one(desk: Desk, conflict_id: int) -> Shown:
    """One question.

    Raises:
        Absent: there is none of this number.
    """
    async with desk.database.connection() as conn:
        conflict = await conflicts.get(conn, conflict_id)
        if conflict is None:
            raise _absent(conflict_id)
        return Shown(conflict, await bindings.get(conn, conflict.binding_id))


async def resolve(desk: Desk, person: Person, conflict_id: int, given: Answer) -> Operation:
    """Write the answer down and make both sides due, before everything else.

    Raises:
        Absent: there is no such question.
        Unusable: the question does not take this answer.
        Overtaken: it was asked anew, answered or closed since the person saw it.
    """
    conflict = (await one(desk, conflict_id)).conflict
    _refuse_overtaken(conflict, given)
    chosen = answers.answer(conflict.entity, conflict.question, given.choice, given.value, given.terms)
    now, trace = desk.clock(), context.current()
    due = MarkBinding(
        conflict.binding_id, tuple(Side), Lane.INTERACTIVE,
        correlation_id=trace.correlation_id, traceparent=trace.traceparent,
    )  # fmt: skip
    async with desk.database.transaction() as conn:
        versions = (await marks.mark_bindings(conn, [due], now))[conflict.binding_id]
        _refuse_overtaken(await conflicts.get(conn, conflict_id) or conflict, given)
        try:
            answered = await conflicts.answer(conn, conflict_id, given.asked, chosen, person.name, now)
        except StaleQuestion as error:
            raise Overtaken("the question was asked anew or closed meanwhile: look at it again") from error
        operation = Operation(
            desk.new_id(), "resolve", person.name, conflict.entity, answered.binding_id, dict(versions), created_at=now
        )
        await operations.begin(conn, operation, now)
        entry = Entry(
            person.name, "conflict.answered", reason=given.choice, entity=conflict.entity,
            binding_id=answered.binding_id, field=str(conflict.question["field"]), after=chosen.get("value"),
            correlation_id=trace.correlation_id, operation_id=operation.id,
        )  # fmt: skip
        await audit.append(conn, [entry], now)
    return operation


def _refuse_overtaken(conflict: Conflict, given: Answer) -> None:
    """The item is ours by now or not: while its row is held, nobody else can be answering this question."""
    if conflict.status == "closed":
        raise Overtaken("the question is closed: both sides agree, or it was settled otherwise")
    if conflict.asked != given.asked:
        raise Overtaken("the question was asked anew with other values: look at it again")
    if conflict.status == "resolved" and not given.is_replacing:
        raise Overtaken(
            f"{conflict.answered_by} has answered it already: send replace: true to put your answer in its place"
        )


def _absent(conflict_id: int) -> Absent:
    return Absent(f"there is no conflict {conflict_id}: it may be older than the time such are kept")
