"""KeyCRM → VMS: a product renamed. KeyCRM tells nothing of it: the rotating walk finds it, or the plan's webhook."""

from __future__ import annotations

from typing import Any

import httpx

from tests.agreement import articles_agree
from tests.world import World

WRITTEN = ({"getArticle": 3, "updateArticle": 1}, {"getArticle": 4, "updateArticle": 1})
"""VMS's calls for one change: twice read with KeyCRM in between, and before the write; once more if the write's echo
came before the write was recorded."""


async def test_a_product_renamed_in_keycrm_is_found_by_the_walk(world: World) -> None:
    """One read of KeyCRM, one write of VMS; stock and price are not touched."""
    product, article = await _both(world)

    await world.keycrm.admin("PATCH", f"products/{product['id']}", {"name": f"Чайник великий {world.name()}"})

    await _agreed(world, product, article)
    await world.quiet()
    articles_agree(*await _rows(world, product, article))
    assert await world.keycrm.count() == {"getProduct": 1}
    assert await world.vms.count() in WRITTEN
    offer = product["offers"][0]["id"]
    assert (await world.audit("articles", offer))[-1] == ("inbound-apply", "updated", "name", "changed")


async def test_a_product_webhook_of_the_plan_is_taken_as_a_hint(world: World) -> None:
    """`product-updated` makes the article due; its body is believed in nothing."""
    product, article = await _both(world)
    renamed = f"Чайник синій {world.name()}"
    await world.keycrm.admin("PATCH", f"products/{product['id']}", {"name": renamed})

    body = {"event": "product.updated", "data": {"id": product["id"], "name": "Не те, що в KeyCRM"}}
    async with httpx.AsyncClient(verify=False) as http:
        answer = await http.post(world.system.addresses.webhook("product-updated"), json=body)
    assert answer.status_code == 200

    await _agreed(world, product, article)
    await world.quiet(4)
    articles_agree(*await _rows(world, product, article))
    shown = await world.of_keycrm("products", id=product["id"])
    assert shown is not None
    assert shown["name"] == renamed
    assert await world.vms.count() in WRITTEN
    assert await world.keycrm.writes() == []


async def _both(world: World) -> tuple[dict[str, Any], dict[str, Any]]:
    """An article of VMS's and the product that was made of it; calls are counted from here."""
    name = world.name()
    body = {
        "name": f"Чайник {name}", "nameUa": f"Чайник {name}", "sku": f"KETTLE-{name}", "price": 990,
        "stock": {"main": 7, "shop": 2},
    }  # fmt: skip
    article = await world.vms.admin("POST", "articles", body)
    product = await world.until(lambda: world.of_keycrm("products", name=body["name"]), "the product in KeyCRM")
    await world.idle()
    await world.until(lambda: _is_agreed(world, product, article), "stock and price in KeyCRM")
    await world.steady()
    return product, article


async def _agreed(world: World, product: dict[str, Any], article: dict[str, Any]) -> None:
    async def is_renamed() -> bool:
        shown, known, _ = await _rows(world, product, article)
        return bool(shown["nameUa"] == known["name"])

    await world.until(is_renamed, "the new name in VMS")


async def _is_agreed(world: World, product: dict[str, Any], article: dict[str, Any]) -> bool:
    try:
        articles_agree(*await _rows(world, product, article))
    except AssertionError:
        return False
    return True


async def _rows(world: World, product: dict[str, Any], article: dict[str, Any]) -> tuple[Any, Any, Any]:
    shown = await world.of_vms("articles", articleId=article["articleId"])
    known = await world.of_keycrm("products", id=product["id"])
    return shown, known, (await world.keycrm.state())["stocks"]
