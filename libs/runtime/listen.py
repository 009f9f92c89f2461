"""PostgreSQL's LISTEN: a mark made in another process wakes this one at once.

Promises: `on_notice` is called for every notice and once after each reconnect (notices may have passed meanwhile).
A lost connection is made again; nothing depends on it but speed, since workers look by themselves every second.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import asyncpg
import structlog

from libs.runtime.database import DatabaseAway, server_settings, translated
from libs.runtime.settings import DatabaseSettings

log = structlog.get_logger("runtime.listen")
RECONNECT_SECONDS = 2.0
CHECK_SECONDS = 15.0


async def listen(
    settings: DatabaseSettings, service: str, channel: str, on_notice: Callable[[str], None], stopping: asyncio.Event
) -> None:
    """Call `on_notice(payload)` for every NOTIFY on `channel` until `stopping` is set."""
    while not stopping.is_set():
        try:
            with translated():
                await _hear(settings, service, channel, on_notice, stopping)
        except DatabaseAway as away:
            log.info("listener.disconnected", channel=channel, reason=away.reason)
            await _wait(stopping, RECONNECT_SECONDS)


async def _hear(
    settings: DatabaseSettings, service: str, channel: str, on_notice: Callable[[str], None], stopping: asyncio.Event
) -> None:
    connection = await asyncpg.connect(
        settings.database_url.get_secret_value(),
        timeout=5.0,
        command_timeout=5.0,
        server_settings=server_settings(f"{service}-listener", 5.0),
    )
    try:
        await connection.add_listener(channel, lambda _connection, _pid, _channel, payload: on_notice(str(payload)))
        on_notice("")
        while not stopping.is_set():
            await _wait(stopping, CHECK_SECONDS)
            await connection.fetchval("select 1")  # a peer that vanished without a word is found by asking
    finally:
        await connection.close(timeout=2.0)


async def _wait(stopping: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stopping.wait(), seconds)
    except TimeoutError:
        return
