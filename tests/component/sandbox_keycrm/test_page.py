"""The page: it is there with what it needs, and its forms post to calls that exist."""

from __future__ import annotations

import re

import pytest

from tests.sandbox_keycrm import KeyCrmSide, order_body

CALL = re.compile(r'call\("(?P<method>[A-Z]+)", [`"](?P<path>/[^`"]*)[`"]')


@pytest.mark.parametrize(
    ("path", "kind"), [("/", "text/html"), ("/page.css", "text/css"), ("/page.js", "text/javascript")]
)
async def test_the_page_and_its_files_are_served(keycrm: KeyCrmSide, path: str, kind: str) -> None:
    """Without a build step, and outside the quota and the call log."""
    response = await keycrm.http.get(path)

    assert (response.status_code, response.headers["content-type"].partition(";")[0]) == (200, kind)
    assert (await keycrm.admin("GET", "/calls"))["calls"] == []


async def test_the_forms_post_to_calls_that_exist(keycrm: KeyCrmSide) -> None:
    """Each call of the page is a route with that method: it is not 404 or 405 for want of one."""
    await keycrm.admin("POST", "/orders", order_body(payments=[{"amount": 1}]))
    ids = {"order.id": "1001", "payment.id": "7001", "buyer.id": "5001", "product.id": "201"}
    calls = CALL.findall((await keycrm.http.get("/")).text)
    assert len(calls) >= 8

    for method, path in calls:
        filled = re.sub(r"\$\{([\w.]+)\}", lambda match: ids[match[1]], path)
        status = (await keycrm.http.request(method, f"/_admin{filled}", json={"unknown": 1})).status_code
        assert status == 422, (method, path)


async def test_health(keycrm: KeyCrmSide) -> None:
    """Both addresses tell that it is up."""
    for path in ("/health", "/_admin/health"):
        assert (await keycrm.http.get(path)).json() == {"status": "ok"}
