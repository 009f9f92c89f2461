"""The developers' examples where things go wrong: none of them ever stays connected and silent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Any

import pytest

from notifier.handlers.catching_up import FORGOTTEN
from notifier.hub.connection import Connection
from notifier.hub.dispatch import AWAY, CallError
from tests.component.hub.hosting import TOKEN, hosting
from tests.component.hub.programs import RUN, listening
from tests.component.runtime.rig import until


class Feed:
    """What `since` gives: refusals first, then events."""

    def __init__(self, *refusals: str) -> None:
        self.asked: list[Any] = []
        self._refusals = list(refusals)

    async def since(self, _connection: Connection, arguments: Sequence[Any]) -> AsyncGenerator[Any, None]:
        """Events 4 and 5."""
        self.asked.append(arguments[0])
        if self._refusals:
            raise CallError(self._refusals.pop(0))
        for number in (4, 5):
            yield {"number": number, "text": {"en": f"event {number}"}}


@pytest.mark.parametrize("script", RUN)
async def test_an_example_asks_until_it_is_answered_and_misses_nothing(script: str) -> None:
    """Begun before the hub; told that the database is away; too old a number; then all there is, and what comes."""
    async with hosting() as gone:
        port = gone.port
    feed = Feed(AWAY, FORGOTTEN)
    async with listening(script, gone.url, TOKEN, known=3) as told:
        await asyncio.sleep(1.5)
        async with hosting(port=port) as hosted:
            hosted.hub.define({}, {"since": feed.since})
            hosted.hub.number = None
            await until(lambda: any(one.is_open for one in hosted.hub.registry), 20)
            await asyncio.sleep(0.5)
            assert len(hosted.hub.groups) == 0  # refused: it is not known yet where the feed stands
            hosted.hub.number = 5
            await until(lambda: len(told) == 2, 30)
            hosted.publish("orders", 6, text={"en": "event 6"})
            await until(lambda: len(told) == 3, 10)
            assert len(hosted.hub.registry) == 1
    assert feed.asked == [3, 3, 0]
    assert told == ["4 event 4", "5 event 5", "6 event 6"]


@pytest.mark.parametrize("script", RUN)
async def test_an_example_that_is_let_go_comes_back(script: str) -> None:
    """For reading too slowly, for silence, and for something that was not understood: each time it asks again."""
    feed = Feed()
    async with hosting() as hosted:
        hosted.hub.define({}, {"since": feed.since})
        async with listening(script, hosted.url, TOKEN) as told:
            for times in (1, 2, 3, 4):
                await until(lambda n=times: len(feed.asked) == n, 30)  # type: ignore[misc]  # bound now
                (connection,) = [one for one in hosted.hub.registry if not one.is_closing]
                match times:
                    case 1:
                        connection.fall_behind()
                    case 2:
                        connection.close("silent", "silent", allow_reconnect=True)
                    case 3:
                        connection.close("unreadable", "not understood")
            await until(lambda: len(told) == 2, 10)
    assert feed.asked == [0, 5, 5, 5]
