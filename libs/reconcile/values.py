"""The values that `decide` and its neighbours take and give: looks, writes, questions, decisions.

Promises: everything here is frozen and holds no behaviour beyond small questions about itself.
A key missing from an image is *unknown*, `None` is *empty*. Each side's values are in that side's own terms
(VMS's status byte, KeyCRM's status id), normalised by `images`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as made_by
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeAlias

from libs.contracts.types import Side

Value: TypeAlias = str | int | bool | list[Any] | dict[str, Any] | None
Image: TypeAlias = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Times:
    """The waits of the merge, from settings; `precision` is how coarse KeyCRM's own times are."""

    settle: timedelta = timedelta(seconds=10)
    request_life: timedelta = timedelta(seconds=90)
    search_lag: timedelta = timedelta(seconds=60)
    event_wait: timedelta = timedelta(seconds=60)
    level_settle: timedelta = timedelta(seconds=60)
    precision: timedelta = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Look:
    """One read of one side, or what a write's answer showed.

    `began_at`/`ended_at` are ours. `changed_at` holds exact change times per field (KeyCRM's status).
    `row_changed_at` is the row's own change time on that side's clock (VMS lastDateChange, KeyCRM updated_at);
    `events_at` how far VMS's events have come on the same clock, None when none has come.
    """

    side: Side
    image: Image
    began_at: datetime
    ended_at: datetime
    changed_at: Mapping[str, datetime] = made_by(default_factory=dict)
    row_changed_at: datetime | None = None
    events_at: datetime | None = None

    @property
    def has_all_events(self) -> bool:
        """Whether VMS's events have reached the row as it was read."""
        row, events = self.row_changed_at, self.events_at
        return row is not None and events is not None and events >= row


@dataclass(frozen=True, slots=True)
class EventLook:
    """What one VMS event showed. `row_changed_at` is its lastDateChange, or `changed_at` where it has none."""

    image: Image
    changed_at: datetime
    row_changed_at: datetime


@dataclass(frozen=True, slots=True)
class Bases:
    """Each side's image of the fields when the two last agreed; a missing key means: no base yet."""

    vms: Image = made_by(default_factory=dict)
    keycrm: Image = made_by(default_factory=dict)

    def of(self, side: Side) -> Image:
        """That side's base."""
        return self.vms if side is Side.VMS else self.keycrm

    def has(self, name: str) -> bool:
        """Whether the field has a base on either side."""
        return name in self.vms or name in self.keycrm


@dataclass(frozen=True, slots=True)
class PendingWrite:
    """A write on its way (rule 7): committed before its call, kept until it is settled or withdrawn.

    `was` is the pre-image, `sent` the value sent (the target's terms), `made_from` the other side's value it was
    made from. No request of ours can land after `lands_by`. `accepted_at` is set when an answer came that did not
    show the value. `was_changed_at` is the field's exact change time seen with the pre-image, where there is one.
    `is_seen_by_event` tells that a VMS event has shown just what our write made of the row.
    """

    side: Side
    field: str
    was: Value
    sent: Value
    made_from: Value
    began_at: datetime
    lands_by: datetime
    accepted_at: datetime | None = None
    was_changed_at: datetime | None = None
    is_seen_by_event: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """What a side showed last in one field, and the span (rule 14) in which it became so.

    The change happened strictly after `after` and before `before`; None is unknown. `last_at` is when the newest
    look that showed it began, `row_at` the row's own change time in that look.
    """

    value: Value
    after: datetime | None
    before: datetime | None
    last_at: datetime
    row_at: datetime | None = None


Spans: TypeAlias = Mapping[tuple[Side, str], Seen]


@dataclass(frozen=True, slots=True)
class Raced:
    """A value that a VMS event showed inside a window of ours, and the row's change time then."""

    field: str
    value: Value
    at: datetime
    is_judged: bool = False


@dataclass(frozen=True, slots=True)
class Window:
    """A VMS write's window (rule 13): a person's edit in it may have been eaten by our full-replace PUT.

    `start`/`end` are on VMS's clock: the row's change time before and after the PUT (None: not known yet);
    `landed_at` is that of the newest event which shows just what the PUT makes of the row.
    `ended_at` is ours: no request of ours lands later. `before` and `sent` are whole images, `after` is what the
    first look after the end showed, `raced` what events inside the window showed that is neither.
    """

    start: datetime
    end: datetime | None
    ended_at: datetime
    before: Image
    sent: Image
    after: Image | None = None
    raced: tuple[Raced, ...] = ()
    landed_at: datetime | None = None


class Choice(StrEnum):
    """What a person may answer; which of them a question takes is in its `choices`."""

    VMS = "vms"
    KEYCRM = "keycrm"
    VALUE = "value"
    KEEP = "keep"


BOTH_WAYS = (Choice.VMS, Choice.KEYCRM, Choice.VALUE)
ONE_WAY = (Choice.VMS, Choice.KEEP)


@dataclass(frozen=True, slots=True)
class Resolution:
    """A person's answer. `value` (for `Choice.VALUE`) is in the terms of `terms`; the other side's is carried."""

    choice: Choice
    value: Value = None
    terms: Side = Side.VMS


@dataclass(frozen=True, slots=True)
class Question:
    """One open conflict of one field: what both sides showed when it was asked (rule 25), and its answer if any.

    `reason` is the key of a sentence of `libs.wording.questions`, `params` what it names; `raced` is a value that
    VMS held for a moment and our write ate (`has_raced` tells it from an empty one).
    """

    field: str
    reason: str
    shown_vms: Value = None
    shown_keycrm: Value = None
    base_vms: Value = None
    base_keycrm: Value = None
    raced: Value = None
    has_raced: bool = False
    params: Mapping[str, Value] = made_by(default_factory=dict)
    choices: tuple[Choice, ...] = BOTH_WAYS
    answer: Resolution | None = None

    def shown(self, side: Side) -> Value:
        """What that side showed when the question was asked."""
        return self.shown_vms if side is Side.VMS else self.shown_keycrm


@dataclass(frozen=True, slots=True)
class Write:
    """One field to write: the value in the target's terms, the pre-image it was decided on, its source and why."""

    field: str
    value: Value
    was: Value
    made_from: Value
    reason: str


@dataclass(frozen=True, slots=True)
class Advance:
    """Both bases of a field after the two sides were seen agreeing."""

    vms: Value
    keycrm: Value


@dataclass(frozen=True, slots=True)
class Refusal:
    """A broken business rule or a value without a pair: permanent. `text` names the field, the rule and the fix."""

    field: str
    rule: str
    text: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What should happen. Only our own service's half is written; the other's is made due (rule 4).

    `conflicts` are questions to open or refresh (one per field), `closes` fields whose question closes,
    `waits` fields that wait for a write on its way.
    """

    to_vms: Mapping[str, Write] = made_by(default_factory=dict)
    to_keycrm: Mapping[str, Write] = made_by(default_factory=dict)
    advances: Mapping[str, Advance] = made_by(default_factory=dict)
    conflicts: tuple[Question, ...] = ()
    closes: tuple[str, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    waits: tuple[str, ...] = ()

    def to(self, side: Side) -> Mapping[str, Write]:
        """The writes towards one side."""
        return self.to_vms if side is Side.VMS else self.to_keycrm

    @property
    def is_nothing(self) -> bool:
        """Whether nothing is to be written, remembered or asked."""
        parts = (self.to_vms, self.to_keycrm, self.advances, self.conflicts, self.closes, self.refusals)
        return not any(parts)
