"""The flood guard: many dead letters of one topic and reason in a row mean that the code is wrong, not they.

Promises: the topic pauses after `limit` of them; after a pause one record is let through as a probe: handled, the
topic flows again; refused, it pauses for twice as long. A person may resume it at any time. Counting happens in a
`Tally` that counts only once the batch it belongs to is durable, so a rewind counts nothing twice.
"""

from __future__ import annotations

from dataclasses import dataclass, field

LONGEST_DOUBLING = 16


@dataclass(slots=True)
class Paused:
    """One topic held by the guard."""

    reason: str
    pause_seconds: float
    is_probing: bool = False


@dataclass(slots=True)
class Tally:
    """The counts as they would be after the batch at hand."""

    limits: dict[str, int]
    limit: int
    runs: dict[str, tuple[str, int]]
    stopped: dict[str, str] = field(default_factory=dict)
    passed: set[str] = field(default_factory=set)

    def handled(self, topic: str) -> None:
        """A record of this topic was handled: the run is over."""
        self.runs.pop(topic, None)
        self.passed.add(topic)

    def refused(self, topic: str, reason: str) -> None:
        """A record of this topic became a dead letter."""
        last, count = self.runs.get(topic, (reason, 0))
        count = count + 1 if last == reason else 1
        self.runs[topic] = (reason, count)
        self.passed.discard(topic)
        if count >= self.limits.get(topic, self.limit):
            self.stopped[topic] = reason


class FloodGuard:
    """Which topics flow; the consumer is paused and resumed by whoever owns it."""

    def __init__(self, limit: int = 20, pause_seconds: float = 60.0) -> None:
        self._limit = limit
        self._pause_seconds = pause_seconds
        self._runs: dict[str, tuple[str, int]] = {}
        self.paused: dict[str, Paused] = {}

    def tally(self) -> Tally:
        """A working copy for one batch; a topic that is probed stops at its first dead letter."""
        return Tally(dict.fromkeys(self.paused, 1), self._limit, dict(self._runs))

    def settle(self, tally: Tally) -> tuple[set[str], dict[str, str]]:
        """The batch is durable: answers the topics to pause now, and those that flow again with their old reason."""
        self._runs = {topic: run for topic, run in tally.runs.items() if topic not in tally.stopped}
        for topic, reason in tally.stopped.items():
            before = self.paused.get(topic)
            longest = self._pause_seconds * LONGEST_DOUBLING
            pause = min(before.pause_seconds * 2, longest) if before else self._pause_seconds
            self.paused[topic] = Paused(reason, pause)
        passed = (topic for topic in tally.passed if topic in self.paused and topic not in tally.stopped)
        freed = {topic: self.paused.pop(topic).reason for topic in list(passed)}
        return set(tally.stopped), freed

    def probe(self, topic: str) -> bool:
        """Its pause is over: the next record is the probe. False: it flows already."""
        held = self.paused.get(topic)
        if held is not None:
            held.is_probing = True
        return held is not None

    def resume(self, topic: str) -> Paused | None:
        """A person says it may flow; answers how it was held, None if it was not."""
        self._runs.pop(topic, None)
        return self.paused.pop(topic, None)

    def is_held(self, topic: str) -> bool:
        """Paused, and no probe is awaited."""
        held = self.paused.get(topic)
        return held is not None and not held.is_probing

    def is_probing(self, topic: str) -> bool:
        """The next record of this topic is its probe."""
        held = self.paused.get(topic)
        return held is not None and held.is_probing
