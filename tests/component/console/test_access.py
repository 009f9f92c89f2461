"""Who may do what: every endpoint, every role, and no token at all."""

from __future__ import annotations

import hashlib
from uuid import uuid4

import pytest

from libs.runtime.access import Access, TwoRoles
from libs.runtime.database import Connection
from libs.runtime.settings import TokenEntry
from tests.component.console.world import GUID, TOKENS, Api, audited, problem

READS = (
    "/sync/status",
    f"/operations/{uuid4()}",
    "/conflicts",
    "/conflicts/1",
    "/dead-letters",
    "/dead-letters/reasons",
    "/dead-letters/1",
    "/conflicts/reasons",
    "/records?text=417",
    "/audit",
    "/comparison",
    "/comparison/differences",
    "/comparison/levels?kind=stock",
    f"/bindings/orders/{GUID}",
    "/bindings/1",
)
ACTS = (
    ("/conflicts/bulk", {"rule": {"entity": "order"}, "choice": "vms"}),
    (f"/conflicts/bulk/{uuid4()}/apply", None),
    ("/dead-letters/bulk", {"kind": "replay", "rule": {}}),
    (f"/dead-letters/bulk/{uuid4()}/apply", None),
    (f"/sync/orders/{GUID}", None),
    ("/comparison", None),
    ("/conflicts/1/resolve", {"choice": "vms", "asked": 1}),
    ("/dead-letters/1/replay", None),
    ("/dead-letters/1/discard", {"reason": "never wanted"}),
    ("/flows/stock.to_keycrm/resume", {"reason": "looked at"}),
    ("/topics/outbound-sync/vms.order.v1/resume", {"reason": "mended"}),
)


async def test_every_route_is_tried_here(console: Api) -> None:
    """A new route cannot be forgotten: the document has as many as this table."""
    document = (await console.client.get("/openapi.json")).json()
    methods = [method for path in document["paths"].values() for method in path]

    assert methods.count("get") == len(READS)
    assert methods.count("post") == len(ACTS)
    assert len(methods) == len(READS) + len(ACTS)


async def test_nothing_is_read_without_a_known_token(console: Api) -> None:
    """Without one, with a wrong one, with another scheme: 401 that says how to ask."""
    for path in READS:
        for headers in ({}, {"authorization": "Bearer wrong-token-wrong-token"}, {"authorization": "Basic YTpi"}):
            answer = await console.client.get(f"/api/keycrm{path}", headers=headers)
            assert "Authorization: Bearer" in problem(answer, 401)["detail"], path
            assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("role", TOKENS)
async def test_every_role_reads(console: Api, role: str) -> None:
    """What is not there is 404, never 403."""
    for path in READS:
        assert (await console.ask("GET", path, role)).status_code in (200, 404), path


async def test_a_viewer_changes_nothing(console: Api, conn: Connection) -> None:
    """403 names the role that is needed; not a row has changed."""
    for path, body in ACTS:
        assert "operator" in problem(await console.post(path, "viewer", json=body), 403)["detail"], path

    assert await conn.fetchval("SELECT (SELECT count(*) FROM work_item) + (SELECT count(*) FROM audit_entry)") == 0


@pytest.mark.parametrize("role", ["operator", "admin"])
async def test_operators_and_admins_act(console: Api, role: str) -> None:
    """They get as far as what they ask about: done, or 404."""
    for path, body in ACTS:
        assert (await console.post(path, role, json=body)).status_code in (201, 202, 404), path


async def test_nobody_acts_without_a_known_token(console: Api) -> None:
    """Whatever the body is."""
    for path, body in ACTS:
        problem(await console.post(path, None, json=body), 401)
        problem(await console.post(path, None, content=b"{"), 401)


async def test_the_audit_names_who_acted_and_never_the_token(console: Api, conn: Connection) -> None:
    """The role, and enough of the token's digest to tell two operators apart."""
    await console.post(f"/sync/orders/{GUID}", "admin")

    digest = hashlib.sha256(TOKENS["admin"].encode()).hexdigest()[:8]
    assert await audited(conn) == [(f"admin:{digest}", "sync.asked", "")]


def entry(role: str, name: str | None = None) -> TokenEntry:
    """One token, of this role."""
    return TokenEntry.model_validate({"role": role, "name": name, "token": "example-token-0001"})


def test_a_token_with_two_roles_is_refused() -> None:
    """Nobody could say what it may do; the same twice is harmless."""
    with pytest.raises(TwoRoles):
        Access([entry("viewer"), entry("admin")])
    with pytest.raises(TwoRoles):
        Access([entry("viewer", "Оксана"), entry("viewer", "Тарас")])

    assert Access([entry("viewer"), entry("viewer")]).person("example-token-0001")


def test_no_token_is_no_person() -> None:
    """An empty or missing token is nobody's, even where nobody has a token."""
    assert Access([]).person("") is None
    assert Access([entry("viewer")]).person(None) is None
