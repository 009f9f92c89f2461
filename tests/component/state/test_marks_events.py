"""What marks tell of VMS's events: the newest counts, one change told twice is one, looks wait to be folded in."""

from __future__ import annotations

from libs.contracts.types import Entity, Lane, Side
from libs.runtime.database import Connection, Database
from libs.state import marks
from libs.state.marks import Mark
from tests.component.state.world import NOW, binding_of, claim, event, finish, is_claimable, item_row, mark


async def test_one_change_told_twice_is_worked_once(conn: Connection, database: Database) -> None:
    """VMS tells a change once for each aspect of it: same time, same body, another id. The second says nothing new."""
    await mark(conn, "guid-1", event=event("e1", 10, orderStatus=4))
    await finish(database, await claim(conn, Side.KEYCRM), NOW)

    again = await mark(conn, "guid-1", event=event("e2", 10, orderStatus=4))

    assert (again.is_due, again.versions) == (False, {})
    assert not await is_claimable(conn, Side.KEYCRM)
    assert (await binding_of(conn, again.binding_id)).vms_event_id == "e2"


async def test_the_same_time_with_another_body_is_worked(conn: Connection, database: Database) -> None:
    """Rule 15: two changes within VMS's own precision are two."""
    await mark(conn, "guid-1", event=event("e1", 10, orderStatus=4))
    await finish(database, await claim(conn, Side.KEYCRM), NOW)

    again = await mark(conn, "guid-1", event=event("e2", 10, orderStatus=5))

    assert again.is_due
    assert await is_claimable(conn, Side.KEYCRM)


async def test_a_run_of_events_that_show_the_same_is_kept_by_its_ends(conn: Connection) -> None:
    """An article sold piece by piece tells its name a thousand times; since when and until when is what counts."""
    marked = await mark(conn, "7", entity=Entity.ARTICLE, event=event("e0", 0, name="old"))
    for number in range(1, 6):
        shown = event(f"e{number}", number, name="new")
        await mark(conn, "7", entity=Entity.ARTICLE, due=(), event=shown)

    kept = [row["event_id"] for row in (await binding_of(conn, marked.binding_id)).events]
    assert kept == ["e0", "e1", "e5"]


async def test_a_run_within_one_batch_is_kept_by_its_ends(conn: Connection) -> None:
    """The same, told in one batch."""
    told = [event("e0", 0, name="old"), *(event(f"e{number}", number, name="new") for number in range(1, 6))]
    async with conn.transaction():
        batch = [Mark(Entity.ARTICLE, Side.VMS, "7", (), Lane.CATALOGUE, event=one) for one in told]
        marked = await marks.mark(conn, batch, NOW)

    kept = [row["event_id"] for row in (await binding_of(conn, marked[0].binding_id)).events]
    assert kept == ["e0", "e1", "e5"]


async def test_an_older_event_changes_nothing(conn: Connection) -> None:
    """Rule 15: a backup restored in VMS replays old events over new ones."""
    marked = await mark(conn, "guid-1", event=event("e2", 20, orderStatus=4))
    old = await mark(conn, "guid-1", event=event("e1", 10, orderStatus=1))

    binding = await binding_of(conn, marked.binding_id)
    assert not old.is_due
    assert old.versions == {}
    assert binding.vms_event_id == "e2"
    assert [row["event_id"] for row in binding.events] == ["e2"]
    assert (await item_row(conn, marked.binding_id))["version_keycrm"] == 1


async def test_a_redelivered_event_makes_nothing_due(conn: Connection, database: Database) -> None:
    """At least once on the topic is once in effect: the very same event again is no news."""
    await mark(conn, "guid-1", event=event("e1", 10))
    await finish(database, await claim(conn, Side.KEYCRM))

    again = await mark(conn, "guid-1", event=event("e1", 10))

    assert not again.is_due
    assert not await is_claimable(conn, Side.KEYCRM)


async def test_the_same_time_with_a_new_id_is_applied(conn: Connection) -> None:
    """Rule 15: times of one second hold two changes; the later arrival counts."""
    await mark(conn, "guid-1", event=event("e1", 10, orderStatus=3))
    marked = await mark(conn, "guid-1", event=event("e2", 10, orderStatus=4))

    binding = await binding_of(conn, marked.binding_id)
    assert marked.is_due
    assert binding.vms_event is not None
    assert binding.vms_event["orderStatus"] == 4


async def test_what_every_event_of_a_batch_showed_is_kept_until_a_worker_folds_it_in(conn: Connection) -> None:
    """Rule 13: both events are consumed before a worker looks; the one in the middle is not lost."""
    both = [event("e1", 10, orderStatus=3), event("e2", 11, orderStatus=4)]
    async with conn.transaction():
        marked = await marks.mark(
            conn, [Mark(Entity.ORDER, Side.VMS, "guid-1", (Side.KEYCRM,), Lane.ORDER, event=one) for one in both], NOW
        )

    binding = await binding_of(conn, marked[0].binding_id)
    assert [row["look"]["image"]["orderStatus"] for row in binding.events] == [3, 4]
    assert binding.vms_event_id == "e2"


async def test_events_that_nobody_folds_in_do_not_grow_for_ever(conn: Connection) -> None:
    """A binding that waits for a person keeps its fifty newest events, in order."""
    for number in range(60):
        marked = await mark(conn, "guid-1", event=event(f"e{number}", number, orderStatus=number))

    binding = await binding_of(conn, marked.binding_id)
    assert [row["event_id"] for row in binding.events] == [f"e{number}" for number in range(10, 60)]
