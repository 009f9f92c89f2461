"""outbound-sync's writes, each as a case."""

from __future__ import annotations

from libs.contracts.types import Side
from tests import agreement
from tests.e2e.kill.case import (
    WAIT_SECONDS,
    BothEdited,
    BoundArticle,
    Case,
    OrderOfVms,
    Row,
    article,
    buyer_of,
    product_of,
)
from tests.world import World


class OrderCreated(Case):
    """VMS order → KeyCRM order."""

    side, operation = Side.KEYCRM, "createOrder"

    async def prepare(self, world: World) -> None:
        """A customer whose pair is there."""
        self.customer = await world.vms_customer()
        await world.until(lambda: buyer_of(world, self.customer), "the buyer in KeyCRM", WAIT_SECONDS)

    async def change(self, world: World) -> None:
        """An order, and nothing else to make."""
        self.order = await world.vms_order(self.customer)

    async def is_done(self, world: World) -> bool:
        """One order of that GUID, with its line."""
        vms, keycrm = await world.order_rows(self.order)
        agreement.orders_agree(vms, keycrm)
        return [line["sku"] for line in keycrm["products"]] == ["DEMO-MUG"]


class OrderUpdated(OrderOfVms):
    """VMS status → KeyCRM status."""

    side, operation = Side.KEYCRM, "updateOrder"

    async def change(self, world: World) -> None:
        """Reserved."""
        await self.edit(world, orderStatus=2)

    async def is_done(self, world: World) -> bool:
        """Reserved on both sides."""
        vms, keycrm = await self.rows(world)
        return (vms["orderStatus"], keycrm["status_id"]) == (2, 4)

    def paths(self) -> tuple[str, ...]:
        """This order's."""
        return (f"/v1/order/{self.number}",)


class BothEditedTowardsKeyCrm(BothEdited):
    """Killed while it writes KeyCRM's half."""

    side, operation, name = Side.KEYCRM, "updateOrder", "updateOrder, VMS's half still unwritten"

    def paths(self) -> tuple[str, ...]:
        """This order's."""
        return (f"/v1/order/{self.number}",)


class PaymentAdded(OrderOfVms):
    """VMS payment → KeyCRM payment."""

    side, operation = Side.KEYCRM, "addOrderPayment"
    payment_id: str

    async def change(self, world: World) -> None:
        """Paid in VMS."""
        await self.pay(world)

    async def pay(self, world: World) -> None:
        """One payment."""
        paid = await world.vms.admin("POST", f"orders/{self.order['orderId']}/payments", {"amount": 100.5})
        self.payment_id = paid["paymentId"]

    async def is_done(self, world: World) -> bool:
        """Paid once."""
        vms, keycrm = await self.rows(world)
        return vms["depositedAmount"] == 100.5 and _payments(keycrm) == [(100.5, "paid")]


class PaymentCancelled(PaymentAdded):
    """A payment cancelled in VMS → cancelled in KeyCRM."""

    operation, most_calls = "updateOrderPayment", 2

    async def prepare(self, world: World) -> None:
        """A payment that both sides show."""
        await super().prepare(world)
        await self.pay(world)

        async def is_paid() -> bool:
            found = await world.of_keycrm("orders", id=self.number)
            return found is not None and _payments(found) == [(100.5, "paid")]

        await world.until(is_paid, "the payment in KeyCRM", WAIT_SECONDS)

    async def change(self, world: World) -> None:
        """Cancelled in VMS."""
        path = f"orders/{self.order['orderId']}/payments/{self.payment_id}"
        await world.vms.admin("PATCH", path, {"isCancelled": True})

    async def is_done(self, world: World) -> bool:
        """Nothing paid."""
        vms, keycrm = await self.rows(world)
        return vms["depositedAmount"] == 0 and _payments(keycrm) == [(100.5, "canceled")]


class BuyerCreated(Case):
    """VMS customer → KeyCRM buyer."""

    side, operation = Side.KEYCRM, "createBuyer"

    async def change(self, world: World) -> None:
        """A new customer."""
        self.customer = await world.vms_customer()

    async def is_done(self, world: World) -> bool:
        """One buyer with his phone, and his name."""
        customer = await world.of_vms("customers", customerId=self.customer["customerId"])
        buyer = await buyer_of(world, self.customer)
        assert customer is not None
        assert buyer is not None, "no such buyer in KeyCRM"
        agreement.customers_agree(customer, buyer)
        return bool(customer["contactName"] == self.customer["contactName"])


class BuyerUpdated(BuyerCreated):
    """VMS customer's name → KeyCRM buyer's name."""

    operation = "updateBuyer"

    async def prepare(self, world: World) -> None:
        """A customer whose pair is there."""
        self.customer = await world.vms_customer()
        await world.until(lambda: buyer_of(world, self.customer), "the buyer in KeyCRM", WAIT_SECONDS)

    async def change(self, world: World) -> None:
        """A new name."""
        path, name = f"customers/{self.customer['customerId']}", f"Ольга Нова {world.name()}"
        self.customer = await world.vms.admin("PATCH", path, {"contactName": name})


class ProductCreated(BoundArticle):
    """VMS article → KeyCRM product with its offer and levels."""

    side, operation = Side.KEYCRM, "createProduct"

    async def prepare(self, world: World) -> None:
        """Nothing."""

    async def change(self, world: World) -> None:
        """A new article."""
        self.article = await article(world)

    async def is_done(self, world: World) -> bool:
        """One product of that SKU."""
        await self.rows(world)
        return await product_of(world, self.article) is not None


class ProductUpdated(BoundArticle):
    """VMS article's name → KeyCRM product's name."""

    side, operation = Side.KEYCRM, "updateProduct"

    async def change(self, world: World) -> None:
        """A new name."""
        self.new_name = f"Чашка нова {world.name()}"
        await world.vms.admin("PATCH", f"articles/{self.article['articleId']}", {"name": self.new_name})

    async def is_done(self, world: World) -> bool:
        """On both sides."""
        _, product = await self.rows(world)
        return bool(product["name"] == self.new_name)


class StocksSet(BoundArticle):
    """VMS stock → KeyCRM stock; sent twice it is the same stock."""

    side, operation, most_calls = Side.KEYCRM, "setStocks", 3  # one for the article that another case makes

    async def change(self, world: World) -> None:
        """Counted."""
        path = f"articles/{self.article['articleId']}/stock"
        await world.vms.admin("PUT", path, {"warehouse": "main", "quantity": 4})

    async def is_done(self, world: World) -> bool:
        """On both sides."""
        vms, _ = await self.rows(world)
        return bool(vms["stock"] == {"main": 4})


class PricesSet(BoundArticle):
    """VMS price → KeyCRM price; sent twice it is the same price."""

    side, operation, most_calls = Side.KEYCRM, "updateOffers", 3  # one for the article that another case makes

    async def change(self, world: World) -> None:
        """Repriced."""
        await world.vms.admin("PUT", f"articles/{self.article['articleId']}/price", {"price": 99.9})

    async def is_done(self, world: World) -> bool:
        """On both sides."""
        vms, _ = await self.rows(world)
        return bool(vms["price"] == 99.9)


def _payments(order: Row) -> list[tuple[float, str]]:
    return [(payment["amount"], payment["status"]) for payment in order["payments"]]


TOWARDS_KEYCRM: tuple[type[Case], ...] = (
    OrderCreated, OrderUpdated, BothEditedTowardsKeyCrm, PaymentAdded, PaymentCancelled, BuyerCreated, BuyerUpdated,
    ProductCreated, ProductUpdated, StocksSet, PricesSet,
)  # fmt: skip
