"""What looks at both sides are kept as: a difference counts at the second look, and why it stands is told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from libs.contracts.types import Entity, Lane, Side
from libs.runtime.database import Connection
from libs.state import comparisons, flows, tallies
from libs.state.causes import Cause
from libs.state.comparisons import AGAIN, Found
from libs.state.due import MarkBinding, make_due
from libs.state.tallies import Compared, Subject, Tally
from tests.component.state.world import NOW, at

STATUS = {"field": "status", "vms": 3, "keycrm": 1}
COMMENT = {"field": "manager_comment", "vms": "а", "keycrm": None}
SECOND = AGAIN.total_seconds()


async def bound(conn: Connection, keycrm_id: int = 7, entity: Entity = Entity.ORDER) -> int:
    """A record that both sides have."""
    number: int = await conn.fetchval(
        """INSERT INTO binding (entity, vms_id, keycrm_id, status, created_at, updated_at)
           VALUES ($1, $2, $3, 'synced', $4, $4) RETURNING id""",
        entity, f"v{keycrm_id}", keycrm_id, NOW,
    )  # fmt: skip
    return number


async def look(conn: Connection, number: int, seconds: float, *shown: Any, is_close: bool = True) -> bool:
    """A look at that moment; answers whether the record now counts as different."""
    found = Found(number, Entity.ORDER, shown)
    return number in await comparisons.note(conn, [found], at(seconds), is_close=is_close)


async def differing(conn: Connection, number: int) -> int:
    """A record that differs at two looks; answers its number."""
    await look(conn, number, 0, STATUS)
    assert await look(conn, number, SECOND, STATUS)
    return number


async def cause(conn: Connection, number: int) -> Cause:
    """Why it differs."""
    seen = await tallies.of(conn, number, at(SECOND))
    assert seen is not None
    assert seen.unlike is not None
    return seen.unlike.cause


async def of(conn: Connection, subject: Subject = Subject.ORDER) -> Tally:
    """One subject's tally."""
    return next(tally for tally in await tallies.all_tallies(conn, at(SECOND)) if tally.subject is subject)


async def test_a_record_that_shows_the_same_is_compared_and_no_more(conn: Connection) -> None:
    """Counted, dated, not listed."""
    number = await bound(conn)

    assert not await look(conn, number, 5)

    assert await of(conn) == Tally(Subject.ORDER, known=1, compared=1, suspects=0, oldest_at=at(5))
    assert await tallies.unlike(conn, at(5)) == ()
    assert await tallies.of(conn, number, at(5)) == Compared(at(5), is_suspect=False, unlike=None)


async def test_one_look_only_raises_a_suspicion(conn: Connection) -> None:
    """It is no difference yet, and is looked at again in half a minute."""
    number = await bound(conn)

    assert not await look(conn, number, 0, STATUS)

    tally = await of(conn)
    assert (tally.suspects, tally.differs) == (1, 0)
    assert await tallies.of(conn, number, at(5)) == Compared(at(0), is_suspect=True, unlike=None)
    assert await comparisons.to_look_at_again(conn, at(SECOND - 1), 5) == ()
    assert await comparisons.to_look_at_again(conn, at(SECOND), 5) == (number,)


async def test_a_second_look_that_shows_the_very_same_confirms_it(conn: Connection) -> None:
    """With both values, since the first look."""
    number = await differing(conn, await bound(conn))

    [row] = await tallies.unlike(conn, at(SECOND))
    assert (row.binding_id, row.since, row.compared_at) == (number, at(0), at(SECOND))
    assert row.differences == (STATUS,)
    assert (await of(conn)).ratio == 1.0


@pytest.mark.parametrize(
    ("seconds", "shown", "is_close"),
    [
        (SECOND - 1, (STATUS,), True),  # too soon: a change may still be on its way
        (SECOND, (COMMENT,), True),  # another difference: what was seen first has gone across
        (SECOND, (STATUS | {"keycrm": 4},), True),  # another value
        (SECOND, (STATUS,), False),  # a list may lag behind its records
    ],
)
async def test_nothing_else_confirms_it(
    conn: Connection, seconds: float, shown: tuple[Any, ...], is_close: bool
) -> None:
    """Too soon, another difference, another value, a row of a list."""
    number = await bound(conn)
    await look(conn, number, 0, STATUS)

    assert not await look(conn, number, seconds, *shown, is_close=is_close)
    assert (await of(conn)).suspects == 1


async def test_a_list_takes_nothing_back_from_a_close_look(conn: Connection) -> None:
    """What was confirmed stays confirmed while a list shows it too."""
    number = await differing(conn, await bound(conn))

    assert await look(conn, number, 90, STATUS, is_close=False)


async def test_a_look_that_shows_the_same_ends_it(conn: Connection) -> None:
    """And the next difference begins anew."""
    number = await differing(conn, await bound(conn))

    assert not await look(conn, number, 90)
    assert (await of(conn)).differs == 0
    assert not await look(conn, number, 120, STATUS)


async def test_an_older_look_changes_nothing(conn: Connection) -> None:
    """Two processes may look; the newest look is the one that counts."""
    number = await bound(conn)
    await look(conn, number, 50)

    await look(conn, number, 0, STATUS)

    assert (await of(conn)).suspects == 0


