"""Both worlds with the services between them, as end-to-end tests see them: what people do, what each side shows.

A test reads both sides back from the sandboxes; it never asks our database what is true. `quiet` waits until nothing
is due and then watches that nobody writes any more.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import asyncpg

from sandbox.system import System
from tests.operating import Operating
from tests.sides import Side

FAST = {
    "KEYCRM_POLL_SECONDS": "1",
    "KEYCRM_CALLS_PER_MINUTE": "6000",
    "KEYCRM_TIMEOUT_SECONDS": "3",
    "VMS_TIMEOUT_SECONDS": "3",
    "SYNC_SETTLE_SECONDS": "2",
    "SYNC_IMAGE_MAX_AGE_SECONDS": "5",
    "SYNC_STOCK_SETTLE_SECONDS": "3",
    "SYNC_SEARCH_LAG_SECONDS": "1",
    "SYNC_PAYMENT_WAIT_SECONDS": "3",
    "SYNC_REQUEST_GRACE_SECONDS": "1",
    "SYNC_LEASE_SECONDS": "10",
    "SYNC_LOOK_SECONDS": "1",
    "SYNC_RETRY_SECONDS": "0.5",
    "SYNC_COMPARE_SECONDS": "0",
}
"""The same rules with shorter waits, so that a test takes seconds; an image may grow older, so that counts hold, and
nothing is compared but when a test asks."""
TAKEN_SECONDS = 5.0
"""So long an event is waited for: a malformed one becomes a dead letter and never gets into the log."""


class World(Operating):
    """The two sandbox systems and the services between them."""

    def __init__(self, system: System) -> None:
        super().__init__(system)
        self.keycrm = Side(system.addresses.keycrm)
        self.vms = Side(system.addresses.vms)
        self._serial = 0
        self._taken = 0
        self._first_seen: dict[str, float] = {}

    async def close(self) -> None:
        """Close the connections."""
        for one in (self.keycrm, self.vms):
            await one.close()
        await self.http.aclose()

    async def fresh(self) -> None:
        """Faults off, knobs as every test expects them, hooks set, calls counted from here."""
        for side in (self.keycrm, self.vms):
            await side.admin("DELETE", "faults")
            await side.reset_knobs()
        await self.vms.knobs(emit=True)
        await self.keycrm.knobs(
            limit_per_minute=None, webhook_pause_seconds=0.2, webhook_duplicate_rate=0, webhook_reorder_rate=0
        )
        await self.keycrm.admin("DELETE", "hooks")
        for kind, name in (("order-status", "order-status-changed"), ("payment-status", "payment-updated")):
            await self.keycrm.admin("POST", "hooks", {"kind": kind, "url": self.system.addresses.webhook(name)})
        for number in (1, 2):
            url = f"{self.system.addresses.webhook('stock-changed')}?warehouse={number}"
            await self.keycrm.admin("POST", "hooks", {"kind": "stock", "url": url, "warehouses": [number]})
        await self.mark()

    async def mark(self) -> None:
        """Count calls on both sides from here."""
        await self.keycrm.mark()
        await self.vms.mark()

    def name(self) -> str:
        """A text that no other test uses."""
        self._serial += 1
        return f"{time.time_ns() % 10**10:010d}{self._serial:02d}"

    def phone(self) -> str:
        """An invented Ukrainian mobile number that no other test uses."""
        return f"+38067{self.name()[-7:]}"

    # ---- what people do, in short --------------------------------------------------------------------------------

    async def steady(self) -> None:
        """What went before is over: count calls from here."""
        await self.idle()
        await self.mark()

    async def vms_customer(self, **changes: Any) -> dict[str, Any]:
        """A customer made by hand in VMS."""
        name = self.name()
        body = {
            "companyName": f"Крамниця {name}", "contactName": f"Олена Тестова {name}", "phone": self.phone(),
            "eMail": f"olena.{name}@example.com", **changes,
        }  # fmt: skip
        made: dict[str, Any] = await self.vms.admin("POST", "customers", body)
        return made

    async def vms_order(self, customer: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
        """An order made by hand in VMS: two mugs."""
        customer = customer or await self.vms_customer()
        body = {
            "customerId": customer["customerId"], "numberOrder": f"V-{self.name()}",
            "lines": [{"sku": "DEMO-MUG", "quantity": 2, "price": 180.5}], **changes,
        }  # fmt: skip
        made: dict[str, Any] = await self.vms.admin("POST", "orders", body)
        return made

    async def keycrm_order(self, **changes: Any) -> dict[str, Any]:
        """An order made by hand in KeyCRM: one T-shirt, a new buyer."""
        name = self.name()
        body = {
            "source_id": 3,
            "buyer": {
                "full_name": f"Тарас Пробний {name}", "phone": self.phone(), "email": f"taras.{name}@example.com",
            },
            "products": [{"sku": "DEMO-TSHIRT-M", "name": "Футболка біла M", "price": 450, "quantity": 1}],
            **changes,
        }  # fmt: skip
        made: dict[str, Any] = await self.keycrm.admin("POST", "orders", body)
        return made

    async def order_on_both(self, **changes: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """An order born in KeyCRM and made in VMS: KeyCRM's row and VMS's; calls are counted from here."""
        order = await self.keycrm_order(**changes)
        made = await self.until(lambda: self.of_vms("orders", numberOrder=f"KC-{order['id']}"), "the order in VMS")
        await self.steady()
        return order, made

    async def customer_from_vms(self, **changes: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """A customer born in VMS and made in KeyCRM: VMS's row and the buyer; calls are counted from here."""
        made = await self.vms_customer(**changes)
        buyer = await self.until(lambda: self.buyer(made["contactName"]), "the buyer in KeyCRM")
        await self.steady()
        return made, buyer

    async def order_from_vms(
        self, customer: dict[str, Any] | None = None, **changes: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """An order born in VMS and made in KeyCRM: VMS's row and KeyCRM's; calls are counted from here."""
        made = await self.vms_order(customer, **changes)
        order = await self.order_in_keycrm(made)
        await self.steady()
        return made, order

    # ---- what each side shows -------------------------------------------------------------------------------------

    async def of_keycrm(self, what: str, **wanted: Any) -> dict[str, Any] | None:
        """The one row of KeyCRM's orders, buyers or products whose columns have these values."""
        return _one((await self.keycrm.state())[what], wanted)

    async def of_vms(self, what: str, **wanted: Any) -> dict[str, Any] | None:
        """The one row of VMS's orders, customers or articles whose columns have these values."""
        return _one((await self.vms.state())[what], wanted)

    async def order_in_keycrm(self, made: dict[str, Any], **wanted: Any) -> dict[str, Any]:
        """Wait until KeyCRM's order of this one of VMS's has these values."""
        wanted = {"source_uuid": made["orderId"], **wanted}
        found: dict[str, Any] = await self.until(lambda: self.of_keycrm("orders", **wanted), f"{wanted} in KeyCRM")
        return found

    async def order_rows(self, made: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """VMS's order as it is now, and KeyCRM's."""
        vms = await self.of_vms("orders", orderId=made["orderId"])
        keycrm = await self.of_keycrm("orders", source_uuid=made["orderId"])
        assert vms is not None, "no such order in VMS"
        assert keycrm is not None, "no such order in KeyCRM"
        return vms, keycrm

    async def born_rows(self, order: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """VMS's order that was made of one of KeyCRM's, as it is now, and KeyCRM's."""
        vms = await self.of_vms("orders", numberOrder=f"KC-{order['id']}")
        keycrm = await self.of_keycrm("orders", id=order["id"])
        assert vms is not None, "no such order in VMS"
        assert keycrm is not None, "no such order in KeyCRM"
        return vms, keycrm

    async def buyer(self, full_name: str) -> dict[str, Any] | None:
        """KeyCRM's buyer of this name."""
        return await self.of_keycrm("buyers", full_name=full_name)

    # ---- the sync itself -------------------------------------------------------------------------------------------

    async def backlog(self) -> int:
        """Items in hand or due within a minute, levels due, messages in the outbox, VMS's events not yet taken in."""
        connection = await asyncpg.connect(self.system.database_url)
        try:
            return await self._untaken(connection) + int(
                await connection.fetchval(
                    """SELECT (SELECT count(*) FROM work_item WHERE lease_token IS NOT NULL
                            OR (due_vms < now() + interval '1 minute' AND parked_vms IS NULL
                                AND asleep_on_vms IS NULL)
                            OR (due_keycrm < now() + interval '1 minute' AND parked_keycrm IS NULL
                                AND asleep_on_keycrm IS NULL))
                        + (SELECT count(*) FROM stock_level WHERE due_at IS NOT NULL AND binding_id IN
                            (SELECT id FROM binding WHERE keycrm_id IS NOT NULL))
                        + (SELECT count(*) FROM outbox)"""
                )
            )
        finally:
            await connection.close()

    async def _untaken(self, connection: asyncpg.Connection) -> int:
        """How many of VMS's events are not in the event log yet; one that never gets there is given up.

        What VMS holds back, because a test told it to, is not waited for.
        """
        rows = await self.vms.admin("GET", f"events?after={self._taken}")
        if any(not row["is_sent"] for row in rows) and not (await self.vms.admin("GET", "knobs"))["emit"]:
            rows = [row for row in rows if row["is_sent"]]
        found = await connection.fetch(
            "SELECT event_id FROM webhook_event WHERE event_id = ANY($1::text[])", [row["id"] for row in rows]
        )
        logged, now = {row["event_id"] for row in found}, time.monotonic()
        late = [row for row in rows if row["id"] not in logged]
        waiting = [row for row in late if now - self._first_seen.setdefault(row["id"], now) < TAKEN_SECONDS]
        last = max((row["n"] for row in rows), default=self._taken)
        self._taken = min((row["n"] for row in waiting), default=last + 1) - 1
        return len(waiting)

    async def idle(self, seconds: float = 30.0) -> None:
        """Wait until nothing is due."""

        async def is_idle() -> bool:
            return await self.backlog() == 0

        await self.until(is_idle, "nothing is due any more", seconds)

    async def quiet(self, seconds: float = 10.0) -> None:
        """Nothing is due any more, and then nobody writes on either side for so long: no ping-pong."""
        await self.idle()
        before = await self._writes()
        await asyncio.sleep(seconds)

        assert await self._writes() == before, "somebody goes on writing"
        assert await self.keycrm.admin("GET", "breaches") == []
        assert await self.vms.admin("GET", "breaches") == []

    async def _writes(self) -> tuple[list[str], list[str]]:
        return await self.keycrm.writes(), await self.vms.writes()

    def logs(self) -> str:
        """Everything that every process has written."""
        return "\n".join(path.read_text(errors="replace") for path in sorted(Path(self.system.folder).glob("*.log")))


def _one(rows: list[dict[str, Any]], wanted: dict[str, Any]) -> dict[str, Any] | None:
    found = [row for row in rows if all(row.get(name) == value for name, value in wanted.items())]
    assert len(found) < 2, f"{len(found)} rows have {wanted}"
    return found[0] if found else None
