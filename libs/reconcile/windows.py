"""The windows of our VMS writes (rule 13): a full-replace PUT may eat what a person wrote between our read and the PUT.

Promises: a value that VMS's events show inside a window, which is neither what we read nor what we sent, and which the
first look after the window does not show, becomes a question with that value; the event of a write of ours never does.
A window is kept until a look has seen past it and VMS's events have reached its end; at most `MOST` are kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from libs.contracts.types import Side
from libs.reconcile.fields import Fields
from libs.reconcile.memory import Memory
from libs.reconcile.values import BOTH_WAYS, EventLook, Image, Look, Question, Raced, Window

MOST = 20
# Where a row has no change time (customers, articles) the window is on our clock; VMS's may be apart by this much.
CLOCKS = timedelta(seconds=2)


def opened(memory: Memory, look: Look, sent: Image, lands_by: datetime) -> Memory:
    """A VMS write begins; `look` is what it was decided on."""
    start = look.row_changed_at or look.began_at - CLOCKS
    window = Window(start=start, end=None, ended_at=lands_by, before=look.image, sent={**look.image, **sent})
    return replace(memory, windows=(*memory.windows, window)[-MOST:])


def closed(memory: Memory, end: datetime, ended_at: datetime) -> Memory:
    """The newest write has been answered; the row's change time is `end`."""
    if not memory.windows or memory.windows[-1].end is not None:
        return memory
    last = replace(memory.windows[-1], end=end, ended_at=ended_at)
    return replace(memory, windows=(*memory.windows[:-1], _within(last)))


def dropped(memory: Memory) -> Memory:
    """The newest write never happened."""
    if memory.windows and memory.windows[-1].end is None:
        return replace(memory, windows=memory.windows[:-1])
    return memory


def note(fields: Fields, memory: Memory, event: EventLook) -> Memory:
    """Compare an event with the windows that it may lie in."""
    if not any(is_ours(fields, window, event) for window in memory.windows):
        return replace(memory, windows=tuple(_noted(fields, window, event) for window in memory.windows))
    at = event.row_changed_at
    return replace(
        memory, windows=tuple(replace(w, landed_at=at) if is_ours(fields, w, event) else w for w in memory.windows)
    )


def is_ours(fields: Fields, window: Window, event: EventLook) -> bool:
    """Whether the event shows exactly what one of our writes sent, as VMS makes of it."""
    if not _is_inside(window, event):
        return False
    names = [name for name, row in fields.items() if row.is_put and name in event.image and name in window.sent]
    return all(fields[name].kind.is_made_of(Side.VMS, event.image[name], window.sent[name]) for name in names)


def judge(fields: Fields, memory: Memory, vms: Look, keycrm: Image) -> Memory:
    """Ask about values that were eaten; forget windows that looks and events have passed."""
    kept, asked = [], dict(memory.questions)
    for window in (_looked(window, vms) for window in memory.windows):
        if window.after is None:
            kept.append(window)
            continue
        for raced in window.raced:
            if not raced.is_judged and not _is_shown(window.after, raced):
                asked[raced.field] = _question(memory, asked.get(raced.field), raced, vms.image, keycrm)
        if window.end is None or vms.events_at is None or vms.events_at < window.end:
            judged = tuple(replace(raced, is_judged=True) for raced in window.raced)
            kept.append(replace(window, raced=judged))
    return replace(memory, windows=tuple(kept), questions=asked)


def _looked(window: Window, vms: Look) -> Window:
    if window.after is not None or vms.began_at < window.ended_at:
        return window
    row = vms.row_changed_at
    if window.end is None and row is not None and vms.has_all_events:
        # Every event up to the row has come: one was our write's, or it never landed and ate nothing.
        raced = window.raced if window.landed_at is not None else ()
        return _within(replace(window, end=window.landed_at or row, after=vms.image, raced=raced))
    last = window.ended_at + CLOCKS
    end = window.end or (last if row is None else min(row, last))
    return _within(replace(window, end=end, after=vms.image))


def _within(window: Window) -> Window:
    return replace(window, raced=tuple(raced for raced in window.raced if window.end is None or raced.at <= window.end))


def _is_inside(window: Window, event: EventLook) -> bool:
    return window.start < event.row_changed_at <= (window.end or window.ended_at + CLOCKS)


def _noted(fields: Fields, window: Window, event: EventLook) -> Window:
    if not _is_inside(window, event):
        return window
    raced = {item.field: item for item in window.raced}
    for name, row in fields.items():
        if row.is_put and name in event.image and name in window.sent and not _is_paid(name, window, event):
            item = Raced(name, event.image[name], event.row_changed_at)
            is_known = name in raced and replace(raced[name], is_judged=False) == item
            if not is_known and not _is_harmless(fields, window, item):
                raced[name] = item
    return replace(window, raced=tuple(raced.values()))


def _is_harmless(fields: Fields, window: Window, raced: Raced) -> bool:
    """Whether the value is what was read before our write, or what VMS makes of what we sent."""
    before, sent = window.before.get(raced.field), window.sent[raced.field]
    return raced.value == before or fields[raced.field].kind.is_made_of(Side.VMS, raced.value, sent)


def _is_paid(name: str, window: Window, event: EventLook) -> bool:
    """Whether a payment moved the sum: the ledger has it already."""
    before: Mapping[str, object] = window.before
    return name == "deposited_amount" and event.image.get("payments_total") != before.get("payments_total")


def _is_shown(after: Image, raced: Raced) -> bool:
    return raced.field not in after or after[raced.field] == raced.value


def _question(memory: Memory, open_: Question | None, raced: Raced, vms: Image, keycrm: Image) -> Question:
    name, bases = raced.field, memory.bases
    base = open_ or Question(name, "", base_vms=bases.vms.get(name), base_keycrm=bases.keycrm.get(name))
    return replace(
        base,
        reason="overwritten_in_vms",
        shown_vms=vms.get(name),
        shown_keycrm=keycrm.get(name),
        raced=raced.value,
        has_raced=True,
        params={"raced": raced.value, "vms": vms.get(name), "keycrm": keycrm.get(name)},
        choices=BOTH_WAYS,
        answer=None,
    )
