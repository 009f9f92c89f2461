"""Two lossy systems, people on both, late events and a database, in memory.

Promises: the world decides nothing. It does what VMS and KeyCRM do (full-replace PUT with events, requests that land
late) and remembers what people wrote, so that a test can tell a lost edit.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from libs.contracts.types import Side
from libs.reconcile import normalise, wire
from libs.reconcile.cancelling import cancellation
from libs.reconcile.fields import Field, Fields
from libs.reconcile.kinds import Amount, Status, Text
from libs.reconcile.memory import Memory
from libs.reconcile.pairs import Pairs
from libs.reconcile.review import note_events
from libs.reconcile.values import Choice, EventLook, Image, Look, Question, Resolution, Times, Value

START = datetime(2026, 1, 15, 10, tzinfo=UTC)
TIMES = Times(settle=timedelta(seconds=10), request_life=timedelta(seconds=90))
LATEST = timedelta(seconds=50)  # no event is later than this; events that fail for longer have tests of their own
LEASE = timedelta(seconds=60)
STEP = timedelta(milliseconds=20)

PAIRS = Pairs.from_toml(
    {
        "statuses": [
            {"vms": 1, "keycrm": 1},
            {"vms": 2, "keycrm": 4, "to_vms": True},
            {"vms": 3, "keycrm": 4},
            {"vms": 4, "keycrm": 8, "to_keycrm": True, "shipped": True},
            {"vms": 4, "keycrm": 11, "shipped": True},
            {"vms": 9, "keycrm": 19, "cancelled": True},
        ],
        "sources": [{"keycrm": 3, "currency": "UAH"}],
        "payment_methods": [{"vms": 1, "keycrm": 1}],
        "units": [{"vms": "шт", "keycrm": "", "column": "numberOfOutputPallet"}],
    }
)
FIELDS: Fields = {
    "status": Field("status", Status(PAIRS), special=cancellation(PAIRS)),
    "comment": Field("comment", Text(vms_limit=8, keycrm_limit=6)),
    "sum": Field("sum", Amount()),
}


def lossy(side: Side, name: str, value: Value) -> Value:
    """What a side makes of what it is given."""
    if name == "comment" and isinstance(value, str):
        return normalise.cut(value, 8 if side is Side.VMS else 6)
    if name == "sum" and side is Side.KEYCRM:
        return normalise.money(normalise.cents(str(value)))
    return normalise.money(Decimal(str(value))) if name == "sum" else value


@dataclass
class Edit:
    """What a person wrote. It may be lost when it restored what the two had agreed on (then nothing has changed there),
    when KeyCRM's documented window hid it, or when it restored what an answer was given to.
    """

    side: Side
    field: str
    value: Value
    at: datetime
    may_be_lost: bool = False


@dataclass
class Flight:
    """A call of ours to KeyCRM between its last read and its landing: it overwrites people's edits of its fields."""

    fields: set[str]
    until: datetime | None = None


