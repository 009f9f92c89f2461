"""Whether both sides were seen to be the same: counted by subject, one record's, and all compared anew when asked.

Safe because asking and its operation are one transaction, which holds the passes: of two who ask at once one begins
and both follow the same operation. Whoever compares ends it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from console.domain.refusals import Absent
from console.handlers.desk import Desk
from libs.contracts.access import Person
from libs.contracts.types import Entity
from libs.runtime import context
from libs.runtime.database import Connection
from libs.state import audit, comparison_passes, operations, processes, tallies
from libs.state.audit import Entry
from libs.state.causes import Cause
from libs.state.comparison_passes import SUBJECTS, Pass
from libs.state.operations import Operation
from libs.state.tallies import Tally

KIND = "compare"
COMPARER = "inbound-apply"
PAUSE = "sync_compare_seconds"
"""Its setting; 0: nothing is compared before somebody asks."""


@dataclass(frozen=True, slots=True)
class Brief:
    """In one line: how many differ, and since when every record has been looked at, if all have."""

    whole_at: datetime | None
    differing: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """Every subject at one moment, and the operation that somebody waits for."""

    at: datetime
    tallies: tuple[Tally, ...]
    passes: tuple[Pass, ...]
    operation: Operation | None = None
    is_standing: bool = True
    """Whether records are compared without being asked for, as far as the service that does it has told."""

    @property
    def is_begun(self) -> bool:
        """Whether anything was ever compared, or begins to be."""
        return any(one.began_at is not None for one in self.passes) or any(one.compared for one in self.tallies)

    @property
    def whole_at(self) -> datetime | None:
        """Every record has been looked at since; None: those of some kind were never compared to the end."""
        return whole_at(self.passes)

    @property
    def differing(self) -> Mapping[Cause, int]:
        """How many differ, by cause."""
        counted = {cause: sum(one.differing.get(cause, 0) for one in self.tallies) for cause in Cause}
        return {cause: found for cause, found in counted.items() if found}

    @property
    def differs(self) -> int:
        """How many differ."""
        return sum(self.differing.values())

    @property
    def unexplained(self) -> int:
        """How many differ that nothing explains."""
        return self.differing.get(Cause.NOTHING, 0)

    @property
    def suspects(self) -> int:
        """How many wait for a second look."""
        return sum(one.suspects for one in self.tallies)

    @property
    def known(self) -> int:
        """How many there are to compare."""
        return sum(one.known for one in self.tallies)

    @property
    def compared(self) -> int:
        """How many of them were."""
        return self.known - self.left_out

    @property
    def left_out(self) -> int:
        """How many of them were not."""
        return sum(max(one.known - one.compared, 0) for one in self.tallies)


async def look(desk: Desk) -> Comparison:
    """How it stands now."""
    now = desk.clock()
    async with desk.database.transaction() as conn:
        passes = await comparison_passes.all_passes(conn)
        awaited = next((one.operation_id for one in passes if one.operation_id), None)
        operation = await operations.get(conn, awaited) if awaited else None
        return Comparison(now, await tallies.all_tallies(conn, now), passes, operation, await _is_standing(conn))


async def brief(conn: Connection) -> Brief:
    """In one line."""
    return Brief(whole_at(await comparison_passes.all_passes(conn)), await tallies.differing(conn))


async def ask(desk: Desk, person: Person) -> Operation:
    """Compare everything anew, now; answers the operation to follow: an earlier one, if somebody waits already.

    Raises:
        Absent: somebody waits, and the operation is no longer kept.
    """
    now, trace = desk.clock(), context.current()
    operation_id = desk.new_id()
    async with desk.database.transaction() as conn:
        followed = await comparison_passes.ask(conn, operation_id, now)
        if followed != operation_id:
            return _known(await operations.get(conn, followed))
        total = sum(one.known for one in await tallies.all_tallies(conn, now) if one.subject.value in SUBJECTS)
        operation = Operation(operation_id, KIND, person.name, created_at=now, total=total)
        await operations.begin(conn, operation, now)
        entry = Entry(person.name, "comparison.asked", correlation_id=trace.correlation_id, operation_id=operation_id)
        await audit.append(conn, [entry], now)
    return operation


def whole_at(passes: tuple[Pass, ...]) -> datetime | None:
    """Since when all records have been looked at; levels have no passes unless a person asks: polls show them."""
    wholes = [one.whole_since for one in passes if one.subject in list(Entity)]
    return None if None in wholes else min((one for one in wholes if one is not None), default=None)


async def _is_standing(conn: Connection) -> bool:
    comparers = [one.settings for one in await processes.all_processes(conn) if one.service == COMPARER]
    told = [settings[PAUSE] for settings in comparers if PAUSE in settings]
    return not told or any(told)


def _known(operation: Operation | None) -> Operation:
    if operation is None:
        raise Absent("everything is being compared already; its operation is older than the time such are kept")
    return operation
