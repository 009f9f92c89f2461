"""One running VMS: its knobs, clock, rows, breaches and events, handed to every route."""

from __future__ import annotations

from sandbox.vms.breaches import Breaches
from sandbox.vms.clock import Clock
from sandbox.vms.emitter import Emitter
from sandbox.vms.knobs import Knobs
from sandbox.vms.world import Seed, World


class Vms:
    """The parts of one VMS, made from a seed and the knobs it starts with."""

    def __init__(self, seed: Seed = "shop", knobs: Knobs | None = None) -> None:
        self.seed: Seed = seed
        self._start = (knobs or Knobs()).model_copy()
        self.knobs = self._start.model_copy()
        self.clock = Clock(self.knobs)
        self.world = World(seed, self.clock.now())
        self.breaches = Breaches()
        self.emitter = Emitter()
        self.is_connected = False

    def turn(self, values: dict[str, object]) -> Knobs:
        """Turn knobs, all of the request or none.

        Raises:
            ValidationError: an unknown knob or a wrong value.
        """
        wanted = Knobs.model_validate({**self.knobs.model_dump(), **values})
        self._take(wanted)
        return self.knobs

    def reset(self, seed: Seed | None, first_id: int) -> None:
        """Rows, events, breaches and knobs as at the start."""
        self.seed = seed or self.seed
        self._take(self._start)
        self.world.reset(self.seed, self.clock.now(), first_id)
        self.breaches.clear()
        self.emitter.clear()

    def _take(self, wanted: Knobs) -> None:
        for name in Knobs.model_fields:
            setattr(self.knobs, name, getattr(wanted, name))
        self.emitter.woken.set()
