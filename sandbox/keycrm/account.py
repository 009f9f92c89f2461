"""One KeyCRM account: its rows, its knobs, its webhooks, its clock.

Everything that happens here happens on one loop, so each change is whole before anything else is looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sandbox.keycrm.hooks import Hooks
from sandbox.keycrm.knobs import Knobs, Movement
from sandbox.keycrm.later import Later
from sandbox.keycrm.postman import Postman
from sandbox.keycrm.rows import Row
from sandbox.keycrm.seeds import Seed, seeded
from sandbox.keycrm.store import Store

Origin = Literal["api", "person"]


@dataclass(frozen=True)
class Breach:
    """One request that broke the contract; `n` is its number in the call log."""

    n: int
    operation: str
    message: str


def machine_clock() -> datetime:
    """The machine's time in UTC, the only time that KeyCRM knows."""
    return datetime.now(UTC)


@dataclass
class Account:
    """What the handlers work on."""

    seed: Seed = "shop"
    clock: Callable[[], datetime] = machine_clock
    knobs: Knobs = field(default_factory=Knobs)
    hooks: Hooks = field(default_factory=Hooks)
    later: Later = field(default_factory=Later)
    breaches: list[Breach] = field(default_factory=list)
    store: Store = field(init=False)
    postman: Postman = field(init=False)

    def __post_init__(self) -> None:
        self.store = seeded(self.seed, self.clock())
        self.postman = Postman(self.knobs, self.hooks, self.later)

    def now(self) -> datetime:
        """The exact moment; rows keep whole seconds of it."""
        return self.clock()

    def horizon(self) -> datetime:
        """How far a search sees."""
        return self.now() - timedelta(seconds=self.knobs.search_lag_seconds)

    def touch(self, row: Row, movements: set[Movement]) -> None:
        """Move the row's `updated_at`, if this account lets it follow any of these movements."""
        if movements & set(self.knobs.updated_at_follows):
            row.touch(self.now())

    def take_effect(self, operation: str, effect: Callable[[], None]) -> None:
        """Do an accepted update now, later or never, as the knobs say."""
        seconds = self.knobs.update_delay_seconds
        if operation not in self.knobs.update_delay_operations or seconds == 0:
            effect()
        elif seconds is not None:
            self.later.call(seconds, effect)

    def turn(self, values: dict[str, Any]) -> None:
        """Turn knobs; the chance of the webhooks starts anew."""
        self.knobs.turn(values)
        self.postman.start_chance()

    def reset(self, seed: Seed | None = None) -> None:
        """As at the start: rows, knobs, hooks and breaches; nothing pending happens any more."""
        self.later.forget()
        self.seed = seed or self.seed
        self.store = seeded(self.seed, self.clock())
        self.knobs.turn(Knobs().model_dump())
        self.hooks.clear()
        self.breaches.clear()
        self.postman.start_chance()
