"""inbound-apply's writes, each as a case."""

from __future__ import annotations

from libs.contracts.types import Side
from tests import agreement
from tests.e2e.kill.case import (
    WAIT_SECONDS,
    BothEdited,
    BoundArticle,
    Case,
    OrderOfVms,
    buyer,
    customer_of,
    product_of,
)
from tests.world import World


class VmsOrderCreated(Case):
    """KeyCRM order → VMS order."""

    side, operation = Side.VMS, "createOrder"

    async def prepare(self, world: World) -> None:
        """A buyer whose pair is there."""
        self.buyer = await buyer(world)
        await world.until(lambda: customer_of(world, self.buyer), "the customer in VMS", WAIT_SECONDS)

    async def change(self, world: World) -> None:
        """An order, and nothing else to make."""
        self.order = await world.keycrm_order(buyer={"id": self.buyer["id"]})

    async def is_done(self, world: World) -> bool:
        """One order of that number."""
        vms, keycrm = await world.born_rows(self.order)
        agreement.orders_agree(vms, keycrm)
        return bool(vms["orderSum"] == 450)


class VmsOrderUpdated(OrderOfVms):
    """KeyCRM status → VMS status."""

    side, operation = Side.VMS, "updateOrder"

    async def change(self, world: World) -> None:
        """Reserved."""
        await world.keycrm.admin("PATCH", f"orders/{self.number}", {"status_id": 4})

    async def is_done(self, world: World) -> bool:
        """Reserved on both sides."""
        vms, keycrm = await self.rows(world)
        return (vms["orderStatus"], keycrm["status_id"]) == (2, 4)

    def paths(self) -> tuple[str, ...]:
        """This order's."""
        return (f"/api/Orders/{self.order['orderId']}",)


class BothEditedTowardsVms(BothEdited):
    """Killed while it writes VMS's half."""

    side, operation, name = Side.VMS, "updateOrder", "updateOrder, KeyCRM's half still unwritten"

    def paths(self) -> tuple[str, ...]:
        """This order's."""
        return (f"/api/Orders/{self.order['orderId']}",)


class CustomerCreated(Case):
    """KeyCRM buyer → VMS customer."""

    side, operation = Side.VMS, "createCustomer"

    async def change(self, world: World) -> None:
        """A new buyer."""
        self.buyer = await buyer(world)

    async def is_done(self, world: World) -> bool:
        """One customer with his phone, and his name."""
        customer = await customer_of(world, self.buyer)
        found = await world.of_keycrm("buyers", id=self.buyer["id"])
        assert customer is not None, "no such customer in VMS"
        assert found is not None
        agreement.customers_agree(customer, found)
        return bool(found["full_name"] == self.buyer["full_name"])


class CustomerUpdated(CustomerCreated):
    """KeyCRM buyer's name → VMS customer's name."""

    operation = "updateCustomer"

    async def prepare(self, world: World) -> None:
        """A buyer whose pair is there."""
        self.buyer = await buyer(world)
        await world.until(lambda: customer_of(world, self.buyer), "the customer in VMS", WAIT_SECONDS)

    async def change(self, world: World) -> None:
        """A new name."""
        name = f"Ірина Нова {world.name()}"
        self.buyer = await world.keycrm.admin("PATCH", f"buyers/{self.buyer['id']}", {"full_name": name})


class ArticleUpdated(BoundArticle):
    """KeyCRM product's name → VMS article's name."""

    side, operation = Side.VMS, "updateArticle"

    async def change(self, world: World) -> None:
        """A new name."""
        product = await product_of(world, self.article)
        assert product is not None
        self.new_name = f"Чашка інша {world.name()}"
        await world.keycrm.admin("PATCH", f"products/{product['id']}", {"name": self.new_name})

    async def is_done(self, world: World) -> bool:
        """On both sides."""
        _, product = await self.rows(world)
        return bool(product["name"] == self.new_name)


# What a poll finds is changed first, so that the rest, which a webhook tells, need not wait for it in hand.
TOWARDS_VMS: tuple[type[Case], ...] = (
    ArticleUpdated, CustomerUpdated, CustomerCreated, VmsOrderCreated, VmsOrderUpdated, BothEditedTowardsVms,
)  # fmt: skip
