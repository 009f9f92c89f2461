"""PostgreSQL as every process uses it: one pool, one way into a transaction, one exception when it is away.

Promises: whatever asyncpg or the network raises because the database cannot work now becomes `DatabaseAway`, so that
delivery and workers wait and count no attempt; what is wrong with a statement or its values stays as it is.
Money never passes as a float: `Decimal` is text in JSON. Opening the pool needs no database: it connects when used.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import asyncpg
import orjson

from libs.runtime.errors import WorldUnavailable
from libs.runtime.settings import DatabaseSettings

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    Connection = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]
    Pool = asyncpg.Pool[asyncpg.Record]
else:
    Connection = Any
    Pool = Any

CLOSE_SECONDS = 1.5


class DatabaseAway(WorldUnavailable):
    """PostgreSQL cannot work now: gone, starting, stopping, full, out of time, or a deadlock broken for us."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, partner="database")


_AWAY: tuple[type[BaseException], ...] = (
    OSError,                                          # refused, reset, unreachable; TimeoutError is one
    asyncpg.PostgresConnectionError,                  # class 08
    asyncpg.InterfaceError,                           # the pool's connection was closed under us
    asyncpg.InternalClientError,                      # the protocol was cut in the middle of an answer
    asyncpg.OperatorInterventionError,                # class 57: shutdown, starting up, cancelled by time-out
    asyncpg.InsufficientResourcesError,               # class 53: too many connections, disk full
    asyncpg.TransactionRollbackError,                 # class 40: deadlock, serialisation; the same again will pass
    asyncpg.LockNotAvailableError,                    # lock_timeout
    asyncpg.ReadOnlySQLTransactionError,              # a standby after fail-over
    asyncpg.InvalidAuthorizationSpecificationError,   # class 28: a role or password not there yet
    asyncpg.InvalidCatalogNameError,                  # the database is not made yet
)  # fmt: skip
# These are InterfaceErrors of the caller's making: they would fail the same way again.
_OURS: tuple[type[BaseException], ...] = (asyncpg.DataError, asyncpg.UnsupportedClientFeatureError)


@contextmanager
def translated() -> Iterator[None]:
    """Turn what means "the database is away" into `DatabaseAway`; everything else passes as it is."""
    try:
        yield
    except _OURS:
        raise
    except _AWAY as error:
        raise DatabaseAway(f"database: {type(error).__name__}") from error


class Database:
    """A pool that lends connections and transactions."""

    def __init__(self, pool: Pool, acquire_seconds: float = 5.0) -> None:
        self._pool = pool
        self._acquire_seconds = acquire_seconds

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection without a transaction, for reads of one statement."""
        with translated():
            async with self._pool.acquire(timeout=self._acquire_seconds) as connection:
                yield connection

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """A connection inside a transaction: committed when the block ends, rolled back when it raises."""
        async with self.connection() as connection, connection.transaction():
            yield connection

    async def check(self) -> None:
        """Ask the smallest question there is.

        Raises:
            DatabaseAway: no answer.
        """
        async with self.connection() as connection:
            await connection.fetchval("select 1")


@asynccontextmanager
async def open_database(settings: DatabaseSettings, service: str) -> AsyncIterator[Database]:
    """A pool for the time of the block. It connects when used, so a database that is away delays nothing."""
    pool = await asyncpg.create_pool(
        settings.database_url.get_secret_value(),
        min_size=0,
        max_size=settings.database_pool_size,
        init=prepare,
        command_timeout=settings.database_command_seconds,
        timeout=5.0,
        server_settings=server_settings(service, settings.database_command_seconds),
    )
    try:
        yield Database(pool)
    finally:
        await _close(pool)


@asynccontextmanager
async def open_connection(settings: DatabaseSettings, service: str) -> AsyncIterator[Connection]:
    """A connection of its own, for what must hold one for long (a lock of the session); it ends with the block.

    The server notices within half a minute when this process's machine is gone, and frees what it held.
    """
    keepalive = {"tcp_keepalives_idle": "10", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "3"}
    connection = await asyncpg.connect(
        settings.database_url.get_secret_value(),
        timeout=5.0,
        command_timeout=settings.database_command_seconds,
        server_settings=server_settings(service, settings.database_command_seconds) | keepalive,
    )
    try:
        await prepare(connection)
        yield connection
    finally:
        await connection.close(timeout=2.0)


async def _close(pool: Pool) -> None:
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await pool.close()
    except (TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        pool.terminate()  # the database is away; there is nothing to say good-bye to


def server_settings(service: str, command_seconds: float) -> dict[str, str]:
    """What each session asks of the server; its own limits end a statement that outlives its client."""
    return {
        "application_name": service,
        "timezone": "UTC",
        "statement_timeout": f"{int(command_seconds * 1000)}",
        "lock_timeout": f"{int(command_seconds * 500)}",
        "idle_in_transaction_session_timeout": "60000",
        "jit": "off",                     # short statements: compiling costs more than it saves
    }  # fmt: skip


async def prepare(connection: Any) -> None:
    """Codecs of a new connection: json and jsonb ⇄ Python by orjson."""
    for name in ("json", "jsonb"):
        await connection.set_type_codec(name, schema="pg_catalog", encoder=to_json, decoder=orjson.loads)


def to_json(value: Any) -> str:
    """JSON text; a `Decimal` becomes text, since a float would round money."""
    return orjson.dumps(value, default=_plain).decode()


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f")
    raise TypeError(f"{type(value).__name__} is not JSON")
