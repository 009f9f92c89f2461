"""A record's story: what came in, what was decided and asked, what was written, in the order in which it happened.

Promises: what belongs together stands together: one chain from the event through the decision to the write and the
answer. Chains go newest first, since that is what people look for; within a chain time goes forward.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any


class Kind(IntEnum):
    """What happened; of one instant, in this order."""

    EVENT = 0
    PERSON = 1
    ASKED = 2
    WRITE = 3
    ENDED = 4
    LETTER = 5
    SETTLED = 6


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened; `about` is the row that tells it."""

    at: datetime
    kind: Kind
    about: Any
    chain: str | None = None
    """The correlation id, where the row has one."""
    until: datetime | None = None
    """When the work that it caused was done."""


@dataclass(frozen=True, slots=True)
class Chain:
    """What one event or one person caused."""

    moments: tuple[Moment, ...]

    @property
    def at(self) -> datetime:
        """When it began."""
        return self.moments[0].at

    @property
    def last_at(self) -> datetime:
        """When the last of it happened."""
        return self.moments[-1].at


def chains(moments: Iterable[Moment], limit: int) -> tuple[Chain, ...]:
    """The newest chains; a row without a correlation id joins the chain that did something at that very instant."""
    told = sorted(moments, key=lambda one: (one.at, one.kind))
    at_instant = {when: one.chain for one in told if one.chain for when in (one.at, one.until) if when}
    grouped: dict[str, list[Moment]] = {}
    for number, one in enumerate(told):
        grouped.setdefault(one.chain or at_instant.get(one.at) or f"alone {number}", []).append(one)
    found = sorted((Chain(tuple(group)) for group in grouped.values()), key=lambda chain: chain.last_at, reverse=True)
    return tuple(found[:limit])
