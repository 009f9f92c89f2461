"""The developers' examples as running programs, and what each has told so far."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from tests import node

SNIPPETS = Path(__file__).parent / "snippets"
RUN = ("listen.mjs", "listen.py")


@contextlib.asynccontextmanager
async def listening(script: str, url: str, token: str, known: int = 0) -> AsyncIterator[list[str]]:
    """One of the examples, begun with the last number it knows; its lines."""
    child = await asyncio.create_subprocess_exec(
        *await asyncio.to_thread(_command, script), url, token, str(known),
        stdout=asyncio.subprocess.PIPE, stderr=None,
    )  # fmt: skip
    lines: list[str] = []
    reading = asyncio.create_task(_read(child, lines))
    try:
        yield lines
    finally:
        with contextlib.suppress(ProcessLookupError):  # it has ended by itself: the test says what is missing
            child.kill()
        await child.wait()
        await reading


def _command(script: str) -> tuple[str, str]:
    """An ECMAScript module finds packages beside itself only: its copy lies in web/."""
    if not script.endswith(".mjs"):
        return sys.executable, str(SNIPPETS / script)
    copy = node.modules() / ".snippets" / script
    copy.parent.mkdir(exist_ok=True)
    copy.write_bytes((SNIPPETS / script).read_bytes())
    return node.node(), str(copy)


async def _read(child: asyncio.subprocess.Process, lines: list[str]) -> None:
    assert child.stdout is not None
    async for line in child.stdout:
        lines.append(line.decode().strip())
