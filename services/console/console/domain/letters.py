"""What a dead letter stands for, and what a replay of it would do.

A letter with an origin is a record of a topic: its replay sends it there again. One without is an item's, a level's
or a notification's, told in its body: its replay makes that due again. A webhook that nobody understood has neither.
Promises: reading never refuses, whatever the bytes are; a replay of what has been superseded does nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from libs.contracts.dead_letter import DeadLetter
from libs.contracts.topics import DEAD_LETTER_SUFFIX
from libs.contracts.types import Entity, Side

_MOST_ID = 2**63 - 1


class Kind(StrEnum):
    """What a letter is about."""

    RECORD = "record"
    ITEM = "item"
    STOCK = "stock"
    PRICE = "price"
    NOTIFICATION = "notification"
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True)
class Behind:
    """What stands behind a letter; only what its kind has is set."""

    kind: Kind
    entity: Entity | None = None
    binding_id: int | None = None
    side: Side | None = None
    code: str = ""
    field: str | None = None
    sku: str = ""
    warehouse: str = ""
    event_id: str = ""
    channel: str = ""


class Outcome(StrEnum):
    """What a replay does."""

    REPUBLISHED = "republished"
    """The record goes to its topic again."""
    MARKED = "marked"
    """The item, level or notification is due again."""
    SUPERSEDED = "superseded"
    """Something newer has come since: nothing is done."""
    REFUSED = "refused"
    """It would become a dead letter again, for the same reason: nothing is done."""
    IMPOSSIBLE = "impossible"
    """Nothing is left that could be tried again: nothing is done."""

    @property
    def does_something(self) -> bool:
        """Whether the replay is carried out."""
        return self in (Outcome.REPUBLISHED, Outcome.MARKED)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a replay would do, and the sentence that says why."""

    outcome: Outcome
    sentence: str
    detail: str = ""
    """What its reader would say of it."""


def service_of(topic: str) -> str:
    """Whose dead letters a topic holds."""
    return topic.removesuffix(DEAD_LETTER_SUFFIX)


def clean(letter: DeadLetter) -> DeadLetter:
    """The letter with texts that a database takes: a text there holds no zero byte."""
    return replace(
        letter,
        topic=_clean(letter.topic), reason=_clean(letter.reason), error=_clean(letter.error),
        headers=tuple((_clean(name), value) for name, value in letter.headers),
    )  # fmt: skip


def behind(letter: DeadLetter) -> Behind:
    """What the letter is about, as far as it says."""
    if letter.topic:
        return Behind(Kind.RECORD)
    told = _json(letter.body)
    kind = told.get("kind")
    if not isinstance(kind, str) or kind not in (Kind.ITEM, Kind.STOCK, Kind.PRICE, Kind.NOTIFICATION):
        return Behind(Kind.WEBHOOK)
    entity, side, number = told.get("entity"), told.get("side"), told.get("bindingId")
    return Behind(
        kind=Kind(kind),
        entity=Entity(entity) if entity in list(Entity) else None,
        binding_id=number if type(number) is int and 0 < number <= _MOST_ID else None,
        side=Side(side) if side in list(Side) else None,
        code=_word(told, "code"),
        field=_word(told, "field") or None,
        sku=_word(told, "sku"),
        warehouse=_word(told, "warehouse"),
        event_id=_word(told, "eventId"),
        channel=_word(told, "channel"),
    )


def of_item(is_there: bool, is_parked: bool, is_synced: bool) -> Verdict:
    """The replay of an item's letter: `is_parked` tells that nobody has made it due since."""
    if not is_there:
        return Verdict(Outcome.IMPOSSIBLE, "the binding it was about is no longer there: discard it")
    if is_synced and not is_parked:
        return Verdict(Outcome.SUPERSEDED, "it has been synced since: there is nothing left to do")
    return Verdict(Outcome.MARKED, "the binding becomes due again at once; both sides are read again before any write")


def of_level(state: str | None) -> Verdict:
    """The replay of a stock or price level's letter; `state` is the level's."""
    if state is None:
        return Verdict(Outcome.IMPOSSIBLE, "the level it was about is no longer there: discard it")
    if state != "refused":
        return Verdict(Outcome.SUPERSEDED, "VMS has told a newer value since: it is sent, or will be, by itself")
    return Verdict(Outcome.MARKED, "the level becomes due again: VMS's newest value is sent")


def of_notification(status: str | None) -> Verdict:
    """The replay of a notification's letter; `status` is the notification's."""
    if status is None:
        return Verdict(Outcome.IMPOSSIBLE, "the notification is no longer there: discard it")
    if status != "failed":
        return Verdict(Outcome.SUPERSEDED, "it has been sent since, or is about to be")
    return Verdict(Outcome.MARKED, "it is sent to its channel again; the channel may have shown it before")


def of_webhook() -> Verdict:
    """The replay of a webhook that was not understood."""
    return Verdict(Outcome.IMPOSSIBLE, "a webhook has no topic to go back to; the poll finds what it told: discard it")


def of_record(is_known_topic: bool, refused: str | None, superseded: str | None) -> Verdict:
    """The replay of a record: `refused` is what its topic's readers would say of it, `superseded` what came since."""
    if not is_known_topic:
        return Verdict(Outcome.IMPOSSIBLE, "it names no topic of ours to go back to: discard it")
    if refused is not None:
        sentence = f"it would be refused again ({refused}): mend its source, then discard it"
        return Verdict(Outcome.REFUSED, sentence, refused)
    if superseded is not None:
        return Verdict(Outcome.SUPERSEDED, superseded)
    return Verdict(Outcome.REPUBLISHED, "the record goes to its topic again, as it came, and is worked like a new one")


def _clean(text: str) -> str:
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}")


def _word(told: Mapping[str, Any], name: str) -> str:
    value = told.get(name)
    return _clean(value)[:255] if isinstance(value, str) else ""


def _json(body: bytes | None) -> Mapping[str, Any]:
    try:
        told = json.loads(body or b"")
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}