async def test_looks_grow_rarer_while_it_lasts(conn: Connection) -> None:
    """As long again as it has stood, up to a quarter of an hour; one that cannot be read waits a minute."""
    number = await differing(conn, await bound(conn))
    assert await comparisons.to_look_at_again(conn, at(2 * SECOND), 5) == (number,)

    await look(conn, number, 3600, STATUS)
    assert await comparisons.to_look_at_again(conn, at(3600 + 899), 5) == ()
    assert await comparisons.to_look_at_again(conn, at(3600 + 900), 5) == (number,)

    assert await comparisons.to_look_at_again(conn, at(4559), 5) == ()
    assert await comparisons.to_look_at_again(conn, at(4560), 5) == (number,)


async def test_a_suspect_is_taken_by_one_process(conn: Connection) -> None:
    """Two of them would spend its call twice; whoever took it and died holds it for a minute."""
    await look(conn, await bound(conn), 0, STATUS)

    assert len(await comparisons.to_look_at_again(conn, at(SECOND), 5)) == 1
    assert await comparisons.to_look_at_again(conn, at(SECOND + 59), 5) == ()
    assert len(await comparisons.to_look_at_again(conn, at(SECOND + 60), 5)) == 1


async def test_a_record_that_is_no_more_is_left_out(conn: Connection) -> None:
    """Its binding went into another between the look and its record."""
    assert not await look(conn, 4711, 0, STATUS)
    assert (await of(conn)).compared == 0


async def test_an_open_question_explains_its_own_field(conn: Connection) -> None:
    """A second field that differs is not what the question is about."""
    number = await differing(conn, await bound(conn))
    assert await cause(conn, number) is Cause.NOTHING
    await conn.execute(
        "INSERT INTO conflict (binding_id, entity, field, reason, opened_at, refreshed_at) "
        "VALUES ($1, 'order', 'status', 'both_changed', $2, $2)", number, NOW,
    )  # fmt: skip
    assert await cause(conn, number) is Cause.QUESTION

    await look(conn, number, 90, STATUS, COMMENT)
    await look(conn, number, 90 + SECOND, STATUS, COMMENT)

    assert await cause(conn, number) is Cause.NOTHING


async def test_work_that_is_due_put_aside_or_stopped_explains_it(conn: Connection) -> None:
    """Each by its own name; a flow that stands explains only what waits for it."""
    number = await differing(conn, await bound(conn))
    await flows.stop(conn, "order.to_keycrm", "too many", {}, "guard", NOW)
    assert await cause(conn, number) is Cause.NOTHING

    await make_due(conn, [MarkBinding(number, (Side.VMS,), Lane.ORDER)], NOW)
    assert await cause(conn, number) is Cause.WAITING
    await make_due(conn, [MarkBinding(number, (Side.KEYCRM,), Lane.ORDER)], NOW)
    assert await cause(conn, number) is Cause.STOPPED
    await conn.execute("UPDATE work_item SET parked_vms = 'permanent', parked_at_vms = $1", NOW)
    assert await cause(conn, number) is Cause.DEAD_LETTER


async def test_an_item_in_hand_explains_it_until_its_lease_ends(conn: Connection) -> None:
    """A worker that died explains nothing."""
    number = await differing(conn, await bound(conn))
    await conn.execute(
        "INSERT INTO work_item (binding_id, entity, lane, lease_token, lease_side, lease_until) "
        "VALUES ($1, 'order', 1, gen_random_uuid(), 'vms', $2)", number, at(SECOND + 1),
    )  # fmt: skip

    assert await cause(conn, number) is Cause.WAITING
    assert (await tallies.unlike(conn, at(SECOND + 2)))[0].cause is Cause.NOTHING


async def test_what_nothing_explains_is_mended_once(conn: Connection) -> None:
    """Answered once for as long as it stands; what a question explains is left to the person."""
    number, other = await bound(conn), await bound(conn, 8)
    await differing(conn, number)
    await differing(conn, other)
    await make_due(conn, [MarkBinding(other, (Side.VMS,), Lane.ORDER)], NOW)

    assert await comparisons.mend(conn, [number, other], at(40)) == (number,)
    assert await comparisons.mend(conn, [number, other], at(41)) == ()

    await look(conn, number, 90)
    await look(conn, number, 100, STATUS)
    assert await look(conn, number, 100 + SECOND, STATUS)
    assert await comparisons.mend(conn, [number], at(140)) == (number,)


async def test_what_a_pass_left_out_is_found_page_by_page(conn: Connection) -> None:
    """Bound records of that entity that nobody looked at since it began."""
    numbers = [await bound(conn, n) for n in range(1, 5)]
    await conn.execute("UPDATE binding SET keycrm_id = NULL WHERE id = $1", numbers[0])
    await look(conn, numbers[1], -10)
    await look(conn, numbers[2], 10)

    assert await comparisons.left_out(conn, Entity.ORDER, NOW, 0, 1) == (numbers[1],)
    assert await comparisons.left_out(conn, Entity.ORDER, NOW, numbers[1], 5) == (numbers[3],)
    assert await comparisons.left_out(conn, Entity.CUSTOMER, NOW, 0, 5) == ()


async def test_differences_are_listed_from_the_oldest_on(conn: Connection) -> None:
    """Page by page, by since and number."""
    numbers = [await differing(conn, await bound(conn, n)) for n in range(1, 4)]

    first = await tallies.unlike(conn, at(SECOND), limit=2)
    rest = await tallies.unlike(conn, at(SECOND), after=(first[-1].since, first[-1].binding_id))

    assert [row.binding_id for row in (*first, *rest)] == numbers
    assert timedelta() == first[1].since - first[0].since
