"""When a change happened: the span of each side's present value, from looks and from VMS's events (rule 14).

Promises: a span begins at the last look or event that showed another value, and ends with the first that showed this
one; an earlier appearance of the same value tells nothing, also when the value may have gone away and come back unseen;
a look counts from when it began, an event at its change time.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from libs.contracts.types import Side
from libs.reconcile.fields import Fields
from libs.reconcile.memory import Memory
from libs.reconcile.values import EventLook, Look, PendingWrite, Seen, Times, Value

# KeyCRM's times are whole seconds: within two of them a second change can hide behind the first.
HIDDEN = timedelta(seconds=2)


def observe(fields: Fields, memory: Memory, look: Look, times: Times) -> Memory:
    """What a look tells about when its values came to be."""
    spans = dict(memory.spans)
    for name in fields.keys() & look.image.keys():
        key = (look.side, name)
        exact = look.changed_at.get(name)
        seen = _looked(spans.get(key), look.image[name], look)
        spans[key] = _exact(seen, exact, times) if exact else seen
    return replace(memory, spans=spans)


def observe_event(fields: Fields, memory: Memory, event: EventLook) -> Memory:
    """What one VMS event tells, also when it is older than what was seen already."""
    spans = dict(memory.spans)
    for name in fields.keys() & event.image.keys():
        key = (Side.VMS, name)
        spans[key] = _evented(spans.get(key), event.image[name], event.changed_at)
    return replace(memory, spans=spans)


def observe_write(memory: Memory, write: PendingWrite, shown: Value) -> Memory:
    """Our own write counts as seen from when it began: a person's change of it came later."""
    key = (write.side, write.field)
    return replace(memory, spans={**memory.spans, key: Seen(shown, write.began_at, None, write.began_at)})


def _looked(old: Seen | None, value: Value, look: Look) -> Seen:
    row = look.row_changed_at
    if old is None:
        return Seen(value, None, _upper(look, None), look.began_at, row)
    if old.value == value:
        before = old.before if _is_untouched(old, look) else _upper(look, old.after)
        return replace(old, before=before, last_at=max(old.last_at, look.began_at), row_at=row)
    if look.ended_at <= old.last_at:
        return old  # an event of a later time has told more already
    return Seen(value, old.last_at, _upper(look, old.last_at), look.began_at, row)


def _is_untouched(old: Seen, look: Look) -> bool:
    """Whether the value cannot have gone away and come back since it was last seen."""
    if look.has_all_events:
        return True  # they have told of every change
    row = look.row_changed_at
    return row is not None and row == old.row_at and (look.side is Side.VMS or old.last_at > row + HIDDEN)


def _upper(look: Look, after: datetime | None) -> datetime:
    """The end of the look, or the row's own change time: nothing of the row changed after it."""
    row = look.row_changed_at if look.side is Side.VMS else None
    return row if row is not None and row < look.ended_at and (after is None or row > after) else look.ended_at


def _exact(seen: Seen, at: datetime, times: Times) -> Seen:
    return replace(seen, after=at, before=at + times.precision)


def _evented(old: Seen | None, value: Value, at: datetime) -> Seen:
    if old is None:
        return Seen(value, None, at, at)
    is_inside = (old.after is None or at > old.after) and (old.before is None or at < old.before)
    if old.value == value:
        before = at if is_inside else old.before
        return replace(old, before=before, last_at=max(old.last_at, at))
    if at > old.last_at:
        return Seen(value, old.last_at, at, at)
    return replace(old, after=at) if is_inside else old
