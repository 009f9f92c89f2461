"""One write of one flow as a case: what must stand before, what a person does, and what both sides then show.

A case makes its own records, so that all writes of one service can be in hand at once when the service is killed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from libs.contracts.types import Side
from tests import agreement
from tests.world import World

Row = dict[str, Any]
WAIT_SECONDS = 60.0


class Case(ABC):
    """One write. `operation` is the call that is held while its service dies, `side` the system that is called."""

    side: ClassVar[Side]
    operation: ClassVar[str]
    name: ClassVar[str] = ""
    most_calls: ClassVar[int] = 1
    """More than one only where a repeated call changes nothing: levels are absolute, cancelled is cancelled."""

    async def prepare(self, world: World) -> None:  # noqa: B027 - some need nothing
        """What must stand, bound and at rest, before the change."""

    @abstractmethod
    async def change(self, world: World) -> None:
        """What a person does."""

    @abstractmethod
    async def is_done(self, world: World) -> bool:
        """Whether both sides show the change, once, and otherwise agree; fails where they do not."""

    def paths(self) -> tuple[str, ...]:
        """Where the write goes, of paths that also other cases use; empty: this case alone makes such calls."""
        return ()

    @classmethod
    def title(cls) -> str:
        """How the test is named."""
        return cls.name or cls.operation


class OrderOfVms(Case):
    """An order born in VMS, bound."""

    order: Row
    number: int

    async def prepare(self, world: World) -> None:
        """Make it and wait for its pair."""
        self.order = await world.vms_order()
        found = await world.until(
            lambda: world.of_keycrm("orders", source_uuid=self.order["orderId"]), "the order in KeyCRM", WAIT_SECONDS
        )
        self.number = found["id"]

    async def edit(self, world: World, **changes: Any) -> None:
        """A storekeeper's edit."""
        await world.vms.admin("PATCH", f"orders/{self.order['orderId']}", changes)

    async def rows(self, world: World) -> tuple[Row, Row]:
        """Both sides' rows, which must agree in everything."""
        vms, keycrm = await world.order_rows(self.order)
        agreement.orders_agree(vms, keycrm)
        return vms, keycrm


class BothEdited(OrderOfVms):
    """A comment in VMS, a status in KeyCRM, both at once: each service has half of the work."""

    note = "Перевірити адресу"

    async def change(self, world: World) -> None:
        """Two people."""
        await world.keycrm.admin("PATCH", f"orders/{self.number}", {"status_id": 4})
        await self.edit(world, descriptions=self.note)

    async def is_done(self, world: World) -> bool:
        """Each edit has reached the other side."""
        vms, keycrm = await self.rows(world)
        shown = vms["orderStatus"], vms["descriptions"], keycrm["status_id"], keycrm["manager_comment"]
        return shown == (2, self.note, 4, self.note)


class BoundArticle(Case):
    """An article made in VMS, bound to KeyCRM's product, its levels sent."""

    article: Row

    async def prepare(self, world: World) -> None:
        """Make it and wait for its pair and its levels."""
        self.article = await article(world)
        await world.bound("articles", self.article["articleId"], "vms")

    async def rows(self, world: World) -> tuple[Row, Row]:
        """Both sides' rows, which must agree in everything."""
        vms = await world.of_vms("articles", articleId=self.article["articleId"])
        product = await product_of(world, self.article)
        assert vms is not None, "no such article in VMS"
        assert product is not None, "no such product in KeyCRM"
        agreement.articles_agree(vms, product, (await world.keycrm.state())["stocks"])
        return vms, product


async def article(world: World) -> Row:
    """An article made by hand in VMS."""
    name = world.name()
    body = {"name": f"Чашка {name}", "sku": f"CUP-{name}", "price": 120.5, "stock": {"main": 7}}
    made: Row = await world.vms.admin("POST", "articles", body)
    return made


async def product_of(world: World, article: Row) -> Row | None:
    """KeyCRM's one product of an article."""
    rows = [p for p in (await world.keycrm.state())["products"] if article["sku"] in [o["sku"] for o in p["offers"]]]
    assert len(rows) < 2, "the product was made twice"
    return rows[0] if rows else None


async def buyer(world: World) -> Row:
    """A buyer made by hand in KeyCRM."""
    name = world.name()
    body = {"full_name": f"Марія Пробна {name}", "phone": [world.phone()], "email": [f"maria.{name}@example.com"]}
    made: Row = await world.keycrm.admin("POST", "buyers", body)
    return made


async def buyer_of(world: World, customer: Row) -> Row | None:
    """KeyCRM's one buyer with a customer's phone."""
    rows = [row for row in (await world.keycrm.state())["buyers"] if customer["phone"] in row["phone"]]
    assert len(rows) < 2, "the buyer was made twice"
    return rows[0] if rows else None


async def customer_of(world: World, buyer: Row) -> Row | None:
    """VMS's one customer with a buyer's phone."""
    rows = [row for row in (await world.vms.state())["customers"] if row["phone"] in buyer["phone"]]
    assert len(rows) < 2, "the customer was made twice"
    return rows[0] if rows else None
