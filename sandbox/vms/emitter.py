"""VMS's domain events: what was emitted, in order, and what still waits to be sent.

Nothing is dropped while it waits: a broker that is away, or the knob `emit`, only makes the queue longer.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

SOURCE = "/vms"
TOPICS = {"order": "vms.order.v1", "customer": "vms.customer.v1", "article": "vms.article.v1"}
KEPT = 200_000
_JSON = "application/json; charset=utf-8"
_STRUCTURED = "application/cloudevents+json; charset=utf-8"

Headers = list[tuple[str, bytes]]


@dataclass(slots=True)
class Event:
    """One event. `replay_of` is the number of the event that this one repeats, with its id and time."""

    n: int
    topic: str
    key: str
    type: str
    id: str
    time: str
    data: dict[str, Any]
    replay_of: int | None = None
    is_sent: bool = False

    def record(self, mode: str) -> tuple[Headers, bytes]:
        """The Kafka record's headers and body, as the CloudEvents Kafka binding has them."""
        attributes = {
            "specversion": "1.0",
            "id": self.id,
            "source": SOURCE,
            "type": self.type,
            "subject": self.key,
            "time": self.time,
        }
        if mode == "structured":
            document = {**attributes, "datacontenttype": "application/json", "data": self.data}
            return [("content-type", _STRUCTURED.encode())], _bytes(document)
        headers = [(f"ce_{name}", value.encode()) for name, value in attributes.items()]
        return [*headers, ("content-type", _JSON.encode())], _bytes(self.data)


class Emitter:
    """The log of events and the queue towards Kafka."""

    def __init__(self) -> None:
        self._last = 0
        self.events: deque[Event] = deque(maxlen=KEPT)
        self.queue: deque[Event] = deque()
        self.woken = asyncio.Event()

    def emit(self, entity: str, kind: str, key: str, data: dict[str, Any]) -> Event:
        """Take a new event; its time is the change's."""
        return self._take(
            Event(
                n=self._next(),
                topic=TOPICS[entity],
                key=key,
                type=f"vms.{entity}.{kind}",
                id=str(uuid.uuid4()),
                time=data["changedAt"],
                data=data,
            )
        )

    def replay(self, numbers: Sequence[int]) -> list[Event]:
        """Take old events again, each with its id and time, in the order asked for.

        Raises:
            KeyError: a number that is not kept.
        """
        known = {event.n: event for event in self.events}
        return [
            self._take(Event(self._next(), old.topic, old.key, old.type, old.id, old.time, old.data, replay_of=old.n))
            for old in [known[n] for n in numbers]
        ]

    def shown(self, after: int) -> list[dict[str, Any]]:
        """Events with a number above `after`, oldest first."""
        return [asdict(event) for event in self.events if event.n > after]

    def clear(self) -> None:
        """Forget all, also what waits; numbers go on."""
        self.events.clear()
        self.queue.clear()

    def _next(self) -> int:
        self._last += 1
        return self._last

    def _take(self, event: Event) -> Event:
        self.events.append(event)
        self.queue.append(event)
        self.woken.set()
        return event


def _bytes(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
