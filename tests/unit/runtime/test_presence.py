"""A process tells of itself at once, as it is, and says good-bye once, wherever it is told."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from uuid import UUID

from pydantic import SecretStr

from libs.runtime.health import Health
from libs.runtime.presence import Presence, Process
from tests.unit.runtime.fakes import ManualClock

NUMBER = UUID("1f0e2d3c-0000-4000-8000-00000000000a")


@dataclass
class Book:
    """A registry in memory: what was told, in order."""

    told: list[tuple[str, Process]] = field(default_factory=list)

    async def tell(self, process: Process) -> None:
        """A line of it."""
        self.told.append(("lives", process))

    async def leave(self, process: Process) -> None:
        """The last line."""
        self.told.append(("leaves", process))


async def told_until_stopped(book: Book) -> None:
    """The words of a process that was stopped right after its start."""
    health, clock = Health("ingress"), ManualClock()

    async def works() -> None:
        return None

    health.add("broker", works)
    settings = {"http_port": 8080, "secret": SecretStr("s-3"), "nothing": None}
    presence = Presence(book, health, "ingress", settings, clock, lambda: NUMBER)
    stopping = asyncio.Event()
    task = asyncio.create_task(presence.run(stopping))
    await asyncio.sleep(0.01)
    stopping.set()
    await asyncio.wait_for(task, 1)


async def test_a_process_tells_at_once_and_says_good_bye_when_it_is_stopped() -> None:
    """The stop is not waited out until the next word; both words name one process."""
    book = Book()

    await told_until_stopped(book)

    assert [(word, process.id, process.service) for word, process in book.told] == [
        ("lives", NUMBER, "ingress"), ("leaves", NUMBER, "ingress"),
    ]  # fmt: skip


async def test_what_is_told_is_plain_and_without_secrets() -> None:
    """Settings as in the log of the start; a part that was not looked at yet does not work yet."""
    book = Book()

    await told_until_stopped(book)

    process = book.told[0][1]
    assert process.settings == {"http_port": 8080, "secret": "**********", "nothing": None}
    assert process.parts == {"broker": "not checked yet"}
