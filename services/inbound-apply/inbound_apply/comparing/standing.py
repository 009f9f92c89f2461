"""How well both sides agree, told: to the metrics, and to whoever asked for a comparison.

Promises: reads the tallies every quarter of a minute, and more often while a person waits; an operation ends when every
subject has been gone over and no suspect is left to be looked at again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from libs.flow.flow import Flow
from libs.runtime import metrics
from libs.runtime.database import Connection
from libs.state import audit, comparison_passes, tallies
from libs.state.causes import Cause
from libs.state.comparison_passes import Pass
from libs.state.comparisons import Found
from libs.state.tallies import Tally

FOUND = "found_different"
"""What the audit calls a difference that nothing explained, and that was made due."""
EVERY = timedelta(seconds=15)
PATIENCE = timedelta(minutes=3)
"""A suspect that cannot be looked at again holds up an answer no longer."""


class Standing:
    """Tells how the comparison stands; without a standing comparison nothing grows old."""

    def __init__(self, flow: Flow, *, is_standing: bool) -> None:
        self._flow, self._is_standing = flow, is_standing
        self._told_at: datetime | None = None

    async def tell(self, now: datetime) -> None:
        """If it is time.

        Raises:
            SyncError: the database is away.
        """
        async with self._flow.database.transaction() as conn:
            passes = await comparison_passes.all_passes(conn)
            is_awaited = any(one.operation_id for one in passes)
            if self._told_at is not None and now - self._told_at < EVERY and not is_awaited:
                return
            found = await tallies.all_tallies(conn, now)
            await self._conclude(conn, passes, found, now)
        self._told_at = now
        self._measure(passes, found, now)

    async def _conclude(self, conn: Connection, passes: Sequence[Pass], found: Sequence[Tally], now: datetime) -> None:
        ended = max((one.ended_at for one in passes if one.ended_at is not None), default=now)
        if any(tally.suspects for tally in found) and now - ended < PATIENCE:
            return
        outcome = {
            "compared": sum(tally.compared for tally in found),
            "differs": sum(tally.differs for tally in found),
            "unexplained": sum(tally.differing.get(Cause.NOTHING, 0) for tally in found),
        }
        for operation, since in {one.operation_id: one.asked_at for one in passes}.items():
            if operation is not None and since is not None:
                mended = await audit.count(conn, FOUND, since)
                await comparison_passes.conclude(conn, operation, outcome | {"mended": mended}, now)

    def _measure(self, passes: Iterable[Pass], found: Iterable[Tally], now: datetime) -> None:
        for tally in found:
            metrics.DRIFT_RATIO.labels(tally.subject).set(tally.ratio)
            for cause in Cause:
                metrics.DRIFT_RECORDS.labels(tally.subject, cause).set(tally.differing.get(cause, 0))
        for one in passes:
            is_told = self._is_standing and one.subject in ("order", "customer", "article")
            age = now - one.whole_since if one.whole_since is not None and is_told else timedelta()
            metrics.COMPARISON_AGE.labels(one.subject).set(max(age.total_seconds(), 0.0))


def count(found: Iterable[Found], differing: Collection[int]) -> None:
    """What looks showed, as metrics."""
    for one in found:
        outcome = "differs" if one.binding_id in differing else "suspect" if one.differences else "same"
        metrics.COMPARED.labels(one.entity, outcome).inc()
