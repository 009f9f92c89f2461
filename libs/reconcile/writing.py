"""A write's way, as the memory sees it: begun, withdrawn, answered, lost.

Promises: `begin` is committed before the call (rule 7); a write that never happened leaves nothing behind; an answer
settles what it shows and leaves the rest to be judged after the settle time (8, 10); a lost answer keeps the binding
held until no request of ours can land (11), and after so many that came to nothing the write is for a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from libs.contracts.types import Side
from libs.reconcile import echoes, windows
from libs.reconcile.fields import Fields
from libs.reconcile.kinds import is_answer, is_cut
from libs.reconcile.memory import Memory
from libs.reconcile.settle import landed
from libs.reconcile.values import EventLook, Look, PendingWrite, Times, Write

UNANSWERED_LIMIT = 5
"""Writes of a field, or creates, in a row without an answer and without effect: the next would be no different."""


def given_up(memory: Memory, side: Side, names: Iterable[str]) -> tuple[str, ...]:
    """The fields among these whose writes to that side got no answer and did not happen, so often that it is enough."""
    return tuple(name for name in names if memory.unanswered.get((side, name), 0) >= UNANSWERED_LIMIT)


def counted_anew(memory: Memory, side: Side, names: Iterable[str]) -> Memory:
    """A person was told of these: what comes after begins at nought."""
    told = {(side, name) for name in names}
    return replace(memory, unanswered={key: count for key, count in memory.unanswered.items() if key not in told})


def begin(
    memory: Memory, side: Side, writes: Mapping[str, Write], look: Look, now: datetime, lands_by: datetime
) -> Memory:
    """Remember writes before their call. `look` is what they were decided on; none of ours lands after `lands_by`."""
    memory = memory.without_pending(side, writes)
    begun = tuple(
        PendingWrite(
            side=side,
            field=write.field,
            was=write.was,
            sent=write.value,
            made_from=write.made_from,
            began_at=now,
            lands_by=lands_by,
            was_changed_at=look.changed_at.get(write.field),
        )
        for write in writes.values()
    )
    memory = replace(memory, pending=memory.pending + begun)
    if side is Side.VMS and begun:
        return windows.opened(memory, look, {write.field: write.value for write in writes.values()}, lands_by)
    return memory


def is_unchanged(decided: Look, again: Look, names: Iterable[str]) -> bool:
    """Whether the side still shows what was decided on (rule 3): all of VMS's entity, KeyCRM's fields to be written.

    For VMS the images say whether a *field* differs; the caller compares the raw entity too, since the PUT replaces
    columns that are no fields.
    """
    if decided.side is Side.VMS:
        return decided.image == again.image and decided.row_changed_at == again.row_changed_at
    return all(again.image.get(name) == decided.image.get(name) for name in names if name in again.image)


def withdraw(memory: Memory, side: Side, names: Iterable[str]) -> Memory:
    """The write was not made, or was refused: it never happened."""
    memory = memory.without_pending(side, names)
    return windows.dropped(memory) if side is Side.VMS else memory


def answered(fields: Fields, memory: Memory, answer: Look, names: Iterable[str]) -> Memory:
    """The write was accepted; what its answer shows is settled."""
    if answer.side is Side.VMS:
        end = answer.row_changed_at or answer.ended_at + windows.CLOCKS
        memory = windows.closed(memory, end, answer.ended_at)
    for name in names:
        write = memory.pending_of(answer.side, name)
        if write is None:
            continue
        if name in answer.image and _is_shown(fields, memory, answer, write):
            memory = echoes.remember(landed(memory, write, answer.image[name]), write, answer.ended_at)
        else:
            memory = _changed(memory, replace(write, accepted_at=answer.ended_at))
    return memory


def _is_shown(fields: Fields, memory: Memory, answer: Look, write: PendingWrite) -> bool:
    kind, shown = fields[write.field].kind, answer.image[write.field]
    is_cutting = has_cut(memory, answer.side, write.field)
    return is_answer(kind, answer.side, shown, write.sent, write.was, is_cutting=is_cutting)


def has_cut(memory: Memory, side: Side, name: str) -> bool:
    """Whether the bases show that this side cut the field before: it holds the beginning of the other's text."""
    return is_cut(memory.bases.of(side).get(name), memory.bases.of(side.other).get(name))


def lost(memory: Memory, side: Side, names: Iterable[str], lands_by: datetime) -> Memory:
    """The outcome is unknown, but the call is over: nothing of it lands after `lands_by`."""
    for name in names:
        write = memory.pending_of(side, name)
        if write is not None:
            memory = _changed(memory, replace(write, lands_by=min(write.lands_by, lands_by)))
    if side is Side.VMS and memory.windows and memory.windows[-1].end is None:
        last = memory.windows[-1]
        ended = replace(last, ended_at=min(last.ended_at, lands_by))
        memory = replace(memory, windows=(*memory.windows[:-1], ended))
    return memory


def due_at(memory: Memory, times: Times) -> datetime | None:
    """When the first of the writes on their way can be judged."""
    moments = [w.accepted_at + times.settle if w.accepted_at else w.lands_by for w in memory.pending]
    return min(moments, default=None)


def note_shown(fields: Fields, memory: Memory, event: EventLook) -> Memory:
    """Remember of our newest VMS write, while it is on its way, that an event shows just what it makes of the row."""
    if not memory.windows or not windows.is_ours(fields, memory.windows[-1], event):
        return memory
    shown = tuple(replace(p, is_seen_by_event=True) if p.side is Side.VMS else p for p in memory.pending)
    return replace(memory, pending=shown)


def _changed(memory: Memory, write: PendingWrite) -> Memory:
    rest = memory.without_pending(write.side, [write.field])
    return replace(rest, pending=(*rest.pending, write))
