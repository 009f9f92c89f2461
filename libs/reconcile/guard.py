"""The blast-radius guard: a run that would zero, cancel, rename or reprice too much stops and asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Blast(StrEnum):
    """What is counted."""

    ZERO = "zero"
    CANCEL = "cancel"
    RENAME = "rename"
    REPRICE = "reprice"


@dataclass(frozen=True, slots=True)
class Limits:
    """The share of a run that one kind of change may have, and below how many changes no run is stopped."""

    share: float = 0.2
    at_least: int = 20


def stops(counts: Mapping[Blast, int], total: int, limits: Limits) -> tuple[Blast, ...]:
    """The kinds of change that are too many: more than the share of `total`, and not fewer than `at_least`."""
    if total <= 0:
        return ()
    return tuple(
        kind for kind in Blast if limits.at_least <= counts.get(kind, 0) and counts.get(kind, 0) > limits.share * total
    )


def sentence(kind: Blast, count: int, total: int) -> str:
    """What a person reads when a flow has stopped."""
    verbs = {Blast.ZERO: "set to zero", Blast.CANCEL: "cancel", Blast.RENAME: "rename", Blast.REPRICE: "reprice"}
    return f"This run would {verbs[kind]} {count} of {total}: it stopped. Check the source, then let it go on."
