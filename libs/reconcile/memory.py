"""Everything remembered about one binding that the merge needs, as one frozen value.

Promises: `from_json(to_json())` is the same memory; an empty or missing column is an empty memory.
State stores the five columns of `to_json()` as they are. Questions live in the `conflict` table and are handed in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from libs.contracts.types import Side
from libs.reconcile.values import Advance, Bases, Decision, PendingWrite, Question, Seen, Spans, Window
from libs.reconcile.wire import dump, instant, load

Columns = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Creation:
    """A create on its way (rules 18, 19): committed before its call, kept until the other side is bound.

    `called_with` are the customers it was called with (a VMS order is looked up under each). `carried` is what the
    newest call carried, field by field. No call lands after `lands_by`; `empty_at` is when the first empty look since
    the newest call began. `initial` is what the create cannot carry (KeyCRM's first status). `tries`: calls so far.
    """

    side: Side
    reference: str
    called_with: tuple[str, ...] = ()
    carried: tuple[PendingWrite, ...] = ()
    initial: Mapping[str, Any] = field(default_factory=dict)
    lands_by: datetime | None = None
    empty_at: datetime | None = None
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Memory:
    """Bases, writes on their way, spans, windows, counts of writes not shown, a create, open questions.

    `echoes` are writes that their answer has shown lately: a read may still lag behind it. `unanswered` counts by field
    the writes in a row that got no answer and did not happen.
    """

    bases: Bases = field(default_factory=Bases)
    pending: tuple[PendingWrite, ...] = ()
    echoes: tuple[PendingWrite, ...] = ()
    spans: Spans = field(default_factory=dict)
    windows: tuple[Window, ...] = ()
    not_shown: Mapping[tuple[Side, str], int] = field(default_factory=dict)
    creation: Creation | None = None
    questions: Mapping[str, Question] = field(default_factory=dict)
    unanswered: Mapping[tuple[Side, str], int] = field(default_factory=dict)

    @staticmethod
    def from_json(columns: Mapping[str, Any], questions: Iterable[Question] = ()) -> Memory:
        """Read the binding's jsonb columns; `questions` are its open conflicts."""
        pending = columns.get("pending") or {}
        return Memory(
            bases=Bases(dict(columns.get("base_vms") or {}), dict(columns.get("base_keycrm") or {})),
            pending=tuple(load(PendingWrite, row) for row in pending.get("writes", ())),
            echoes=tuple(load(PendingWrite, row) for row in pending.get("echoes", ())),
            spans=_spans(columns.get("spans") or {}),
            windows=tuple(load(Window, row) for row in columns.get("windows") or ()),
            not_shown=_counts(pending.get("not_shown")),
            unanswered=_counts(pending.get("unanswered")),
            creation=_creation(pending.get("creation")),
            questions={question.field: question for question in questions},
        )

    def to_json(self) -> Columns:
        """The binding's columns base_vms, base_keycrm, pending, spans, windows."""
        return {
            "base_vms": dict(self.bases.vms),
            "base_keycrm": dict(self.bases.keycrm),
            "pending": {
                "writes": [dump(write) for write in self.pending],
                "echoes": [dump(write) for write in self.echoes],
                "not_shown": _dump_counts(self.not_shown),
                "unanswered": _dump_counts(self.unanswered),
                "creation": dump(self.creation) if self.creation else None,
            },
            "spans": _dump_spans(self.spans),
            "windows": [dump(window) for window in self.windows],
        }

    def pending_of(self, side: Side, name: str) -> PendingWrite | None:
        """The write of that field on its way to that side."""
        return next((p for p in self.pending if p.side is side and p.field == name), None)

    def last_shown(self, side: Side) -> dict[str, Any]:
        """What that side showed last in each field, as far as it is known."""
        seen = {name: seen.value for (whose, name), seen in self.spans.items() if whose is side}
        return {**self.bases.of(side), **seen}

    def with_base(self, name: str, vms: Any, keycrm: Any) -> Memory:
        """Both bases of one field; agreement restarts the counts of writes not shown (rule 10) and unanswered."""
        bases = Bases({**self.bases.vms, name: vms}, {**self.bases.keycrm, name: keycrm})
        not_shown, unanswered = (
            {key: count for key, count in counts.items() if key[1] != name}
            for counts in (self.not_shown, self.unanswered)
        )
        return replace(self, bases=bases, not_shown=not_shown, unanswered=unanswered)

    def without_pending(self, side: Side, names: Iterable[str]) -> Memory:
        """The writes of those fields to that side are no longer on their way."""
        gone = set(names)
        return replace(self, pending=tuple(p for p in self.pending if p.side is not side or p.field not in gone))

    def with_questions(self, asked: Iterable[Question], closed: Iterable[str] = ()) -> Memory:
        """Open or refresh questions, close others."""
        shut = set(closed)
        kept = {name: q for name, q in self.questions.items() if name not in shut}
        return replace(self, questions={**kept, **{q.field: q for q in asked}})

    def applied(self, decision: Decision) -> Memory:
        """What is remembered of a decision before any write: advances, questions, closings (rule 4)."""
        memory = self.with_questions(decision.conflicts, decision.closes)
        for name, advance in decision.advances.items():
            memory = memory.advanced(name, advance)
        return memory

    def advanced(self, name: str, advance: Advance) -> Memory:
        """Both bases of a field that was seen agreeing."""
        return self.with_base(name, advance.vms, advance.keycrm)


def _counts(column: Mapping[str, int] | None) -> dict[tuple[Side, str], int]:
    return {(Side(side), name): n for text, n in (column or {}).items() for side, _, name in (text.partition("."),)}


def _dump_counts(counts: Mapping[tuple[Side, str], int]) -> dict[str, int]:
    return {f"{side}.{name}": count for (side, name), count in counts.items()}


def _spans(column: Mapping[str, Any]) -> Spans:
    return {(Side(side), name): load(Seen, row) for side, rows in column.items() for name, row in rows.items()}


def _dump_spans(spans: Spans) -> dict[str, dict[str, Any]]:
    column: dict[str, dict[str, Any]] = {}
    for (side, name), seen in spans.items():
        column.setdefault(side.value, {})[name] = dump(seen)
    return column


def _creation(row: Mapping[str, Any] | None) -> Creation | None:
    if not row:
        return None
    return Creation(
        side=Side(row["side"]),
        reference=row["reference"],
        called_with=tuple(row.get("called_with", ())),
        carried=tuple(load(PendingWrite, item) for item in row.get("carried", ())),
        initial=dict(row.get("initial") or {}),
        lands_by=instant(row.get("lands_by")),
        empty_at=instant(row.get("empty_at")),
        tries=row.get("tries", 0),
    )
