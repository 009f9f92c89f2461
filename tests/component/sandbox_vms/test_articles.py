"""`/api/Articles` behaves as VMS's documentation says: SKUs in the accounts' rows, neither stock nor price."""

from __future__ import annotations

from tests.sandbox_vms import VmsSide


async def test_the_seed_has_five_articles_with_skus_and_nothing_of_stock_or_price(vms: VmsSide) -> None:
    """materialId holds the SKU; the REST API tells no level."""
    articles = (await vms.get("/api/Articles")).json()

    assert [article["articleId"] for article in articles] == [1, 2, 3, 4, 5]
    skus = [article["linkAccountings"][0]["materialId"] for article in articles]
    assert skus == ["DEMO-TSHIRT-M", "DEMO-TSHIRT-L", "DEMO-MUG", "DEMO-TILE", "DEMO-CABLE"]
    assert not articles[0].keys() & {"stock", "price", "quantity"}
    assert (await vms.get("/api/Articles/3")).json() == articles[2]


async def test_the_search_looks_at_names(vms: VmsSide) -> None:
    """A SKU is found only where the knob says that VMS searches it."""

    async def found(term: str) -> list[int]:
        return [row["articleId"] for row in (await vms.get("/api/Articles/search", searchTerm=term)).json()]

    assert await found("ФУТБОЛКА") == [1, 2]
    assert await found("ceramic") == [3]
    assert await found("DEMO-MUG") == []
    await vms.turn(has_sku_in_article_search=True)
    assert await found("DEMO-MUG") == [3]


async def test_create_replace_and_delete(vms: VmsSide) -> None:
    """201 with the accounts' rows; a PUT replaces names and leaves the rows; 204, then 404."""
    body = {"name": "Ваза", "nameUa": "Ваза", "linkAccountings": [{"materialId": "DEMO-VASE", "unitGauge": "шт"}]}
    made = (await vms.http.post("/api/Articles", json=body)).json()
    path = f"/api/Articles/{made['articleId']}"

    assert made["linkAccountings"][0]["materialId"] == "DEMO-VASE"
    after = (await vms.http.put(path, json={"name": "Ваза скляна"})).json()
    assert (after["name"], after["nameUa"]) == ("Ваза скляна", None)
    assert after["linkAccountings"] == made["linkAccountings"]
    assert [breach["message"].split(":")[0] for breach in await vms.breaches()] == ["nameUa"]
    assert (await vms.http.delete(path)).status_code == 204
    assert (await vms.get(path)).status_code == 404
