"""The API's own page and document."""

from __future__ import annotations

import re

from tests.component.console.world import Api


async def test_the_page_works_where_no_other_host_is_reached(console: Api) -> None:
    """Page, script, style and picture come from here; no script is inline, and the policy says so."""
    page = await console.client.get("/docs")

    assert page.status_code == 200
    assert "://" not in page.text
    assert not re.search(r"<script(?![^>]*\bsrc=)", page.text)
    assert "script-src 'self';" in page.headers["content-security-policy"]
    for path in re.findall(r'(?:src|href)="(/[^"]+)"', page.text):
        answer = await console.client.get(path)
        assert answer.status_code == 200, path
        assert len(answer.content) > 100
    assert (await console.client.get("/")).headers["location"] == "/docs"


async def test_the_document_describes_every_answer(console: Api) -> None:
    """Each operation has a summary, a description, its problems and the token it needs."""
    document = (await console.client.get("/openapi.json")).json()

    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            where = f"{method} {path}"
            assert operation["summary"], where
            assert operation["description"], where
            assert operation["security"] == [{"token": []}], where
            assert {"401", "403", "422", "503"} <= operation["responses"].keys(), where
            for status in ("401", "422"):
                assert list(operation["responses"][status]["content"]) == ["application/problem+json"], where
    assert "Problem" in document["components"]["schemas"]
    assert "HTTPValidationError" not in document["components"]["schemas"]


async def test_every_reference_of_the_document_leads_somewhere(console: Api) -> None:
    """A generator of clients can use it."""
    answer = await console.client.get("/openapi.json")
    schemas = answer.json()["components"]["schemas"]

    assert set(re.findall(r"#/components/schemas/(\w+)", answer.text)) <= schemas.keys()
