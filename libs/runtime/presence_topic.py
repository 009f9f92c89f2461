"""Processes told over Kafka: for one without a database; the console keeps what it reads beside the others.

Promises: a word is given up after three seconds, a good-bye after one, so a broker that is away delays no stop.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from uuid import UUID

from libs.contracts.envelope import Envelope, encode
from libs.contracts.events import PROCESS_TYPE, ProcessEvent
from libs.contracts.topics import SYNC_PROCESS
from libs.runtime.errors import SyncError
from libs.runtime.presence import Process
from libs.runtime.publish import Publisher

PUBLISH_SECONDS = 3.0
GOOD_BYE_SECONDS = 1.0


class ProcessTopic:
    """The topic as a `libs.runtime.presence.Registry`."""

    def __init__(self, publisher: Publisher, new_id: Callable[[], UUID]) -> None:
        self._publisher = publisher
        self._new_id = new_id

    async def tell(self, process: Process) -> None:
        """Publish how it is."""
        await self._publish(process, PUBLISH_SECONDS)

    async def leave(self, process: Process) -> None:
        """Publish that it leaves."""
        await self._publish(process, GOOD_BYE_SECONDS, is_leaving=True)

    async def _publish(self, process: Process, seconds: float, *, is_leaving: bool = False) -> None:
        body = _event(process, is_leaving).model_dump_json(by_alias=True).encode()
        source, subject = f"/sync/{process.service}", str(process.id)
        headers, data = encode(Envelope(str(self._new_id()), source, PROCESS_TYPE, subject, process.seen_at, body))
        with suppress(SyncError):
            await self._publisher.publish(SYNC_PROCESS.name, subject.encode(), tuple(headers), data, seconds)


def _event(process: Process, is_leaving: bool) -> ProcessEvent:
    return ProcessEvent(
        process_id=str(process.id), service=process.service, started_at=process.started_at,
        settings=process.settings, parts=process.parts, is_leaving=is_leaving,
    )  # fmt: skip
