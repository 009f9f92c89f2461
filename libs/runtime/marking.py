"""One batch made durable: the marks in one transaction, then the dead letters; the culprit is found record by record.

Promises: returns when everything is durable, raises `WorldUnavailable` when it cannot be now. Dead letters are
written after the marks: a rewind then repeats only marks, which are upserts. A `PermanentError` or a bug of the
handler costs its own record alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

import structlog

from libs.contracts.dead_letter import DeadLetter
from libs.runtime import metrics
from libs.runtime.batch import Batch, Letter
from libs.runtime.errors import PermanentError, WorldUnavailable
from libs.runtime.outcomes import tell_bug
from libs.runtime.publish import Outgoing, Publisher
from libs.runtime.redact import place
from libs.runtime.work import Clock

log = structlog.get_logger("runtime.deliver")

T = TypeVar("T")
Mark = Callable[[Sequence[T]], Awaitable[None]]
"""One transaction for all; raises `PermanentError` for what can never be marked, `WorldUnavailable` to come again."""

PERMANENT = "permanent"
UNEXPECTED = "unexpected"


class Marking(Generic[T]):
    """Writes batches with one handler and one dead-letter topic."""

    def __init__(self, mark: Mark[T], publisher: Publisher, letters_topic: str, clock: Clock) -> None:
        self._mark = mark
        self._publisher = publisher
        self._letters_topic = letters_topic
        self._clock = clock

    async def write(self, batch: Batch[T]) -> None:
        """Make the batch durable."""
        if batch.taken:
            await self._mark_all(batch)
        await self._write_letters(batch.standing_letters())

    async def _mark_all(self, batch: Batch[T]) -> None:
        metrics.BATCH_RECORDS.observe(len(batch.taken))
        try:
            with metrics.MARK_SECONDS.time():
                await self._mark([value for _, value in batch.taken])
        except WorldUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - the culprit is found record by record
            log.warning("mark.split", records=len(batch.taken), error_type=type(error).__name__)
            await self._mark_each(batch)
        else:
            for topic, number in Counter(record.topic for record, _ in batch.taken).items():
                metrics.MARKED.labels(topic).inc(number)

    async def _mark_each(self, batch: Batch[T]) -> None:
        for record, value in batch.taken:
            if record.topic in batch.tally.stopped:
                batch.cut_at(record)
                continue
            try:
                await self._mark([value])
            except WorldUnavailable:
                raise
            except PermanentError as error:
                batch.refuse(record, PERMANENT, error.reason)
            except Exception as error:  # noqa: BLE001 - a bug in the handler: a dead letter, counted apart
                tell_bug("deliver", error)
                batch.refuse(record, UNEXPECTED, place(error))
            else:
                batch.tally.handled(record.topic)
                metrics.MARKED.labels(record.topic).inc()

    async def _write_letters(self, letters: Sequence[Letter]) -> None:
        if not letters:
            return
        await self._publisher.publish_all([self._outgoing(letter) for letter in letters])
        for letter in letters:
            record = letter.record
            metrics.DEAD_LETTERS.labels(record.topic, letter.reason).inc()
            log.warning(
                "record.dead_lettered",
                topic=record.topic,
                partition=record.partition,
                offset=record.offset,
                reason=letter.reason,
                error=letter.error,
            )

    def _outgoing(self, letter: Letter) -> Outgoing:
        record = letter.record
        headers, body = DeadLetter(
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            key=record.key,
            body=record.value,
            headers=tuple(record.headers),
            reason=letter.reason,
            error=letter.error,
            attempts=1,
            first_failed_at=self._clock(),
        ).encode()
        return Outgoing(self._letters_topic, record.key, headers, body)
