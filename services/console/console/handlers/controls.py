"""What a person lets go on: a flow that the guard stopped, a topic that the flood guard paused.

Safe because each is one transaction with its audit; a paused topic is resumed by its own service, which finds the
request.
"""

from __future__ import annotations

from datetime import timedelta

from console.domain.refusals import Absent
from console.handlers.desk import Desk
from libs.contracts.access import Person
from libs.state import audit, consumers, flows
from libs.state.audit import Entry


async def resume_flow(desk: Desk, person: Person, flow: str, reason: str, allow_minutes: int) -> None:
    """Let the flow go on, past the guard for so many minutes.

    Raises:
        Absent: it is not stopped.
    """
    now = desk.clock()
    allowed_until = now + timedelta(minutes=allow_minutes) if allow_minutes else None
    async with desk.database.transaction() as conn:
        if not await flows.resume(conn, flow, person.name, now, allowed_until):
            raise Absent("this flow is not stopped: the status names those that are")
        entry = Entry(person.name, "flow.resumed", reason=reason, field=flow, outcome=f"allowed {allow_minutes} min")
        await audit.append(conn, [entry], now)


async def resume_topic(desk: Desk, person: Person, service: str, topic: str, reason: str) -> None:
    """Ask the service to read the topic again.

    Raises:
        Absent: it is not paused.
    """
    now = desk.clock()
    async with desk.database.transaction() as conn:
        if not await consumers.ask_resume(conn, service, topic, person.name, now):
            raise Absent("this service has not paused this topic: the status names those that are paused")
        entry = Entry(person.name, "topic.resumed", reason=reason, field=f"{service} {topic}", outcome="asked")
        await audit.append(conn, [entry], now)
