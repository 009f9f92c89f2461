"""How far a comparison has got: one process has a pass in hand, people ask for one, an operation follows it."""

from __future__ import annotations

import uuid
from uuid import UUID

from libs.runtime.database import Connection
from libs.state import comparison_passes, operations
from libs.state.comparison_passes import REST, SUBJECTS, Pass
from libs.state.operations import Operation
from tests.component.state.world import NOW, at

ONE, OTHER = uuid.uuid4(), uuid.uuid4()


async def order(conn: Connection) -> Pass:
    """The pass over orders as it stands."""
    return (await comparison_passes.all_passes(conn))[0]


async def begun(conn: Connection, seconds: float = 0, subject: str = "order") -> None:
    """A pass has begun."""
    assert await comparison_passes.hold(conn, subject, ONE, at(seconds), 60) is not None
    await comparison_passes.begin(conn, subject, ONE, at(seconds))


async def asked(conn: Connection, seconds: float, total: int = 10) -> UUID:
    """Somebody asks; answers the operation to follow."""
    number = uuid.uuid4()
    async with conn.transaction():
        await operations.begin(conn, Operation(number, "compare", "Оксана", total=total), at(seconds))
        return await comparison_passes.ask(conn, number, at(seconds))


async def test_every_subject_waits_for_its_first_pass(conn: Connection) -> None:
    """Nothing was ever compared."""
    passes = await comparison_passes.all_passes(conn)

    assert [one.subject for one in passes] == list(SUBJECTS)
    assert not any(one.is_running or one.is_asked for one in passes)
    assert all(one.begins(NOW) for one in passes)


async def test_a_pass_is_in_one_process_s_hands(conn: Connection) -> None:
    """Until it lets go, or its time is over."""
    assert await comparison_passes.hold(conn, "order", ONE, at(0), 60) is not None

    assert await comparison_passes.hold(conn, "order", OTHER, at(59), 60) is None
    assert await comparison_passes.hold(conn, "order", ONE, at(59), 60) is not None
    assert await comparison_passes.hold(conn, "order", OTHER, at(119), 60) is not None
    assert not await comparison_passes.move(conn, "order", ONE, {"page": 2})

    await comparison_passes.release(conn, OTHER)
    assert await comparison_passes.hold(conn, "order", ONE, at(120), 60) is not None


async def test_a_pass_goes_on_where_it_stood_and_ends(conn: Connection) -> None:
    """After a restart too; when it ends, all that was there when it began has been compared."""
    await begun(conn)
    assert await comparison_passes.move(conn, "order", ONE, {"page": 2})
    assert (await order(conn)).cursor == {"page": 2}
    assert (await order(conn)).is_running

    await comparison_passes.end(conn, "order", ONE, at(50))

    this = await order(conn)
    assert (this.is_running, this.whole_since, this.cursor) == (False, at(0), {})


async def test_a_new_pass_begins_after_a_rest(conn: Connection) -> None:
    """Counted from the last one's beginning; never while one runs."""
    await begun(conn)
    assert not (await order(conn)).begins(at(REST.total_seconds() + 1))

    await comparison_passes.end(conn, "order", ONE, at(50))

    assert not (await order(conn)).begins(at(REST.total_seconds() - 1))
    assert (await order(conn)).begins(at(REST.total_seconds()))


async def test_who_asks_has_all_subjects_begin_anew(conn: Connection) -> None:
    """Also what runs just now: it may have passed what the person changed."""
    await begun(conn)

    number = await asked(conn, 5)

    passes = await comparison_passes.all_passes(conn)
    assert {one.operation_id for one in passes} == {number}
    assert all(one.is_asked and one.begins(at(6)) for one in passes)
    await begun(conn, 6)
    assert (await order(conn)).is_asked
    assert not (await order(conn)).begins(at(7))
    await comparison_passes.end(conn, "order", ONE, at(8))
    assert not (await order(conn)).is_asked


async def test_a_second_person_follows_the_first_one_s_operation(conn: Connection) -> None:
    """One comparison serves both."""
    first = await asked(conn, 5)

    assert await asked(conn, 6) == first


async def test_an_operation_ends_with_the_last_subject(conn: Connection) -> None:
    """Its progress is never more than all; asked for again, it is another."""
    number = await asked(conn, 5)
    for subject in SUBJECTS:
        assert not await comparison_passes.conclude(conn, number, {}, at(9))
        await begun(conn, 6, subject)
        await comparison_passes.advance(conn, number, 4)
        await comparison_passes.end(conn, subject, ONE, at(8))
    followed = await operations.get(conn, number)
    assert followed is not None
    assert (followed.status, followed.done, followed.total) == ("running", 10, 10)

    assert await comparison_passes.conclude(conn, number, {"compared": 10, "differs": 0}, at(9))

    ended = await operations.get(conn, number)
    assert ended is not None
    assert (ended.status, ended.outcome, ended.finished_at) == ("done", {"compared": 10, "differs": 0}, at(9))
    assert not await comparison_passes.conclude(conn, number, {}, at(10))
    assert await asked(conn, 11) != number
