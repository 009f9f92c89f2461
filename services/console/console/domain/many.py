"""What becomes of one of many that a person decided on by a rule.

Promises: only what still is as it was previewed is touched; whatever happened to it meanwhile has a word of its own.
"""

from __future__ import annotations

from enum import StrEnum

from libs.contracts.types import Entity, Lane


class Outcome(StrEnum):
    """How one of many came out; the first three did what was asked."""

    ANSWERED = "answered"
    REPLAYED = "replayed"
    DISCARDED = "discarded"
    SUPERSEDED = "superseded"
    """Something newer has come since: the letter is settled, and nothing is done."""
    ANEW = "anew"
    """The question was asked anew with other values since the preview."""
    OTHERS = "others"
    """Somebody else has answered it, or decided on it, meanwhile."""
    CLOSED = "closed"
    """The question has closed by itself: both sides agree."""
    UNSUITED = "unsuited"
    """It does not take this answer; or a replay could do nothing. It stays."""
    GONE = "gone"
    """It is no longer kept."""

    @property
    def is_done(self) -> bool:
        """Whether it came out as it was asked for."""
        return self in (Outcome.ANSWERED, Outcome.REPLAYED, Outcome.DISCARDED, Outcome.SUPERSEDED)


LANES = {Entity.ORDER: Lane.ORDER, Entity.CUSTOMER: Lane.CUSTOMER, Entity.ARTICLE: Lane.CATALOGUE}
"""Many at once wait in their own lane: the interactive one is for the person who waits for one."""


def overtaken(status: str | None, asked_now: int, asked: int) -> Outcome | None:
    """What has happened to a question since it was previewed as asked for the `asked`-th time; None: nothing.

    `status` is None where there is no such question any more.
    """
    if status is None:
        return Outcome.GONE
    if status == "closed":
        return Outcome.CLOSED
    if asked_now != asked:
        return Outcome.ANEW
    return Outcome.OTHERS if status == "resolved" else None
