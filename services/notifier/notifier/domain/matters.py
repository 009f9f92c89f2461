"""What lasts: which event opens it, which closes it, and when those who know of it are reminded.

Promises: a question, a partner that is away, the dead letters of one service and reason, a stopped flow: each is one
matter, however many events tell of it. Anything else is news of a moment and told once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

Kind = Literal["conflict", "partner", "letters", "flow"]

OPENS: Mapping[str, Kind] = {
    "sync.conflict.opened": "conflict", "sync.conflict.refreshed": "conflict", "sync.partner.unreachable": "partner",
    "sync.dead-letter": "letters", "sync.flow.stopped": "flow",
}  # fmt: skip
CLOSES: Mapping[str, Kind] = {"sync.conflict.resolved": "conflict", "sync.partner.reachable": "partner"}
"""Events that say the same as the end of a matter: whoever wants them is told of that end, once."""
END_EVENTS: Mapping[str, str | None] = {
    "conflict": "sync.conflict.resolved", "partner": "sync.partner.reachable", "letters": None, "flow": None,
}  # fmt: skip

WAITING, STILL, ALL_WELL, TEST = "news.conflict-waiting", "news.still", "news.all-well", "news.test"
"""Our own events: a question has waited for so long; it still lasts; it is over; a person tries a channel."""
NEWS_TYPES = (WAITING, ALL_WELL)
"""Those of them that a rule can name."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How news of what lasts are repeated: after `repeat`, then twice as long each time, up to `repeat_max`.

    What is over is told once it has been over for `calm`, so that a partner that comes and goes is one piece of news.
    """

    repeat: timedelta = timedelta(hours=1)
    repeat_max: timedelta = timedelta(hours=24)
    calm: timedelta = timedelta(minutes=1)

    def after(self, told: int) -> timedelta:
        """How long after the `told`th message the next one follows."""
        return min(self.repeat * (1 << min(max(told - 1, 0), 30)), self.repeat_max)

    def calm_of(self, kind: str) -> timedelta:
        """Only partners come and go by themselves; what a person has settled is over at once."""
        return self.calm if kind == "partner" else timedelta(0)


def ref(kind: Kind, event: Mapping[str, Any]) -> str | None:
    """What it is about, within its kind; None: the event does not say."""
    found = event.get("details")
    details: Mapping[str, Any] = found if isinstance(found, Mapping) else {}
    match kind:
        case "conflict":
            number = details.get("conflictId")
            return str(number) if isinstance(number, int) and 0 < number < 2**63 else None
        case "partner":
            return str(details["partner"]) if details.get("partner") else None
        case "flow":
            return str(details["flow"]) if details.get("flow") else None
        case "letters":
            parts = details.get("service"), details.get("reason")
            return "/".join(str(part) for part in parts) if all(parts) else None


def count(event: Mapping[str, Any]) -> int:
    """How many records an event stands for."""
    details = event.get("details")
    found = details.get("count") if isinstance(details, Mapping) else None
    return found if isinstance(found, int) and 0 < found < 2**31 else 1
