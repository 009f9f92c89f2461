"""What the installation is made of, and whether each part works: for the page Set-up.

Promises: each fault comes with what to do; no secret is told, since none arrives here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from console.domain.refusals import Absent
from console.handlers import overview
from console.handlers.desk import Desk
from console.handlers.overview import Overview
from libs.contracts.access import Person
from libs.reconcile.pair_rows import Mistake
from libs.runtime.presence import Process
from libs.state import audit, flows, news, processes
from libs.state.audit import Entry
from libs.state.news import TrialOutcome

# The ingress tells over Kafka, since it needs no database; the others write it themselves.
TELLING = ("console", "inbound-apply", "ingress", "notifier", "outbound-sync")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must be so: `fault` names what is wrong, and its template knows what to do."""

    part: str
    about: str = ""
    fault: str | None = None
    since: datetime | None = None
    mistake: Mistake | None = None
    """Of the pairs file: what its sentence names."""


@dataclass(frozen=True, slots=True)
class Setup:
    """All of it."""

    seen: Overview
    processes: tuple[Process, ...]
    checks: tuple[Check, ...]
    allowed: Mapping[str, datetime]
    """Until when a person has let which flow pass the guard."""

    @property
    def silent(self) -> frozenset[str]:
        """The services that give no sign of life."""
        return frozenset(one.about for one in self.checks if one.part == "process" and one.fault == "silent")


async def look(desk: Desk, mistakes: Collection[Mistake]) -> Setup:
    """How the installation is now."""
    seen = await overview.look(desk)
    async with desk.database.connection() as conn:
        found = await processes.all_processes(conn)
        stopped = await flows.all_flows(conn)
    checks = (
        *_pairs(mistakes), *_processes(found, desk.clock()), *_partners(seen), *_flows(seen), *_channels(seen),
    )  # fmt: skip
    allowed = {one.flow: one.allowed_until for one in stopped if one.allowed_until and one.allowed_until > seen.at}
    return Setup(seen, found, checks, allowed)


async def test(desk: Desk, person: Person, channel: str | None) -> int:
    """Ask for a test message; answers its number.

    Raises:
        Absent: there is no such channel.
    """
    now = desk.clock()
    async with desk.database.transaction() as conn:
        names = [one.name for one in await news.channels(conn)]
        if not names or (channel is not None and channel not in names):
            raise Absent("there is no such channel in the rules")
        number = await news.request_test(conn, channel, person.name, now)
        entry = Entry(person.name, "channel.tested", field=channel, outcome="asked")
        await audit.append(conn, [entry], now)
    return number


async def tested(desk: Desk, number: int) -> TrialOutcome:
    """How a test stands.

    Raises:
        Absent: there is none of this number.
    """
    async with desk.database.connection() as conn:
        found = await news.test_outcome(conn, number)
    if found is None:
        raise Absent("there is no such test")
    return found


def _pairs(mistakes: Collection[Mistake]) -> list[Check]:
    return [Check("pairs", fault=one.key, mistake=one) for one in mistakes] or [Check("pairs")]


def _processes(found: tuple[Process, ...], now: datetime) -> list[Check]:
    checks = []
    for service in TELLING:
        alive = [one for one in found if one.service == service and not one.is_silent(now)]
        faults = [(part, why) for one in alive for part, why in one.parts.items() if why is not None]
        if not alive:
            last = max((one.seen_at for one in found if one.service == service), default=None)
            checks.append(Check("process", service, "silent", last))
        elif faults:
            checks += [Check("process", service, f"{part}: {why}") for part, why in dict(faults).items()]
        else:
            checks.append(Check("process", service))
    return checks


def _partners(seen: Overview) -> list[Check]:
    return [
        Check("partner", one.partner, None if one.is_reachable else one.reason or "unknown", one.changed_at)
        for one in seen.partners
    ]


def _flows(seen: Overview) -> list[Check]:
    stopped = [Check("flow", one.flow, one.reason, one.stopped_at) for one in seen.status.flows]
    paused = [Check("topic", f"{one.service} {one.topic}", one.reason, one.paused_at) for one in seen.status.paused]
    return stopped + paused or [Check("flow")]


def _channels(seen: Overview) -> list[Check]:
    if not seen.channels:
        return [Check("channel", fault="none")]
    return [
        Check("channel", one.name, one.error if one.failing_since else None, one.failing_since) for one in seen.channels
    ]
