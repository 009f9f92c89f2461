"""VMS → KeyCRM: an article becomes a product with its offer; its name, stock and price follow."""

from __future__ import annotations

from typing import Any

from tests.agreement import articles_agree
from tests.world import World


async def test_an_article_made_in_vms_is_made_in_keycrm(world: World) -> None:
    """Looked for by its SKU, made with its price, its offer looked up, then one call of stock for each warehouse."""
    article = await make(world, stock={"main": 5, "shop": 2})
    await agreed(world, article["sku"])
    await world.quiet()

    await agree(world, article["sku"])
    assert await world.keycrm.count() == {"listOffers": 2, "createProduct": 1, "setStocks": 2}
    assert await world.vms.count() == {"getArticle": 1}
    assert await told(world, article) == [
        ("outbound-sync", "created", None, f"reference {article['sku']}"),
        ("outbound-sync", "updated", "stock main", "changed"),
        ("outbound-sync", "updated", "stock shop", "changed"),
    ]


async def test_an_article_that_keycrm_sells_already_is_bound_by_its_sku(world: World) -> None:
    """VMS's name, price and stock win at the first meeting; no second product."""
    name = world.name()
    product = await world.keycrm.admin(
        "POST", "products", {"name": f"Стара назва {name}", "sku": f"T-{name}", "price": 1}
    )

    article = await make(world, sku=f"T-{name}", stock={"main": 7})
    await agreed(world, article["sku"])
    await world.quiet()

    await agree(world, article["sku"])
    found = [row for row in (await world.keycrm.state())["products"] if row["sku"] == article["sku"]]
    assert [row["id"] for row in found] == [product["id"]]
    assert await world.keycrm.count() == {
        "listOffers": 1, "getProduct": 1, "updateProduct": 1, "setStocks": 1, "updateOffers": 1,
    }  # fmt: skip


async def test_an_article_renamed_in_vms_is_renamed_in_keycrm(world: World) -> None:
    """One read and one write."""
    article = await made(world)

    await world.vms.admin("PATCH", f"articles/{article['articleId']}", {"nameUa": f"Нова назва {article['sku']}"})
    await agreed(world, article["sku"])
    await world.quiet()

    await agree(world, article["sku"])
    assert await world.keycrm.count() == {"getProduct": 1, "updateProduct": 1}
    assert await world.vms.count() == {"getArticle": 2}
    assert (await told(world, article))[1:] == [("outbound-sync", "updated", "name", "changed")]


async def test_a_price_changed_in_vms_is_one_call(world: World) -> None:
    """The article itself is not looked at on either side."""
    article = await made(world)

    await world.vms.admin("PUT", f"articles/{article['articleId']}/price", {"price": 99.9})
    await agreed(world, article["sku"])
    await world.quiet()

    await agree(world, article["sku"])
    assert await world.keycrm.count() == {"updateOffers": 1}
    assert await world.vms.count() == {}
    assert (await told(world, article))[1:] == [("outbound-sync", "updated", "price", "changed")]


async def test_stock_5_4_5_ends_at_5(world: World) -> None:
    """Three times in a row, once watched step by step, then as fast as VMS can tell."""
    article = await made(world, stock={"main": 5})
    for quantity in (4, 5, 4, 5):
        await put(world, article, quantity)
        await agreed(world, article["sku"])
    assert await world.keycrm.count() == {"setStocks": 4}
    assert await world.vms.count() == {}

    for quantity in (4, 5, 4, 5):
        await put(world, article, quantity)
    await world.quiet()

    await agree(world, article["sku"])
    assert await stock(world, article["sku"], 1) == 5
    assert await world.vms.count() == {}


async def test_stock_of_each_warehouse_stays_apart(world: World) -> None:
    """A change in one warehouse is one call for that one."""
    article = await made(world, stock={"main": 5, "shop": 2})

    await put(world, article, 9, "shop")
    await agreed(world, article["sku"])
    await world.quiet()

    assert (await stock(world, article["sku"], 1), await stock(world, article["sku"], 2)) == (5, 9)
    assert await world.keycrm.count() == {"setStocks": 1}


