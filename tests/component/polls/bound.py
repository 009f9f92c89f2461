"""Records that both sandbox systems have, bound as work would have left them, and what a comparison made of them."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from libs.contracts.types import Entity
from libs.flow.flow import Flow
from libs.state import comparison_passes, operations, tallies
from libs.state.causes import Cause
from libs.state.operations import Operation
from libs.state.tallies import Subject, Tally
from tests.fakes import ManualClock
from tests.sandboxes import Sandbox


async def bind(flow: Flow, entity: Entity, vms_id: str, keycrm_id: int, **more: Any) -> int:
    """A record that both sides have, as the work would have left it."""
    columns = {"status": "synced", "created_at": datetime.now(UTC), "updated_at": datetime.now(UTC), **more}
    names = ", ".join(columns)
    places = ", ".join(f"${n}" for n in range(4, len(columns) + 4))
    async with flow.database.connection() as conn:
        number: int = await conn.fetchval(
            f"""INSERT INTO binding (entity, vms_id, keycrm_id, {names}) VALUES ($1, $2, $3, {places})
                RETURNING id""",
            entity, vms_id, keycrm_id, *columns.values(),
        )  # fmt: skip
    return number


async def customer_on_both(flow: Flow, vms: Sandbox, keycrm: Sandbox, n: int = 1) -> int:
    """One person on both sides."""
    phone, mail = f"+38050111{n:04}", f"olena{n}@shop.example"
    customer = vms.admin("POST", "customers", {"contactName": f"Олена {n}", "phone": phone, "eMail": mail})
    buyer = keycrm.admin("POST", "buyers", {"full_name": f"Олена {n}", "phone": [phone], "email": [mail]})
    return await bind(flow, Entity.CUSTOMER, str(customer["customerId"]), buyer["id"])


async def tally_of(flow: Flow, clock: ManualClock, subject: Subject) -> Tally:
    """One subject's tally."""
    async with flow.database.connection() as conn:
        return next(one for one in await tallies.all_tallies(conn, clock.now) if one.subject is subject)


async def unlike(flow: Flow, clock: ManualClock) -> list[tuple[list[str], Cause]]:
    """What differs, by its fields, and why."""
    async with flow.database.connection() as conn:
        found = await tallies.unlike(conn, clock.now)
    return [([one["field"] for one in row.differences], row.cause) for row in found]


async def due(flow: Flow) -> list[int]:
    """The records that are due towards both sides."""
    async with flow.database.connection() as conn:
        rows = await conn.fetch(
            "SELECT binding_id FROM work_item WHERE due_vms IS NOT NULL AND due_keycrm IS NOT NULL ORDER BY 1"
        )
    return [row["binding_id"] for row in rows]


def keycrm_order(keycrm: Sandbox, comment: str, ordered_at: datetime | None = None) -> int:
    """An order in KeyCRM; answers its id."""
    body: dict[str, Any] = {"source_id": 1, "manager_comment": comment, "products": [{"name": "Послуга", "price": 1}]}
    when = {"ordered_at": f"{ordered_at:%Y-%m-%d %H:%M:%S}"} if ordered_at else {}
    return int(keycrm.admin("POST", "orders", body | when)["id"])


def vms_order(vms: Sandbox, comment: str) -> str:
    """An order in VMS; answers its id."""
    customer = vms.admin("POST", "customers", {"contactName": "Олена Тестова", "phone": "+380670000001"})
    lines = [{"sku": "DEMO-MUG", "quantity": 1, "price": 180.5}]
    body = {"customerId": customer["customerId"], "descriptions": comment, "lines": lines}
    return str(vms.admin("POST", "orders", body)["orderId"])


async def ask(flow: Flow, clock: ManualClock) -> uuid.UUID:
    """A person asks for a comparison; answers the operation."""
    number = uuid.uuid4()
    async with flow.database.transaction() as conn:
        await operations.begin(conn, Operation(number, "compare", "Оксана", total=1), clock.now)
        return await comparison_passes.ask(conn, number, clock.now)


async def vms_id_of(flow: Flow, number: int) -> str:
    """VMS's id of a record."""
    async with flow.database.connection() as conn:
        return str(await conn.fetchval("SELECT vms_id FROM binding WHERE id = $1", number))


async def audited(flow: Flow) -> list[tuple[str, str, int]]:
    """Who did what with which record."""
    async with flow.database.connection() as conn:
        rows = await conn.fetch("SELECT actor, action, binding_id FROM audit_entry ORDER BY id")
    return [(row["actor"], row["action"], row["binding_id"]) for row in rows]


async def worked(flow: Flow) -> None:
    """A worker looked and found nothing to do."""
    async with flow.database.connection() as conn:
        await conn.execute("UPDATE work_item SET due_vms = NULL, due_keycrm = NULL")
