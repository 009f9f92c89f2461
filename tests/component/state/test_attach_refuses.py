"""Attaching refuses: clashes, a half that is creating, a busy binding, a lost lease (rules 20–22)."""

from __future__ import annotations

import pytest

from libs.contracts.types import Entity, Side
from libs.runtime.database import Connection, Database
from libs.runtime.errors import LeaseLost
from libs.state import (
    attach,
    bindings,
)
from libs.state.bindings import Change, Status
from libs.state.errors import BindingBusy, IdentityClash
from tests.component.state.world import (
    NOW,
    at,
    bind,
    binding_of,
    claim,
    finish,
    join,
    mark,
)


async def test_attaching_fences_the_halfs_worker(conn: Connection, database: Database) -> None:
    """A worker that is busy with the half records nothing any more."""
    await mark(conn, "guid-1")
    item = await claim(conn, Side.KEYCRM)
    half = await mark(conn, 5)
    of_half = await claim(conn, Side.VMS)
    assert of_half.binding_id == half.binding_id
    await bind(database, item, Side.KEYCRM, 5)

    with pytest.raises(LeaseLost):
        await finish(database, of_half)
    with pytest.raises(LeaseLost):
        async with database.transaction() as one:
            await bindings.save(one, of_half, Change(error="mine"), NOW)


async def test_attaching_comes_again_while_another_worker_holds_the_binding(
    conn: Connection, database: Database
) -> None:
    """Rule 21: the creator is busy with its binding; the half waits for its lease's end."""
    into = await mark(conn, "guid-1")
    creator = await claim(conn, Side.KEYCRM, lease_seconds=60)
    half = await mark(conn, 5)
    item = await claim(conn, Side.VMS)

    with pytest.raises(BindingBusy) as refused:
        await join(database, item, half.binding_id, into.binding_id)
    assert refused.value.until == creator.lease_until
    assert await conn.fetchval("SELECT count(*) FROM binding") == 2

    await finish(database, creator)
    attached = await join(database, item, half.binding_id, into.binding_id, at(1))
    assert attached.binding.is_bound


async def test_a_half_that_is_creating_is_never_taken_in(conn: Connection, database: Database) -> None:
    """Its create may land: a question, not a guess."""
    into = await mark(conn, "guid-1")
    half = await mark(conn, 5)
    of_half = await claim(conn, Side.VMS)
    async with database.transaction() as one:
        await bindings.save(one, of_half, Change(status=Status.CREATING, reference="KC-5"), NOW)
    item = await claim(conn, Side.KEYCRM)

    with pytest.raises(IdentityClash):
        await bind(database, item, Side.KEYCRM, 5)
    assert not (await binding_of(conn, into.binding_id)).is_bound
    assert (await binding_of(conn, half.binding_id)).status is Status.CREATING


async def test_two_ids_of_one_side_are_a_clash(conn: Connection, database: Database) -> None:
    """A second VMS order with the same KC- number, a second KeyCRM order with our uuid: nothing is changed."""
    await mark(conn, "guid-1")
    item = await claim(conn, Side.KEYCRM)
    await bind(database, item, Side.KEYCRM, 5)
    other = await mark(conn, 6)

    with pytest.raises(IdentityClash):
        await bind(database, item, Side.KEYCRM, 6)
    with pytest.raises(IdentityClash):
        await join(database, item, other.binding_id, item.binding_id)
    assert (await binding_of(conn, item.binding_id)).keycrm_id == 5


async def test_bindings_of_two_entities_are_a_clash(conn: Connection, database: Database) -> None:
    """An order is not a customer, whatever their numbers."""
    order = await mark(conn, "guid-1")
    customer = await mark(conn, 5, entity=Entity.CUSTOMER)
    item = await claim(conn, Side.KEYCRM)

    with pytest.raises(IdentityClash):
        await join(database, item, customer.binding_id, order.binding_id)


async def test_a_buyer_merged_into_one_of_another_customer_is_a_clash(conn: Connection, database: Database) -> None:
    """Two VMS customers would share one buyer: a person decides."""
    numbers = []
    for vms_id, keycrm_id in (("41", 7), ("42", 9)):
        marked = await mark(conn, vms_id, entity=Entity.CUSTOMER)
        item = await claim(conn, Side.KEYCRM)
        await bind(database, item, Side.KEYCRM, keycrm_id)
        numbers.append(marked.binding_id)

    with pytest.raises(IdentityClash) as refused:
        async with database.transaction() as one:
            await attach.rebind(one, item, Side.KEYCRM, 7, NOW)
    assert set(refused.value.binding_ids) == set(numbers)


async def test_binding_late_in_a_transaction_is_a_mistake_that_shows(conn: Connection, database: Database) -> None:
    """Marks wait for rows and bind waits for marks: the order is enforced, so the circle cannot be written."""
    await mark(conn, "guid-1")
    item = await claim(conn, Side.KEYCRM)

    async with database.transaction() as one:
        await bindings.save(one, item, Change(error="x"), NOW)
        with pytest.raises(RuntimeError, match="first in their transaction"):
            await attach.bind(one, item, Side.KEYCRM, 5, NOW)


async def test_a_lost_lease_binds_nothing(conn: Connection, database: Database) -> None:
    """A stalled creator that comes back late does not bind what another has settled."""
    await mark(conn, "guid-1")
    item = await claim(conn, Side.KEYCRM, lease_seconds=30)

    with pytest.raises(LeaseLost):
        await bind(database, item, Side.KEYCRM, 5, at(31))
