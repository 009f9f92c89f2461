"""This process told over Kafka, every five seconds: that it lives, with which settings, and what of it does not work.

For a process without a database: the others write it there (`libs.state.processes`); the console keeps both.
Safe because nothing depends on it: while Kafka is away nothing is told, and silence is shown as silence. What is told
is masked as in the log of the start, so no secret leaves the process.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

from libs.contracts.envelope import Envelope, encode
from libs.contracts.events import PROCESS_TYPE, ProcessEvent
from libs.contracts.topics import SYNC_PROCESS
from libs.runtime.errors import SyncError
from libs.runtime.health import Health
from libs.runtime.publish import Publisher

EVERY_SECONDS = 5.0
PUBLISH_SECONDS = 3.0
GOOD_BYE_SECONDS = 1.0


class Presence:
    """Tells of this process until it ends."""

    def __init__(
        self, publisher: Publisher, health: Health, service: str, settings: Mapping[str, Any],
        clock: Callable[[], datetime], new_id: Callable[[], UUID],
    ) -> None:  # fmt: skip
        self._publisher = publisher
        self._health = health
        self._service = service
        self._settings = {name: _plain(value) for name, value in settings.items()}
        self._clock = clock
        self._new_id = new_id
        self._id = new_id()
        self._started_at = clock()

    async def run(self, stopping: asyncio.Event) -> None:
        """Tell every few seconds; at the end say good-bye."""
        while not stopping.is_set():
            await self._tell(PUBLISH_SECONDS)
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), EVERY_SECONDS)
        await self._tell(GOOD_BYE_SECONDS, is_leaving=True)

    async def _tell(self, seconds: float, *, is_leaving: bool = False) -> None:
        body = self._event(is_leaving).model_dump_json(by_alias=True).encode()
        source, subject = f"/sync/{self._service}", str(self._id)
        headers, data = encode(Envelope(str(self._new_id()), source, PROCESS_TYPE, subject, self._clock(), body))
        with suppress(SyncError):
            await self._publisher.publish(SYNC_PROCESS.name, subject.encode(), tuple(headers), data, seconds)

    def _event(self, is_leaving: bool) -> ProcessEvent:
        parts = {name: part["reason"] for name, part in self._health.report()["parts"].items()}
        return ProcessEvent(
            process_id=str(self._id), service=self._service, started_at=self._started_at, settings=self._settings,
            parts=parts, is_leaving=is_leaving,
        )  # fmt: skip


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