async def test_stock_edited_in_keycrm_returns_to_vms_figure(world: World) -> None:
    """A one-way field never crosses: VMS is untouched, and VMS's figure is sent again once its own event had time."""
    article = await made(world, stock={"main": 5})

    await world.keycrm.admin("PUT", "stocks", {"warehouse_id": 1, "sku": article["sku"], "quantity": 50})
    assert await stock(world, article["sku"], 1) == 50
    await agreed(world, article["sku"])
    await world.quiet()

    assert await stock(world, article["sku"], 1) == 5
    assert await world.keycrm.count() == {"setStocks": 1}
    assert await world.vms.count() == {}
    assert (await told(world, article))[2:] == [("outbound-sync", "updated", "stock main", "returned")]


async def test_keycrms_own_write_off_waits_for_vms_event(world: World) -> None:
    """VMS tells of the same shipment a moment later: nothing is sent, and the shop never sees the old figure."""
    article = await made(world, stock={"main": 5})
    order = await sold(world, article, 2)

    await complete(world, order)
    assert await stock(world, article["sku"], 1) == 3
    await put(world, article, 3)
    await world.until(lambda: is_completed(world, order), "the order completed in VMS")
    await world.quiet()

    await agree(world, article["sku"])
    assert (await world.keycrm.count())["setStocks"] == 0


async def test_a_write_off_that_vms_never_tells_of_is_undone(world: World) -> None:
    """After the wait VMS's figure is sent again, once."""
    article = await made(world, stock={"main": 5})
    order = await sold(world, article, 2)

    await complete(world, order)
    assert await stock(world, article["sku"], 1) == 3
    await agreed(world, article["sku"])
    await world.until(lambda: is_completed(world, order), "the order completed in VMS")
    await world.quiet()

    assert await stock(world, article["sku"], 1) == 5
    assert (await world.keycrm.count())["setStocks"] == 1


async def told(world: World, article: dict[str, Any]) -> list[tuple[str, str, str | None, str]]:
    """What the audit tells of an article."""
    return await world.audit("articles", article["articleId"], "vms")


async def make(world: World, **changes: Any) -> dict[str, Any]:
    """A new article in VMS."""
    name = world.name()
    body = {"name": f"Виріб {name}", "nameUa": f"Виріб {name}", "sku": f"T-{name}", "price": 12.5, **changes}
    article: dict[str, Any] = await world.vms.admin("POST", "articles", body)
    return {"sku": body["sku"], **article}


async def made(world: World, **changes: Any) -> dict[str, Any]:
    """A new article that both sides have; calls are counted from here."""
    article = await make(world, **changes)
    await agreed(world, article["sku"])
    await world.steady()
    return article


async def sold(world: World, article: dict[str, Any], quantity: int) -> dict[str, Any]:
    """An order made in KeyCRM of so many of the article, known to VMS as well; calls are counted from here."""
    line = {"sku": article["sku"], "name": "Виріб", "price": 12.5, "quantity": quantity}
    order, _ = await world.order_on_both(products=[line])
    return order


async def complete(world: World, order: dict[str, Any]) -> None:
    """The order is completed in KeyCRM, which writes its goods off."""
    await world.keycrm.admin("PATCH", f"orders/{order['id']}", {"status_id": 12})


async def is_completed(world: World, order: dict[str, Any]) -> bool:
    """Whether VMS knows."""
    return await world.of_vms("orders", numberOrder=f"KC-{order['id']}", orderStatus=5) is not None


async def put(world: World, article: dict[str, Any], quantity: int, warehouse: str = "main") -> None:
    """VMS counts this many."""
    body = {"warehouse": warehouse, "quantity": quantity}
    await world.vms.admin("PUT", f"articles/{article['articleId']}/stock", body)


async def stock(world: World, sku: str, warehouse: int) -> float:
    """What KeyCRM shows."""
    rows = (await world.keycrm.state())["stocks"]
    return sum(float(row["quantity"]) for row in rows if (row["sku"], row["warehouse_id"]) == (sku, warehouse))


async def agree(world: World, sku: str) -> None:
    """Both sides read back and compared."""
    article = await world.of_vms("articles", sku=sku)
    state = await world.keycrm.state()
    assert article is not None
    products = [row for row in state["products"] if any(offer["sku"] == sku for offer in row["offers"])]
    assert len(products) == 1, f"{len(products)} products have the SKU"
    articles_agree(article, products[0], state["stocks"])


async def agreed(world: World, sku: str) -> None:
    """Wait until both sides agree."""

    async def look() -> bool:
        try:
            await agree(world, sku)
        except AssertionError:
            return False
        return True

    await world.until(look, f"{sku} the same on both sides")
