"""What means "the database is away" and what does not; how JSON keeps money."""

from __future__ import annotations

from decimal import Decimal

import asyncpg
import orjson
import pytest

from libs.runtime.database import DatabaseAway, to_json, translated


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefusedError(),
        TimeoutError(),
        asyncpg.ConnectionDoesNotExistError("gone"),
        asyncpg.CannotConnectNowError("starting up"),
        asyncpg.AdminShutdownError("stopping"),
        asyncpg.TooManyConnectionsError("full"),
        asyncpg.DiskFullError("full"),
        asyncpg.DeadlockDetectedError("deadlock"),
        asyncpg.SerializationError("again"),
        asyncpg.QueryCanceledError("statement timeout"),
        asyncpg.LockNotAvailableError("lock timeout"),
        asyncpg.ReadOnlySQLTransactionError("standby"),
        asyncpg.InterfaceError("connection is closed"),
        asyncpg.InvalidPasswordError("not yet"),
    ],
)
def test_what_will_pass_is_the_database_being_away(error: Exception) -> None:
    """Wait and count no attempt; the message never holds a value."""
    with pytest.raises(DatabaseAway) as away, translated():
        raise error

    assert away.value.partner == "database"
    assert away.value.__cause__ is error
    assert away.value.reason == f"database: {type(error).__name__}"


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.UniqueViolationError("duplicate key"),
        asyncpg.CheckViolationError("check"),
        asyncpg.UndefinedTableError("no such table"),
        asyncpg.DataError("invalid input for query argument $1"),
        asyncpg.InsufficientPrivilegeError("permission denied"),
        ValueError("ours"),
    ],
)
def test_what_would_fail_the_same_way_again_stays_what_it_is(error: Exception) -> None:
    """Waiting would wait for ever."""
    with pytest.raises(type(error)), translated():
        raise error


def test_money_is_text_in_json() -> None:
    """A float would round it; a plain number keeps its cents."""
    text = to_json({"amount": Decimal("1011.00"), "large": Decimal("1E+3")})

    assert orjson.loads(text) == {"amount": "1011.00", "large": "1000"}


def test_what_is_no_json_is_refused() -> None:
    """An object that would be stored as its repr is a bug."""
    with pytest.raises(TypeError):
        to_json({"x": object()})
