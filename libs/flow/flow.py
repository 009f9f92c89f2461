"""What every step of the flow is given: the partners, the database, the waits, the clock; and what it passes on.

A service builds one `Flow` in its `app.py`. Nothing here decides anything.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from libs.clients.keycrm import KeyCrmClient
from libs.clients.terms import Terms
from libs.clients.vms import Fetched, VmsClient
from libs.contracts.types import Entity, Side
from libs.reconcile.contents import Content
from libs.reconcile.fields import Fields
from libs.reconcile.guard import Limits
from libs.reconcile.ledger import Ledger
from libs.reconcile.memory import Memory
from libs.reconcile.pairs import Pairs
from libs.reconcile.values import Look, Times
from libs.runtime.database import Database
from libs.runtime.work import Clock
from libs.state.bindings import Binding

V = TypeVar("V")
K = TypeVar("K")
Record = TypeVar("Record")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Flow:
    """One service's half of the work: `side` is the side it writes, `service` its name in the audit."""

    service: str
    side: Side
    database: Database
    keycrm: KeyCrmClient
    vms: VmsClient
    pairs: Pairs
    zone: ZoneInfo
    times: Times
    image_max_age_seconds: float
    our_source_id: int
    limits: Limits
    clock: Clock
    new_id: Callable[[], UUID]


@dataclass(frozen=True, slots=True)
class Shown(Generic[T_co]):
    """One side as it was read: the merge's look at it, and the record as the client gave it."""

    look: Look
    record: T_co


@dataclass(frozen=True, slots=True)
class Both(Generic[V, K]):
    """Both sides, read so that VMS stood still while KeyCRM was looked at (rule 1)."""

    vms: Shown[Fetched[V]]
    keycrm: Shown[K]

    def look(self, side: Side) -> Look:
        """That side's look."""
        return self.vms.look if side is Side.VMS else self.keycrm.look


@dataclass(frozen=True, slots=True)
class Case:
    """A claimed binding as it was loaded: what is remembered of it, its events folded in."""

    binding: Binding
    memory: Memory
    asked: dict[str, Any] = field(default_factory=dict)
    """The questions that were open when it was loaded, by field."""
    folded: Sequence[str] = ()
    ledger: Ledger | None = None
    """The payments of an order; None for other entities."""
    content: Content | None = None
    """What KeyCRM's record shows, our writes foreseen; None while it has not been read."""


class Reader(Protocol[V, K]):
    """How one entity is read on both sides."""

    @property
    def entity(self) -> Entity:
        """Which entity."""
        ...

    @property
    def fields(self) -> Fields:
        """Its table of fields."""
        ...

    async def vms(self, binding: Binding, terms: Terms) -> Shown[Fetched[V]]:
        """VMS's record of a binding that has a VMS id."""
        ...

    async def keycrm(self, binding: Binding, terms: Terms) -> Shown[K]:
        """KeyCRM's record of a binding that has a KeyCRM id."""
        ...

    def content(self, record: K) -> Content:
        """What KeyCRM's record shows, for the hints and polls that follow."""
        ...

    def ledger(self, case: Case, both: Both[V, K]) -> Ledger | None:
        """The payments that both sides show; None where an entity has none."""
        ...


def lands_by(ends_at: datetime, times: Times) -> datetime:
    """No request that starts under a lease can still land after this."""
    return ends_at + times.request_life
