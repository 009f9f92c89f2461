"""This process told every five seconds: that it lives, with which settings, and what of it does not work.

Where it is told is a `Registry`: PostgreSQL (`libs.state.processes`), or Kafka for a process that has no database
(`libs.runtime.presence_topic`). Safe because nothing depends on it: a process that cannot tell works on, and silence
is shown as silence. What is told is masked as in the log of the start, so no secret leaves the process.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from libs.runtime.health import Health

EVERY_SECONDS = 5.0
_SILENT = timedelta(seconds=20)
"""A process that has told nothing for so long does not work."""


@dataclass(frozen=True, slots=True)
class Process:
    """One process as it last told; `parts` names what it needs: None where it works, else why not."""

    id: UUID
    service: str
    started_at: datetime
    seen_at: datetime
    settings: Mapping[str, Any]
    parts: Mapping[str, str | None]

    def is_silent(self, now: datetime) -> bool:
        """Whether it should have told something since."""
        return now - self.seen_at > _SILENT


class Registry(Protocol):
    """Where processes tell of themselves; while it is away nothing is told, and nothing is raised."""

    async def tell(self, process: Process) -> None:
        """The process lives, and is so."""

    async def leave(self, process: Process) -> None:
        """It ends as it should."""


class Presence:
    """Tells of this process until it ends."""

    def __init__(
        self, registry: Registry, health: Health, service: str, settings: Mapping[str, Any],
        clock: Callable[[], datetime], new_id: Callable[[], UUID],
    ) -> None:  # fmt: skip
        self._registry = registry
        self._health = health
        self._service = service
        self._settings = {name: _plain(value) for name, value in settings.items()}
        self._clock = clock
        self._id = new_id()
        self._started_at = clock()

    async def run(self, stopping: asyncio.Event) -> None:
        """Tell every few seconds; at the end say good-bye."""
        while not stopping.is_set():
            await self._registry.tell(self._process())
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), EVERY_SECONDS)
        await self._registry.leave(self._process())

    def _process(self) -> Process:
        parts = {name: part["reason"] for name, part in self._health.report()["parts"].items()}
        return Process(self._id, self._service, self._started_at, self._clock(), self._settings, parts)


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
