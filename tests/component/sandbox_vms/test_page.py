"""The page at `/` is served whole and asks only for admin calls that exist."""

from __future__ import annotations

import re
from pathlib import Path

from starlette.routing import Match

import sandbox.vms.page
from sandbox.vms.app import create_app
from sandbox.vms.system import Vms
from tests.sandbox_vms import VmsSide

PAGE = Path(sandbox.vms.page.__file__).with_name("page.html").read_text(encoding="utf-8")


def wanted() -> set[tuple[str, str]]:
    """Each call of the page's script, with 1 for every value put into a path."""
    edits = re.findall(r"""call\("([A-Z]+)", ["`]([^"`]+)""", PAGE)
    reads = [("GET", path) for path in re.findall(r"""fetch\(["`]/_admin(/[^"`?]+)""", PAGE)]
    return {(method, re.sub(r"\$\{[^}]*\}", "1", path)) for method, path in edits + reads}


async def test_the_page_is_served_and_is_no_call(vms: VmsSide) -> None:
    """A browser gets one HTML file; the call log stays empty."""
    response = await vms.get("/")

    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/html")
    assert response.text == PAGE
    assert (await vms.admin("GET", "/calls"))["calls"] == []


def test_every_call_of_the_page_has_its_route() -> None:
    """A renamed admin call fails here, not under a person's hands."""
    routes = create_app(Vms()).routes
    assert len(wanted()) >= 9
    for method, path in wanted():
        scope = {"type": "http", "method": method, "path": f"/_admin{path}"}
        assert any(route.matches(scope)[0] == Match.FULL for route in routes), (method, path)
