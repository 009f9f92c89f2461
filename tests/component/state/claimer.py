"""A worker that claims one item, says so, and then does nothing: a test kills it in mid-work."""

from __future__ import annotations

import asyncio
import sys

import asyncpg

from libs.contracts.types import Lane, Side
from libs.state import work_items
from tests.component.state.world import NOW


async def main(url: str) -> None:
    """Claim, print, hang."""
    conn = await asyncpg.connect(url)
    item = await work_items.claim(conn, Side.VMS, Lane.ORDER, NOW, 60)
    print("claimed" if item else "nothing", flush=True)
    await asyncio.sleep(60)


asyncio.run(main(sys.argv[1]))
