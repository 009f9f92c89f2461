"""Many at once by a rule: looked at first, then done in parts, each as it was previewed or not at all.

Safe because a part and what is noted of it are one transaction, which holds the bulk's own row: a crash leaves the
rest to the next look of any copy, and nothing is done twice. Answers wait in their record's own lane.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from console.domain.letters import Outcome
from console.domain.refusals import Absent, Overtaken, Unusable
from console.handlers import replay
from console.handlers.desk import Desk
from libs.contracts.access import Person
from libs.runtime import context
from libs.runtime.database import Connection
from libs.state import audit, bulk, conflict_lists, labels, letter_lists, operations
from libs.state.audit import Entry
from libs.state.bulk import Bulk, Item, Kind
from libs.state.conflict_lists import Filter as Questions
from libs.state.conflicts import Conflict
from libs.state.dead_letters import Kept
from libs.state.labels import Label
from libs.state.letter_lists import Filter as Letters
from libs.state.operations import Operation

SAMPLE = 10
JUDGED = 200
"""So many letters are looked at one by one before a replay; each is a few statements and perhaps a megabyte."""
_ACTIONS: dict[Kind, str] = {"resolve": "conflict.bulk", "replay": "dead-letter.bulk", "discard": "dead-letter.bulk"}


@dataclass(frozen=True, slots=True)
class Preview:
    """What a rule would touch: how many match, how many of them are taken in, and the first few of them."""

    bulk: Bulk
    matching: int
    questions: tuple[Conflict, ...] = ()
    letters: tuple[Kept, ...] = ()
    labels: dict[int, Label] | None = None
    replays: tuple[replay.Preview, ...] = ()
    """Of a replay: what it would do with each of those letters."""
    effects: Mapping[Outcome, int] = field(default_factory=dict)
    """Of a replay: what it would do with how many, of the first `JUDGED` that are taken in."""

    @property
    def judged(self) -> int:
        """With how many letters it was looked at what a replay would do."""
        return sum(self.effects.values())

    @property
    def left_out(self) -> int:
        """How many match and are not taken in: they do not take this answer, or are over what is done at once."""
        return self.matching - self.bulk.total


async def preview_answers(desk: Desk, person: Person, rule: Questions, choice: str) -> Preview:
    """Look at what this answer to all open questions of the rule would touch; nothing is answered."""
    async with desk.database.transaction() as conn:
        taken = await conflict_lists.taken_in(conn, rule, choice, bulk.MOST)
        items = [Item(number, asked) for number, asked in taken]
        looked = _bulk(desk, person, "resolve", conflict_lists.told(rule), {"choice": choice}, len(items))
        await bulk.preview(conn, looked, items)
        sample = await conflict_lists.several(conn, [item.number for item in items[:SAMPLE]])
        called = await labels.of(conn, {one.binding_id for one in sample})
        return Preview(looked, await conflict_lists.count(conn, rule), questions=sample, labels=called)


async def preview_letters(desk: Desk, person: Person, rule: Letters, reason: str | None) -> Preview:
    """Look at what a replay, or with a reason the discarding, of all letters of the rule would touch."""
    kind: Kind = "replay" if reason is None else "discard"
    async with desk.database.transaction() as conn:
        items = [Item(number) for number in await letter_lists.taken_in(conn, rule, bulk.MOST)]
        choice = {} if reason is None else {"reason": reason}
        looked = _bulk(desk, person, kind, letter_lists.told(rule), choice, len(items))
        await bulk.preview(conn, looked, items)
        sample = await letter_lists.page(conn, rule, limit=SAMPLE)
        called = await labels.of(conn, {one.received.binding_id for one in sample if one.received.binding_id})
        count = await letter_lists.count(conn, rule)
        judged = [item.number for item in items[:JUDGED]] if kind == "replay" else []
        replays, effects = await _judged(conn, judged)
        return Preview(looked, count, letters=sample, labels=called, replays=replays, effects=effects)


async def _judged(conn: Connection, numbers: Sequence[int]) -> tuple[tuple[replay.Preview, ...], Counter[Outcome]]:
    """What a replay would do with each: the first few whole, of all how many; contents are not kept in memory."""
    shown: list[replay.Preview] = []
    effects: Counter[Outcome] = Counter()
    for number in numbers:
        found = await replay.look(conn, number)
        effects[found.verdict.outcome] += 1
        shown += [found] if len(shown) < SAMPLE else []
    return tuple(shown), effects


async def begin(desk: Desk, person: Person, bulk_id: UUID, kinds: tuple[Kind, ...]) -> Operation:
    """Do what was previewed; the operation tells how far it is, and in the end what came out.

    Raises:
        Absent: there is no such preview, or it is somebody else's, or too old.
        Overtaken: it has begun already.
        Unusable: it takes nothing in.
    """
    now, trace = desk.clock(), context.current()
    async with desk.database.transaction() as conn:
        looked = await bulk.get(conn, bulk_id)
        if looked is None or looked.asked_by != person.name or looked.kind not in kinds:
            raise Absent("there is no such preview of yours: look at the rule again")
        if looked.total == 0:
            raise Unusable("rule", "takes nothing in", "widen it, and look again")
        if await bulk.begin(conn, bulk_id, person.name, now, trace.correlation_id) is None:
            raise Overtaken("it has begun already: follow its operation")
        operation = Operation(bulk_id, f"bulk-{looked.kind}", person.name, created_at=now, total=looked.total)
        await operations.begin(conn, operation, now)
        await audit.append(conn, [_entry(looked, person)], now)
    return operation


async def outcome(desk: Desk, bulk_id: UUID) -> tuple[Bulk, dict[str, int]]:
    """A bulk, and how many of it came out how so far.

    Raises:
        Absent: there is none of this id.
    """
    async with desk.database.transaction() as conn:
        known = await bulk.get(conn, bulk_id)
        if known is None:
            raise Absent("there is no such bulk: it may be older than the time such are kept")
        return known, await bulk.tally(conn, bulk_id)


async def left_over(conn: Connection, bulk_id: UUID, of: str) -> tuple[int, ...]:
    """The first numbers that came out so."""
    return await bulk.sample(conn, bulk_id, SAMPLE, of)


def _bulk(desk: Desk, person: Person, kind: Kind, rule: dict[str, Any], choice: dict[str, Any], total: int) -> Bulk:
    return Bulk(desk.new_id(), kind, rule, choice, person.name, total, desk.clock())


def _entry(looked: Bulk, person: Person) -> Entry:
    told = ", ".join(f"{name} {value}" for name, value in looked.rule.items())
    chosen = looked.choice.get("choice") or looked.choice.get("reason") or looked.kind
    return Entry(
        person.name, _ACTIONS[looked.kind], reason=chosen, call=told or "all", outcome=f"{looked.total} begun",
        correlation_id=context.current().correlation_id, operation_id=looked.id,
    )  # fmt: skip
