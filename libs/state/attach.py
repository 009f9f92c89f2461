"""Joining: a binding gets its other id, and a half that carries that id becomes part of it (rules 20–22).

Safe because everything happens in one transaction that no mark runs beside (`turnstile.alone`), with both bindings and
both work items locked by ascending id; the half's row is deleted, so whatever its worker still records matches no row;
and sleepers wake in the same transaction. Refuses while another worker holds the binding to attach to (`BindingBusy`)
and never guesses between two ids of one side (`IdentityClash`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from libs.contracts.types import Side
from libs.runtime.database import Connection
from libs.runtime.work import WorkItem
from libs.state import bindings, leases, sleepers, turnstile
from libs.state.belongings import merge_items, move
from libs.state.bindings import Binding, Status, column_of
from libs.state.errors import BindingBusy, IdentityClash


@dataclass(frozen=True, slots=True)
class Attached:
    """The binding that remains, the half as it was, and whether the caller's item went with the half."""

    binding: Binding
    half: Binding
    is_item_gone: bool


async def bind(conn: Connection, item: WorkItem, side: Side, external_id: str | int, now: datetime) -> Binding:
    """Give the item's binding its id on that side; a half that has the id is attached. First in its transaction.

    Raises:
        LeaseLost: the item is no longer ours.
        BindingBusy: the half was claimed by a worker that is creating something from it.
        IdentityClash: the binding, or the id, already belongs to something else.
    """
    await turnstile.alone(conn)
    await leases.hold(conn, item, now)
    own = await _existing(conn, item.binding_id)
    if str(own.id_on(side)) == str(external_id):
        return own
    if own.id_on(side) is not None:
        raise IdentityClash(f"{own.entity} binding {own.id} already has another {side} id", (own.id,))
    other = await bindings.find(conn, own.entity, side, external_id)
    if other is None:
        return await _give_id(conn, own, side, external_id, now)
    if other.id == own.id:
        return own
    return (await attach(conn, item, other.id, own.id, now)).binding


async def attach(
    conn: Connection, item: WorkItem, half_id: int, into_id: int, now: datetime, *, is_merge: bool = False
) -> Attached:
    """Make the half part of `into`; `item` holds one of the two. First in its transaction.

    With `is_merge` both may have an id of the same side: the half's becomes an alias.

    Raises:
        LeaseLost: the item is no longer ours.
        BindingBusy: another worker holds `into`.
        IdentityClash: both have an id of one side, or the half is itself creating.
    """
    await turnstile.alone(conn)
    await _lock(conn, half_id, into_id)
    await leases.hold(conn, item, now)
    half, into = await _existing(conn, half_id), await _existing(conn, into_id)
    await _refuse_clash(half, into, is_merge)
    await _refuse_busy(conn, item, into, now)
    clashing = [side for side in Side if half.id_on(side) is not None and into.id_on(side) is not None]
    await merge_items(conn, half_id, into_id, now)
    await move(conn, half, into, now)
    for side in clashing:
        await add_alias(conn, into, side, _known(half, side), now)
    for side in Side:
        if side not in clashing and half.id_on(side) is not None:
            await _give_id(conn, into, side, _known(half, side), now)
    await sleepers.wake(conn, into_id, now)
    return Attached(await _existing(conn, into_id), half, is_item_gone=item.binding_id == half_id)


async def rebind(conn: Connection, item: WorkItem, side: Side, external_id: str | int, now: datetime) -> Binding:
    """The record has another id now (buyers merged in KeyCRM): the old id becomes an alias. First in its transaction.

    Raises:
        LeaseLost, BindingBusy: as `attach`.
        IdentityClash: the new id belongs to a binding that has its own record on the other side.
    """
    await turnstile.alone(conn)
    await leases.hold(conn, item, now)
    own = await _existing(conn, item.binding_id)
    old = own.id_on(side)
    if str(old) == str(external_id):
        return own
    other = await bindings.find(conn, own.entity, side, external_id)
    if other and other.id != own.id:
        if other.id_on(side.other) is not None:
            raise IdentityClash(f"{side} id {external_id} belongs to binding {other.id}", (own.id, other.id))
        await attach(conn, item, other.id, own.id, now, is_merge=True)
    await _release_alias(conn, own, side, external_id)
    if old is not None:
        await add_alias(conn, own, side, old, now)
    return await _give_id(conn, own, side, external_id, now)


