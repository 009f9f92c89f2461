"""What processes without a database tell of themselves, kept beside what the others write themselves.

Safe because a row is a state told whole: read twice, it is the same. What was told before the process left cannot
bring it back: the good-bye stays on its partition after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from console.handlers.desk import Desk
from libs.contracts.events import ProcessEvent
from libs.runtime.decode import Received
from libs.runtime.presence import Process
from libs.state import processes


async def keep(desk: Desk, batch: Sequence[Received]) -> None:
    """Note how each process of the batch is, by its newest word."""
    newest = {one.model.process_id: one for one in batch if isinstance(one.model, ProcessEvent)}
    async with desk.database.transaction() as conn:
        for number, one in newest.items():
            assert isinstance(one.model, ProcessEvent)
            if one.model.is_leaving:
                await processes.left(conn, UUID(number))
            else:
                await processes.tell(conn, _process(one.model, one))


def _process(told: ProcessEvent, one: Received) -> Process:
    number = UUID(told.process_id)
    return Process(number, told.service, told.started_at, one.envelope.time, told.settings, told.parts)
