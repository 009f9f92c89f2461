"""How everything stands, as the page Now shows it: the status judged, the channels, the last events."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from console.domain import verdict
from console.domain.verdict import ORDER, Cause, CauseKind, Flow, Verdict
from console.handlers import comparison, status
from console.handlers.comparison import Brief
from console.handlers.desk import Desk
from console.handlers.status import Status as Known
from libs.contracts.types import Entity
from libs.state import news, processes
from libs.state.bindings import Status
from libs.state.news import ChannelState
from libs.state.partners import Partner
from libs.wording.reasons import refused_key

OUTBOX_LATE_SECONDS = 60
KEYCRM = "keycrm"
CARRIERS = ("inbound-apply", "outbound-sync", "ingress")
"""Without them something is not carried across, or not heard of, however well all else looks."""


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything of one moment."""

    status: Known
    flows: tuple[Flow, ...]
    verdict: Verdict
    partners: tuple[Partner, ...]
    """Each once: the worst that a service sees."""
    channels: tuple[ChannelState, ...]
    compared: Brief

    @property
    def at(self) -> datetime:
        """When this was so."""
        return self.status.at

    @property
    def used(self) -> int:
        """KeyCRM's calls that count now."""
        return sum(self.status.quota.used.values())

    @property
    def questions(self) -> int:
        """How many wait for a person."""
        return self.verdict.questions

    @property
    def letters(self) -> int:
        """How many were set aside."""
        return self.verdict.letters

    def in_step(self, entity: Entity) -> tuple[int, int]:
        """How many records are the same on both sides, and how many are known."""
        counts = {how: found for (one, how), found in self.status.bindings.items() if one is entity}
        return counts.get(Status.SYNCED, 0), sum(counts.values())


async def look(desk: Desk) -> Overview:
    """How it stands now."""
    known = await status.look(desk)
    async with desk.database.connection() as conn:
        channels = tuple(await news.channels(conn))
        found = await processes.all_processes(conn)
        compared = await comparison.brief(conn)
    alive = {one.service for one in found if not one.is_silent(known.at)}
    return judged(known, channels, compared, tuple(one for one in CARRIERS if one not in alive))


def judged(known: Known, channels: tuple[ChannelState, ...], compared: Brief, silent: tuple[str, ...]) -> Overview:
    """The status with what is to be said of it."""
    flows = _flows(known)
    partners = _partners(known)
    questions = sum(found for found, _ in known.conflicts.values())
    causes = tuple(Cause("process", service) for service in silent) + _causes(known, partners)
    said = verdict.judge(flows, causes, questions, sum(known.dead_letters.values()), known.at)
    return Overview(known, flows, said, partners, channels, compared)


def _flows(known: Known) -> tuple[Flow, ...]:
    stopped = {flow.flow for flow in known.flows}
    waiting = {f"{one.entity}.to_{one.side}": one.due for one in known.items}
    waiting |= {f"{one.kind}.to_keycrm": one.due for one in known.levels}
    quota = known.quota
    left = verdict.times_left(waiting, quota.limit, sum(quota.used.values()), quota.frozen_until, known.at)
    found = {
        name: Flow(
            name, one.due, one.oldest_at, one.leased, one.backing_off, one.asleep, one.parked,
            is_stopped=name in stopped, left=left.get(name),
        )
        for one in known.items
        if (name := f"{one.entity}.to_{one.side}")
    }  # fmt: skip
    found |= {
        name: Flow(name, one.due, one.oldest_at, parked=one.refused, is_stopped=name in stopped, left=left.get(name))
        for one in known.levels
        if (name := f"{one.kind}.to_keycrm")
    }
    away = {one.partner: refused_key(one.reason) is not None for one in _partners(known) if not one.is_reachable}
    flows = (found.get(name, Flow(name, is_stopped=name in stopped)) for name in ORDER)
    return tuple(replace(flow, is_away=flow.side in away, is_refused=away.get(flow.side, False)) for flow in flows)


def _partners(known: Known) -> tuple[Partner, ...]:
    worst: dict[str, Partner] = {}
    for one in sorted(known.partners, key=lambda one: (one.is_reachable, one.changed_at)):
        worst.setdefault(one.partner, one)
    return tuple(worst[name] for name in sorted(worst))


def _causes(known: Known, partners: tuple[Partner, ...]) -> tuple[Cause, ...]:
    found = [_away(one) for one in partners if not one.is_reachable]
    found += [Cause("stopped", one.flow, one.stopped_at, one.reason) for one in known.flows]
    found += [Cause("paused", one.service, one.paused_at, one.topic) for one in known.paused]
    if known.quota.frozen_until:
        found.append(Cause("frozen", KEYCRM, known.quota.frozen_until))
    oldest = known.outbox.oldest_at
    if oldest and (known.at - oldest).total_seconds() > OUTBOX_LATE_SECONDS:
        found.append(Cause("outbox", since=oldest))
    used = sum(known.quota.used.values())
    if known.quota.limit and used >= known.quota.limit and any(one.due for one in known.items):
        found.append(Cause("quota", KEYCRM))
    return tuple(found)


def _away(one: Partner) -> Cause:
    kind: CauseKind = "key" if refused_key(one.reason) else "partner"
    return Cause(kind, one.partner, one.changed_at, one.reason or "")
