"""What every handler is given: the database, the clock, new ids, and whether the process ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from libs.runtime.database import Database
from libs.runtime.work import Clock


@dataclass(frozen=True, slots=True)
class Desk:
    """The console's tools; nothing here calls KeyCRM or VMS."""

    database: Database
    clock: Clock
    new_id: Callable[[], UUID]
    stopping: asyncio.Event
