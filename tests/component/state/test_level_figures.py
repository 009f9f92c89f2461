"""KeyCRM's own figures: they wait for VMS's event, a rounded one is no drift, an old read is not believed (rule 30)."""

from __future__ import annotations

from decimal import Decimal

from libs.runtime.database import Connection
from libs.state import level_figures, levels
from libs.state.level_figures import Figure
from libs.state.levels import Kind
from tests.component.state.shelf import SETTLE_SECONDS, SKU, see, take, want
from tests.component.state.world import at


async def test_keycrms_own_figure_waits_for_vms_and_is_then_overwritten(conn: Connection) -> None:
    """Rule 30: the write-off on shipment is not undone for a minute; a person's edit is, after it."""
    await want(conn, 5, 0)
    await levels.finish(conn, await take(conn, 0), at(0))
    assert await see(conn, 4, 10) == 1
    assert await take(conn, 69) == ()

    assert [level.value for level in await take(conn, 70)] == [5]


async def test_each_new_figure_restarts_the_wait(conn: Connection) -> None:
    """Rule 30: a shop that ships all day is not interrupted in the middle of it."""
    await want(conn, 5, 0)
    await levels.finish(conn, await take(conn, 0), at(0))
    await see(conn, 4, 10)
    assert await see(conn, 4, 40) == 0
    assert await see(conn, 3, 60) == 1
    assert await take(conn, 119) == ()

    assert len(await take(conn, 120)) == 1


async def test_vms_own_event_ends_the_wait_without_a_call(conn: Connection) -> None:
    """The write-off arrives in VMS too: both say 4, nothing is sent."""
    await want(conn, 5, 0)
    await levels.finish(conn, await take(conn, 0), at(0))
    await see(conn, 4, 10)
    assert await want(conn, 4, 12) == 0

    assert await take(conn, 1000) == ()


async def test_another_value_of_vms_ends_the_wait_with_a_call(conn: Connection) -> None:
    """VMS has spoken: there is nothing to wait for."""
    await want(conn, 5, 0)
    await levels.finish(conn, await take(conn, 0), at(0))
    await see(conn, 4, 10)
    assert await want(conn, 3, 12) == 1

    assert [level.value for level in await take(conn, 12)] == [3]


async def test_a_figure_that_came_back_ends_the_wait(conn: Connection) -> None:
    """Somebody put it right by hand."""
    await want(conn, 5, 0)
    await levels.finish(conn, await take(conn, 0), at(0))
    await see(conn, 4, 10)
    await see(conn, 5, 20)

    assert await take(conn, 1000) == ()


async def test_a_figure_read_before_our_send_is_not_believed(conn: Connection) -> None:
    """A slow listing began before the PUT: what it shows is the past. What is on its way is not judged at all."""
    await want(conn, 5, 0)
    await levels.finish(conn, await take(conn, 0), at(10))
    old = [Figure(SKU, "main", Decimal(9), at(9))]
    assert await level_figures.see(conn, Kind.STOCK, old, at(11), SETTLE_SECONDS) == 0
    await want(conn, 4, 12)
    batch = await take(conn, 12)
    assert await see(conn, 5, 13) == 0
    await levels.finish(conn, batch, at(14))

    assert await take(conn, 1000) == ()


async def test_a_figure_equal_to_what_is_due_saves_the_call(conn: Connection) -> None:
    """KeyCRM has the wanted figure already."""
    await want(conn, 5, 0)
    await see(conn, 5, 1)

    assert await take(conn, 2) == ()


async def test_figures_of_unknown_skus_change_nothing(conn: Connection) -> None:
    """What VMS never told is unknown, and unknown is never written."""
    assert await see(conn, 4, 0) == 0
    assert await level_figures.page(conn, Kind.STOCK) == ()


async def test_a_figure_that_comes_back_rounded_is_no_drift(conn: Connection) -> None:
    """The first look after the send tells what KeyCRM makes of it; from then on that figure must not move."""
    await want(conn, "12.345", 0)
    await levels.finish(conn, await take(conn, 1), at(1))

    for seconds in (2, 3):
        seen = Figure(SKU, "main", Decimal("12.35"), at(seconds))
        assert await level_figures.see(conn, Kind.STOCK, [seen], at(seconds), SETTLE_SECONDS) == 0
    assert await take(conn, 100) == ()

    assert await see(conn, 12, 101) == 1, "a person's edit is one, though it is a rounding too"
    assert [level.value for level in await take(conn, 161)] == [Decimal("12.345")]


async def test_a_figure_that_is_edited_to_a_rounding_later_drifts(conn: Connection) -> None:
    """Only the first look after the send can tell what KeyCRM made of it."""
    await want(conn, "99.9", 0)
    await levels.finish(conn, await take(conn, 1), at(1))
    seen = Figure(SKU, "main", Decimal("99.90"), at(2))
    await level_figures.see(conn, Kind.STOCK, [seen], at(2), SETTLE_SECONDS)

    assert await see(conn, 100, 3) == 1
