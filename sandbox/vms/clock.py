"""VMS's clock: instants inside, local wall-clock text without an offset outside.

VMS writes `DateTime.Now`, so the hour that repeats in October is written twice alike.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sandbox.vms.knobs import Knobs


def utc_now() -> datetime:
    """The machine's clock."""
    return datetime.now(UTC)


class Clock:
    """The clock that the knobs set: a zone, an offset, a resolution."""

    def __init__(self, knobs: Knobs, source: Callable[[], datetime] = utc_now) -> None:
        self._knobs = knobs
        self._source = source

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the wall clock."""
        return ZoneInfo(self._knobs.time_zone)

    def now(self) -> datetime:
        """The instant that VMS takes for now, with an offset."""
        moment = self._source() + timedelta(seconds=self._knobs.clock_offset_seconds)
        if self._knobs.time_resolution == "second":
            moment = moment.replace(microsecond=0)
        return moment.astimezone(self.zone)

    def wall(self, moment: datetime) -> datetime:
        """What the wall clock shows; an instant with an offset is taken to VMS's zone."""
        return moment if moment.tzinfo is None else moment.astimezone(self.zone).replace(tzinfo=None)

    def instant(self, moment: datetime) -> datetime:
        """A wall-clock time as an instant; the repeated hour is read as its first pass."""
        return moment.replace(tzinfo=self.zone) if moment.tzinfo is None else moment.astimezone(self.zone)

    def text(self, moment: datetime) -> str:
        """As System.Text.Json writes a `DateTime` without a kind: no offset, no trailing zeros."""
        wall = self.wall(moment)
        fraction = f".{wall.microsecond:06d}".rstrip("0") if wall.microsecond else ""
        return wall.replace(microsecond=0).isoformat() + fraction
