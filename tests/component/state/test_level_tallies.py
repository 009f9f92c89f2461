"""How stock figures agree: what KeyCRM showed since we last sent, against what VMS has."""

from __future__ import annotations

from libs.runtime.database import Connection
from libs.state import flows, levels, tallies
from libs.state.causes import Cause
from libs.state.levels import Kind
from libs.state.tallies import Subject, Tally
from tests.component.state.shelf import SKU, see, take, want
from tests.component.state.world import NOW, at


async def stock(conn: Connection) -> Tally:
    """The tally of stock."""
    return next(tally for tally in await tallies.all_tallies(conn, NOW) if tally.subject is Subject.STOCK)


async def settled(conn: Connection) -> None:
    """Five were sent."""
    await want(conn, 5, 0)
    await levels.finish(conn, await take(conn, 0), at(0))


async def test_what_was_sent_is_not_compared_before_it_was_seen(conn: Connection) -> None:
    """A belief is no look."""
    await settled(conn)
    assert await stock(conn) == Tally(Subject.STOCK, known=1, compared=0, suspects=0)

    await see(conn, 5, 10)
    assert await stock(conn) == Tally(Subject.STOCK, known=1, compared=1, suspects=0, oldest_at=at(10))


async def test_another_figure_differs_while_it_waits(conn: Connection) -> None:
    """KeyCRM changed it by itself; VMS's event or our sending ends it."""
    await settled(conn)
    await see(conn, 4, 10)

    tally = await stock(conn)
    assert tally.differing == {Cause.WAITING: 1}
    [row] = await tallies.unlike_levels(conn, Kind.STOCK)
    assert (row.sku, row.warehouse, row.vms, row.keycrm, row.cause) == (SKU, "main", "5", "4", Cause.WAITING)
    assert await tallies.unlike_levels(conn, Kind.STOCK, after=(SKU, "main")) == ()
    assert await tallies.unlike_levels(conn, Kind.PRICE) == ()


async def test_a_stopped_flow_and_a_refused_figure_are_told(conn: Connection) -> None:
    """Each by its own name."""
    await settled(conn)
    await see(conn, 4, 10)
    await flows.stop(conn, "stock.to_keycrm", "too many", {}, "guard", NOW)
    assert (await stock(conn)).differing == {Cause.STOPPED: 1}

    await flows.resume(conn, "stock.to_keycrm", "Петро", NOW)
    await levels.give_up(conn, await take(conn, 70), "no such SKU", at(71))
    assert (await stock(conn)).differing == {Cause.DEAD_LETTER: 1}


async def test_a_figure_that_keycrm_rounds_is_the_same(conn: Connection) -> None:
    """It made 3 of 2.5; from then on that is its figure of it."""
    await want(conn, "2.5", 0)
    await levels.finish(conn, await take(conn, 0), at(0))
    await conn.execute("UPDATE stock_level SET keycrm_figure = 3, figure_seen_at = $1", at(5))

    assert (await stock(conn)).differs == 0
