"""Which channels are told what of a batch of events: news of a moment each once, what lasts once while it lasts.

Safe because matters are opened in the transaction of the notes, only while the database says that they last, and a
channel that was told of one is not told by its next event. An event that is read again is counted once: the feed,
which is written in the same transaction, knows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from libs.contracts.types import Entity
from libs.runtime.database import Connection
from libs.state import feed, labels, matters
from libs.state.matters import Key, Matter, Opening
from libs.state.notifications import Note
from notifier.domain.matters import CLOSES, OPENS, Kind, count, ref
from notifier.domain.rules import Rules


@dataclass(frozen=True, slots=True)
class Heard:
    """One event of the sync; `event` is its body."""

    id: str
    event_type: str
    event: Mapping[str, Any]
    happened_at: datetime
    correlation_id: str | None = None
    subject: str | None = None

    @property
    def entity(self) -> str:
        """What it is about."""
        return str(self.event.get("entity"))


async def notes_of(conn: Connection, rules: Rules, batch: Iterable[Heard], now: datetime) -> list[Note]:
    """What is to be told of these events (`named` already), in their order."""
    wanted = [one for one in batch if rules.channels_for(one.event_type, one.entity)]
    if not wanted:
        return []
    lasting: frozenset[Key] = frozenset()
    if openers := [one for one in wanted if _key(OPENS, one)]:
        await matters.lock(conn)
        lasting = await matters.lasting(conn, [key for one in openers if (key := _key(OPENS, one))])
        wanted = await _new(conn, wanted)
    notes: list[Note] = []
    for one in wanted:
        notes += await _notes(conn, rules, one, lasting, now)
    return notes


async def _new(conn: Connection, batch: Sequence[Heard]) -> list[Heard]:
    """Each of these that was not read before, once: a relay may publish twice, Kafka may deliver twice."""
    again = await feed.known(conn, [one.id for one in batch])
    return [one for one in {one.id: one for one in batch}.values() if one.id not in again]


async def _notes(conn: Connection, rules: Rules, one: Heard, lasting: frozenset[Key], now: datetime) -> list[Note]:
    if opened := _key(OPENS, one):
        # Over before anybody was told: nothing to do for anybody.
        return await _opened(conn, rules, one, opened, now) if opened in lasting else []
    if (ended := _key(CLOSES, one)) and await matters.covers(conn, ended, one.happened_at):
        return []  # told as the end of its matter
    channels = rules.channels_for(one.event_type, one.entity)
    return [_note(one.id, channel, one) for channel in channels]


async def _opened(conn: Connection, rules: Rules, one: Heard, key: Key, now: datetime) -> list[Note]:
    kind, about = key
    opening = Opening(kind, about, one.event_type, one.event, one.correlation_id, count(one.event))
    matter = await matters.open_or_add(conn, opening, now)
    new = [name for name in rules.channels_for(one.event_type, one.entity) if name not in matter.channels]
    if not new:
        return []
    await matters.tell(conn, matter.id, new, next_at(rules, matter, (*matter.channels, *new), now))
    return [_note(note_id(matter), channel, one) for channel in new]


def _note(event_id: str, channel: str, one: Heard) -> Note:
    """With the time, for a message may come late."""
    told = {**one.event, "at": one.happened_at.isoformat()}
    return Note(event_id, channel, one.event_type, told, one.correlation_id)


def note_id(matter: Matter) -> str:
    """The next message of a matter, the same for all its channels."""
    return f"matter-{matter.id}-{matter.told + 1}"


def note_ids(matter: Matter) -> list[str]:
    """All messages of it so far."""
    return [f"matter-{matter.id}-{number}" for number in range(1, matter.told + 1)]


def reminded(rules: Rules, matter: Matter, channels: Sequence[str]) -> list[str]:
    """Those who are reminded; who is told of waiting questions by the hour is not, for that is the same."""
    entity = str(matter.event.get("entity"))
    return [name for name in channels if matter.kind != "conflict" or not rules.steps(name, entity)]


def next_at(rules: Rules, matter: Matter, channels: Sequence[str], now: datetime) -> datetime | None:
    """When they are reminded after the message that goes out now; None: nobody is."""
    return now + rules.pace.after(matter.told + 1) if reminded(rules, matter, channels) else None


async def named(conn: Connection, batch: Sequence[Heard]) -> list[Heard]:
    """With the number or SKU that people know the record by; a customer has none that is not personal."""
    numbers = {int(one.event["bindingId"]) for one in batch if isinstance(one.event.get("bindingId"), int)}
    if not numbers:
        return list(batch)
    found = await labels.of(conn, numbers)
    return [_named(one, found.get(one.event.get("bindingId") or 0)) for one in batch]


def _named(one: Heard, label: labels.Label | None) -> Heard:
    if label is None or label.entity is Entity.CUSTOMER:
        return one
    known = {"number": label.number} if label.entity is Entity.ORDER else {"sku": label.sku}
    details = {**(one.event.get("details") or {}), **{name: value for name, value in known.items() if value}}
    ids = {"vmsId": one.event.get("vmsId") or label.vms_id, "keycrmId": one.event.get("keycrmId") or label.keycrm_id}
    return replace(one, event={**one.event, **ids, "details": details})


def _key(table: Mapping[str, Kind], one: Heard) -> Key | None:
    kind = table.get(one.event_type)
    about = ref(kind, one.event) if kind else None
    return (kind, about) if kind and about else None