@dataclass
class World:
    """Both systems, the database, one lease."""

    now: datetime = START
    rows: dict[Side, dict[str, Value]] = field(
        default_factory=lambda: {
            Side.VMS: {"status": 1, "comment": "a", "sum": "1.00"},
            Side.KEYCRM: {"status": 1, "comment": "a", "sum": "1.00"},
        }
    )
    row_at: datetime = START
    status_at: datetime = START
    columns: dict[str, Any] = field(default_factory=dict)
    questions: dict[str, dict[str, Any]] = field(default_factory=dict)
    inbox: list[EventLook] = field(default_factory=list)
    emitted: list[EventLook] = field(default_factory=list)
    events_at: datetime | None = None
    scheduled: list[tuple[datetime, Callable[[], None]]] = field(default_factory=list)
    due: dict[Side, datetime | None] = field(default_factory=lambda: {Side.VMS: START, Side.KEYCRM: START})
    lease_until: datetime = START
    token: int = 0
    edits: list[Edit] = field(default_factory=list)
    flights: list[Flight] = field(default_factory=list)
    resolved_at: dict[str, datetime] = field(default_factory=dict)
    landed_at: dict[tuple[Side, str], datetime] = field(default_factory=dict)
    agreed_at: dict[tuple[Side, str], datetime] = field(default_factory=dict)
    writes: int = 0

    # ---- time -------------------------------------------------------------------------------------------------------

    def tick(self, by: timedelta = STEP) -> None:
        """Time passes; what was to land lands."""
        end = self.now + by
        while self.scheduled:
            self.scheduled.sort(key=lambda item: item[0])
            at, land = self.scheduled[0]
            if at > end:
                break
            self.scheduled.pop(0)
            self.now = max(self.now, at)
            land()
        self.now = end
        while self.emitted and self.emitted[0].changed_at <= self.now - LATEST:
            self.deliver()

    # ---- the two systems --------------------------------------------------------------------------------------------

    def person(self, side: Side, name: str, value: Value) -> None:
        """Somebody writes a field."""
        shown = lossy(side, name, value)
        if self.rows[side][name] == shown:
            return
        is_hidden = self._is_hidden(name, shown) if side is Side.KEYCRM else self._is_our_row(name, shown)
        if is_hidden and side is Side.VMS:
            self._excuse({**self.rows[side], name: shown})
        may_be_lost = is_hidden or self._is_answered(side, name, shown)
        since = START if may_be_lost else self._restored_since(side, name, shown)
        if since is not None:
            self.edits = [e for e in self.edits if (e.side, e.field) != (side, name) or e.at <= since]
        self.edits.append(Edit(side, name, shown, self.now, may_be_lost or since is not None))
        self._store(side, {**self.rows[side], name: shown})
        self.due = dict.fromkeys(Side, self.now)

    def _is_hidden(self, name: str, value: Value) -> bool:
        """KeyCRM's window: while a write of ours is between its last read and its end, nothing tells of an edit that it
        overwrites, nor tells our own value from a person's; and where there is no change time, nothing tells an edit
        back to the old value from a write that never came.
        """
        if any(name in flight.fields and self._is_flying(flight) for flight in self.flights):
            return True
        writes = self.columns.get("pending", {}).get("writes", ())
        ours = [w for w in writes if w["side"] == Side.KEYCRM.value and w["field"] == name]
        is_ours = any(lossy(Side.KEYCRM, name, write["sent"]) == value for write in ours)
        return is_ours or (name != "status" and any(write["was"] == value for write in ours))

    def _is_our_row(self, name: str, value: Value) -> bool:
        """Whether the edit makes VMS's row just what a write of ours, of unknown outcome, would have made of it."""
        row = {**self.rows[Side.VMS], name: value}
        sent = [window["sent"] for window in self.columns.get("windows", ()) if window["end"] is None]
        return any({n: lossy(Side.VMS, n, v) for n, v in image.items()} == row for image in sent)

    def _excuse(self, row: Image) -> None:
        for edit in self.edits:
            if edit.side is Side.VMS and row[edit.field] == edit.value:
                edit.may_be_lost = True

    def _restored_since(self, side: Side, name: str, value: Value) -> datetime | None:
        """Since when the side has had the value it now gets back, if that is what the two agreed on or a write of ours
        was made from: then nothing has been changed there.
        """
        writes = [w for w in self.columns.get("pending", {}).get("writes", ()) if w["field"] == name]
        for write in writes:
            began_at = datetime.fromisoformat(write["began_at"])
            if write["side"] != side.value and write["made_from"] == value:
                return began_at
            if write["side"] == side.value and self.landed_at.get((side, name), START) >= began_at:
                return began_at if lossy(side, name, write["sent"]) == value else None
        is_base = self.columns.get(f"base_{side.value}", {}).get(name) == value
        return self.agreed_at.get((side, name), START) if is_base else None

    def _is_answered(self, side: Side, name: str, value: Value) -> bool:
        """Whether an answer has been given to what the side showed once and now shows again."""
        row = self.questions.get(name)
        return row is not None and row["answer"] is not None and row[f"shown_{side.value}"] == value

    def look(self, side: Side, began_at: datetime, events_at: datetime | None = None) -> Look:
        """A read that began then and ends now; `events_at` is how far the events go that the reader has folded in."""
        image = dict(self.rows[side])
        if side is Side.VMS:
            return Look(side, image, began_at, self.now, row_changed_at=self.row_at, events_at=events_at)
        return Look(side, image, began_at, self.now, changed_at={"status": self.status_at})

    def deliver(self, *, again: bool = False) -> None:
        """VMS's next event reaches the mark; `again`: it comes once more later."""
        if self.emitted:
            event = self.emitted[0] if again else self.emitted.pop(0)
            if self.events_at is None or event.row_changed_at >= self.events_at:
                self.events_at = event.row_changed_at
                self.inbox.append(event)
            self.due = dict.fromkeys(Side, self.now)

    def _store(self, side: Side, row: dict[str, Value]) -> None:
        if side is Side.VMS:
            self.rows[side], self.row_at = row, self.now
            self.emitted.append(EventLook(dict(row), self.now, self.now))
            return
        if row["status"] != self.rows[side]["status"]:
            self.status_at = self.now.replace(microsecond=0)
        self.rows[side] = row

    def land(self, side: Side, changes: Mapping[str, Value], read: Image) -> None:
        """A request of ours lands: VMS's PUT replaces the whole row with what was read and the changes."""
        base = dict(read) if side is Side.VMS else dict(self.rows[side])
        made = {name: lossy(side, name, value) for name, value in changes.items()}
        self.landed_at |= {(side, name): self.now for name in made}
        for edit in self.edits:
            if edit.side is side and edit.field in made and made[edit.field] == edit.value:
                edit.may_be_lost = True  # nothing tells it from our own write that lands on it
        self._store(side, {**base, **made})

    def _is_flying(self, flight: Flight) -> bool:
        return flight.until is None or self.now <= flight.until

    # ---- the database -----------------------------------------------------------------------------------------------

    def load(self) -> tuple[Memory, int]:
        """The memory as it was stored, with the events that have come since."""
        open_ = [wire.load(Question, row) for row in self.questions.values()]
        memory = Memory.from_json(json.loads(json.dumps(self.columns)), open_)
        return note_events(FIELDS, memory, self.inbox), len(self.inbox)

    def save(self, memory: Memory, folded: int) -> None:
        """One transaction; answers that came meanwhile stay with the question they answer."""
        self.columns = json.loads(json.dumps(memory.to_json()))
        del self.inbox[:folded]
        for side in Side:
            base = self.columns[f"base_{side.value}"]
            self.agreed_at |= {(side, n): self.now for n, v in self.rows[side].items() if n in base and base[n] == v}
        fresh = {name: json.loads(json.dumps(wire.dump(q))) for name, q in memory.questions.items()}
        for name, row in fresh.items():
            kept = self.questions.get(name)
            if kept and kept.get("answer") and {**kept, "answer": None} == {**row, "answer": None}:
                row["answer"] = kept["answer"]
        self.questions = fresh

    def answer(self, name: str, choice: Choice, value: Value = None) -> None:
        """A person answers an open question."""
        row = self.questions[name]
        if choice.value in row["choices"]:
            row["answer"] = wire.dump(Resolution(choice, value))
            self.resolved_at[name] = self.now
            self.due = dict.fromkeys(Side, self.now)