async def add_alias(conn: Connection, binding: Binding, side: Side, external_id: str | int, now: datetime) -> None:
    """Another id of the same record, which has no binding of its own."""
    await conn.execute(
        """INSERT INTO alias (entity, side, external_id, binding_id, created_at) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (entity, side, external_id) DO UPDATE SET binding_id = excluded.binding_id""",
        binding.entity, side, str(external_id), binding.id, now,
    )  # fmt: skip


async def aliases(conn: Connection, binding_id: int) -> tuple[tuple[Side, str], ...]:
    """The other ids of a binding's records."""
    rows = await conn.fetch(
        "SELECT side, external_id FROM alias WHERE binding_id = $1 ORDER BY side, external_id", binding_id
    )
    return tuple((Side(row["side"]), row["external_id"]) for row in rows)


async def _release_alias(conn: Connection, binding: Binding, side: Side, external_id: str | int) -> None:
    await conn.execute(
        "DELETE FROM alias WHERE entity = $1 AND side = $2 AND external_id = $3 AND binding_id = $4",
        binding.entity, side, str(external_id), binding.id,
    )  # fmt: skip


async def _lock(conn: Connection, *binding_ids: int) -> None:
    """Both bindings, then both items, by number."""
    ids = sorted(binding_ids)
    await conn.execute("SELECT id FROM binding WHERE id = ANY($1::bigint[]) ORDER BY id FOR UPDATE", ids)
    await conn.execute(
        "SELECT binding_id FROM work_item WHERE binding_id = ANY($1::bigint[]) ORDER BY binding_id FOR UPDATE", ids
    )


async def _existing(conn: Connection, binding_id: int) -> Binding:
    row = await conn.fetchrow(f"SELECT {bindings.COLUMNS} FROM binding b WHERE b.id = $1", binding_id)
    if row is None:
        raise IdentityClash(f"binding {binding_id} is gone: it was attached to another", (binding_id,))
    return bindings.read(row)


def _known(binding: Binding, side: Side) -> str | int:
    external_id = binding.id_on(side)
    assert external_id is not None
    return external_id


async def _refuse_clash(half: Binding, into: Binding, is_merge: bool) -> None:
    ids = (half.id, into.id)
    if half.id == into.id or half.entity is not into.entity:
        raise IdentityClash(f"bindings {half.id} and {into.id} cannot be one", ids)
    if half.status is Status.CREATING:
        raise IdentityClash(f"{half.entity} binding {half.id} is being created on the other side", ids)
    if is_merge:
        return
    for side in Side:
        if half.id_on(side) is not None and into.id_on(side) is not None:
            raise IdentityClash(f"bindings {half.id} and {into.id} both have a {side} id", ids)


async def _refuse_busy(conn: Connection, item: WorkItem, into: Binding, now: datetime) -> None:
    if item.binding_id == into.id:
        return
    until = await conn.fetchval(
        "SELECT lease_until FROM work_item WHERE binding_id = $1 AND lease_until > $2", into.id, now
    )
    if until is not None:
        raise BindingBusy(into.id, until)


async def _give_id(conn: Connection, binding: Binding, side: Side, external_id: str | int, now: datetime) -> Binding:
    """Set one id; a binding that has both is no longer creating."""
    column, value = column_of(side, external_id)
    row = await conn.fetchrow(
        f"""UPDATE binding b SET {column} = $2, version = version + 1, updated_at = $3,
                status = CASE WHEN status = 'creating' THEN 'pending' ELSE status END
            WHERE b.id = $1 RETURNING {bindings.COLUMNS}""",
        binding.id, value, now,
    )  # fmt: skip
    assert row is not None
    await sleepers.wake(conn, binding.id, now)
    return bindings.read(row)
