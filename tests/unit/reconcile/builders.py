"""Looks, memories and a small table for tests about values; instants are seconds after ten o'clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from libs.contracts.types import Side
from libs.reconcile.fields import Field, Fields, order_fields
from libs.reconcile.memory import Memory
from libs.reconcile.review import Review, review
from libs.reconcile.values import (
    Bases,
    Choice,
    EventLook,
    Look,
    Question,
    Resolution,
    Times,
    Value,
    Write,
)
from libs.reconcile.writing import begin
from tests.unit.reconcile.world import PAIRS

TIMES = Times(settle=timedelta(seconds=10), request_life=timedelta(seconds=90))
TABLE: Fields = order_fields(PAIRS)


def at(seconds: float) -> datetime:
    """So many seconds after ten."""
    return datetime(2026, 1, 15, 10, tzinfo=UTC) + timedelta(seconds=seconds)


def vms(began: float = 0, *, row: float | None = None, events: float | None = None, **image: Value) -> Look:
    """A read of VMS that took a tenth of a second."""
    row_at, events_at = (None if moment is None else at(moment) for moment in (row, events))
    return Look(Side.VMS, image, at(began), at(began + 0.1), row_changed_at=row_at, events_at=events_at)


def keycrm(began: float = 0, *, status_at: float | None = None, row: float | None = None, **image: Value) -> Look:
    """A read of KeyCRM that took a tenth of a second."""
    changed_at = {} if status_at is None else {"status": at(status_at)}
    row_at = None if row is None else at(row)
    return Look(Side.KEYCRM, image, at(began), at(began + 0.1), changed_at=changed_at, row_changed_at=row_at)


def event(seconds: float, **image: Value) -> EventLook:
    """A VMS event of that time."""
    return EventLook(image, at(seconds), at(seconds))


def agreed(**fields: tuple[Value, Value]) -> Memory:
    """A memory in which each field's two bases are those values (VMS's, KeyCRM's)."""
    return Memory(bases=Bases({n: v for n, (v, _) in fields.items()}, {n: k for n, (_, k) in fields.items()}))


def looked(memory: Memory, vms: Look, keycrm: Look, table: Mapping[str, Field] = TABLE) -> Review:
    """One look at both sides."""
    return review(table, memory, vms, keycrm, TIMES)


def writing(memory: Memory, side: Side, look: Look, began: float = 1, lands_by: float = 100, **values: Any) -> Memory:
    """A write of `field=(value, made_from)` has begun."""
    writes = {n: Write(n, v, look.image.get(n), source, "changed") for n, (v, source) in values.items()}
    return begin(memory, side, writes, look, at(began), at(lands_by))


def answer(question: Question, choice: Choice, value: Value = None, terms: Side = Side.VMS) -> Question:
    """The question with a person's answer."""
    return replace(question, answer=Resolution(choice, value, terms))
