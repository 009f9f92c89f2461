"""What a step of the day is: who does what on which side, and what the other side must then show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.demo.side import Sides


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `act` does it and may remember things in `Sides.kept`; `shows` looks at the other side."""

    where: str
    """KeyCRM, VMS, both or the world."""
    who: str
    does: str
    then: str
    act: Callable[[Sides], None]
    shows: Callable[[Sides], bool]
    seconds: float = 60.0
    is_prompt: bool = True
    """Whether its time counts for the promise of seconds (what only a poll finds does not)."""
