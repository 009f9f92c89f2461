"""Tests of a channel: a person asks on the console, or at the command line, and one message goes out at once.

Safe because a test is taken in a committed statement before anything is sent: one whose process ends is answered as
unknown and never sent again. A test passes by what waits, so a channel that rests can be tried.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping

import structlog

from libs.runtime.database import Database
from libs.runtime.errors import WorldUnavailable
from libs.runtime.work import Clock
from libs.state import news
from libs.state.news import Trial
from libs.state.notifications import Note
from notifier.channels import Sent, Taken
from notifier.domain import texts
from notifier.domain.matters import TEST
from notifier.domain.rules import Rules
from notifier.domain.texts import Voice
from notifier.handlers.delivered import delivered
from notifier.handlers.sending import Sends

log = structlog.get_logger("notifier.trying")

LOOK_SECONDS = 2.0
SENT = "sent"
UNKNOWN_CHANNEL = "no channel of this name is in the rules"


class Trying:
    """Carries out the tests that people ask for on the console."""

    def __init__(
        self, database: Database, rules: Rules, ways: Mapping[str, Sends], clock: Clock, console: str | None = None
    ) -> None:
        self._database = database
        self._rules = rules
        self._ways = ways
        self._clock = clock
        self._console = console

    async def run(self, stopping: asyncio.Event) -> None:
        """Look for tests again and again."""
        while not stopping.is_set():
            try:
                while await self.look():
                    pass
            except WorldUnavailable as away:
                log.info("look.waits", reason=away.reason)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), LOOK_SECONDS)

    async def look(self) -> bool:
        """Carry out the oldest test; False: there is none."""
        async with self._database.transaction() as conn:
            trial = await news.take_test(conn, self._clock())
        if trial is None:
            return False
        names = list(self._ways) if trial.channel is None else [trial.channel]
        outcome = {}
        for name in names:
            outcome[name] = await self._try(name, trial)
        async with self._database.transaction() as conn:
            await news.end_test(conn, trial.id, outcome, self._clock())
        return True

    async def _try(self, name: str, trial: Trial) -> str:
        if name not in self._ways:
            return UNKNOWN_CHANNEL
        sent = await send_test(self._rules, name, self._ways[name], trial.asked_by, self._console)
        async with self._database.transaction() as conn:
            note = Note(f"test-{trial.id}", name, TEST, {"asked_by": trial.asked_by})
            await delivered(conn, name, note, sent, self._clock())
        log.info("channel.tried", channel=name, is_taken=isinstance(sent, Taken))
        return told(sent)


async def send_test(rules: Rules, name: str, way: Sends, asked_by: str, console: str | None) -> Sent:
    """One message that says that the channel works, in its language."""
    channel = rules.channels[name]
    told = {"channel": name, "actor": asked_by}
    return await way.send(texts.message(TEST, told, Voice(channel.language, channel.zone, console)))


async def try_all(
    rules: Rules, ways: Mapping[str, Sends], asked_by: str, console: str | None, tell: Callable[[str], None]
) -> bool:
    """Through each of these channels one message, one line each; answers whether all were taken."""
    all_taken = True
    for name, way in ways.items():
        sent = await send_test(rules, name, way, asked_by, console)
        tell(f"{name}: {told(sent)}")
        all_taken = all_taken and isinstance(sent, Taken)
    return all_taken


def told(sent: Sent) -> str:
    """The outcome in few words; never an address."""
    return SENT if isinstance(sent, Taken) else sent.reason
