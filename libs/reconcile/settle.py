"""Writes on their way: when they are judged, and what they then prove to be (rules 7 to 12).

Promises: what came back and is made of what was sent becomes both bases, though the other side has moved since (8);
anything else, once its time has come, is a person's edit upon our write (9); an accepted write is not judged before
its settle time, three in a row that are not shown become a question (10); while an outcome is unknown nothing of the
binding is written (11), and a VMS write waits for VMS's events as well (12).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from libs.contracts.types import Side
from libs.reconcile.fields import Fields
from libs.reconcile.memory import Memory
from libs.reconcile.spans import observe_write
from libs.reconcile.values import BOTH_WAYS, Look, PendingWrite, Question, Times, Value

NOT_SHOWN_LIMIT = 3


class Fate(StrEnum):
    """What a write proved to be."""

    LANDED = "landed"
    EDITED = "edited"
    NOT_SHOWN = "not_shown"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Settled:
    """The memory afterwards. `held_until`: write nothing at all before it. `due_at`: a write can be judged then."""

    memory: Memory
    held_until: datetime | None = None
    due_at: datetime | None = None


def settle(fields: Fields, memory: Memory, looks: Mapping[Side, Look], times: Times) -> Settled:
    """Judge every write on its way by what its side shows now."""
    held: list[datetime] = []
    due: list[datetime] = []
    for write in memory.pending:
        look = looks[write.side]
        waits_until = ready_at(write, look, times)
        if look.began_at < waits_until:
            (due if write.accepted_at else held).append(waits_until)
            continue
        if write.field not in look.image or write.field not in fields:
            continue
        fate = _fate(fields, write, look, times)
        if fate is None:
            held.append(write.lands_by + times.settle)
        else:
            memory = _judged(memory, write, look, fate, {s: looks[s].image.get(write.field) for s in Side})
    return Settled(memory, max(held, default=None), min([*held, *due], default=None))


def ready_at(write: PendingWrite, look: Look, times: Times) -> datetime:
    """When a look may judge the write."""
    if write.accepted_at is not None:
        return write.accepted_at + times.settle
    if write.side is Side.KEYCRM or look.row_changed_at is None or look.has_all_events:
        return write.lands_by
    return max(write.lands_by, look.row_changed_at) + times.event_wait


def landed(memory: Memory, write: PendingWrite, shown: Value) -> Memory:
    """Rule 8: what came back is that side's base, what it was made from the other's."""
    vms, keycrm = (shown, write.made_from) if write.side is Side.VMS else (write.made_from, shown)
    return observe_write(_gone(memory, write).with_base(write.field, vms, keycrm), write, shown)


def _fate(fields: Fields, write: PendingWrite, look: Look, times: Times) -> Fate | None:
    shown, kind = look.image[write.field], fields[write.field].kind
    if write.accepted_at is None and write.side is Side.VMS and look.has_all_events and not write.is_seen_by_event:
        return Fate.NEVER  # every event up to the row has come, and none was our write's (12)
    changed_at = look.changed_at.get(write.field)
    last_landing = (write.accepted_at or write.lands_by) + times.settle
    if kind.is_made_of(write.side, shown, write.sent):
        return Fate.EDITED if changed_at is not None and changed_at > last_landing else Fate.LANDED
    if shown != write.was:
        return Fate.EDITED
    is_new = changed_at is not None and write.was_changed_at is not None and changed_at > write.was_changed_at
    if is_new or write.is_seen_by_event:
        return Fate.EDITED
    if write.accepted_at is not None:
        return Fate.NOT_SHOWN
    return Fate.NEVER if look.began_at >= last_landing else None


def _judged(memory: Memory, write: PendingWrite, look: Look, fate: Fate, shown: Mapping[Side, Value]) -> Memory:
    match fate:
        case Fate.LANDED:
            return landed(memory, write, look.image[write.field])
        case Fate.EDITED:
            return _edited(memory, write, shown[write.side])
        case Fate.NOT_SHOWN:
            return _not_shown(_gone(memory, write), write, shown)
        case Fate.NEVER:
            return _unanswered(_gone(memory, write), write)


def _edited(memory: Memory, write: PendingWrite, shown: Value) -> Memory:
    # The edit came upon our write, so the base is what we wrote; the same value written by a person has moved from the
    # old one.
    base = write.was if shown == write.sent else write.sent
    return landed(memory, write, base)


def _not_shown(memory: Memory, write: PendingWrite, shown: Mapping[Side, Value]) -> Memory:
    key = (write.side, write.field)
    count = memory.not_shown.get(key, 0) + 1
    memory = replace(memory, not_shown={**memory.not_shown, key: count})
    if count < NOT_SHOWN_LIMIT:
        return memory
    question = Question(
        field=write.field,
        reason="not_shown",
        shown_vms=shown[Side.VMS],
        shown_keycrm=shown[Side.KEYCRM],
        base_vms=memory.bases.vms.get(write.field),
        base_keycrm=memory.bases.keycrm.get(write.field),
        params={"side": write.side.value, "sent": write.sent, "times": count},
        choices=BOTH_WAYS,
    )
    open_ = memory.questions.get(write.field)
    if open_ is not None and open_.has_raced:
        question = replace(question, raced=open_.raced, has_raced=True)
    return memory.with_questions([question])


def _unanswered(memory: Memory, write: PendingWrite) -> Memory:
    key = (write.side, write.field)
    return replace(memory, unanswered={**memory.unanswered, key: memory.unanswered.get(key, 0) + 1})


def _gone(memory: Memory, write: PendingWrite) -> Memory:
    return memory.without_pending(write.side, [write.field])
