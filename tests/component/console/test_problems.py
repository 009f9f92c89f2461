"""Bad input and bad weather: every refusal is a problem that names the field and the fix, and repeats nothing."""

from __future__ import annotations

import asyncio
import io

import httpx
from pydantic import SecretStr

from console.domain.refusals import Refusal
from console.endpoint.api import api
from console.handlers.desk import Desk
from libs.runtime.access import Access
from libs.runtime.database import open_database
from libs.runtime.run import Life
from libs.runtime.settings import DatabaseSettings
from tests.component.console.world import CANARY_NAME, CANARY_PHONE, ENTRIES, GUID, TOKENS, Api, problem

WRONG: tuple[tuple[str, str, dict[str, object] | None, str, str], ...] = (
    ("POST", "/sync/orders/12", None, "id", "GUID"),
    ("POST", f"/sync/customers/{GUID}", None, "id", "digits"),
    ("POST", f"/sync/orders/{GUID}?side=keycrm", None, "id", "digits"),
    ("POST", "/sync/articles/0", None, "id", "digits"),
    ("POST", "/sync/articles/99999999999999999999?side=keycrm", None, "id", "digits"),
    ("POST", f"/sync/parcels/{GUID}", None, "records", "orders"),
    ("POST", f"/sync/orders/{GUID}?side=bank", None, "side", "keycrm"),
    ("POST", f"/sync/orders/{GUID}?wait=3600", None, "wait", "60"),
    ("GET", "/operations/12", None, "id", "UUID"),
    ("GET", "/conflicts?status=lost", None, "status", "open"),
    ("GET", "/conflicts?limit=0", None, "limit", "1"),
    ("GET", "/conflicts?after=-1", None, "after", "0"),
    ("GET", f"/conflicts/{2**63}", None, "id", "less"),
    ("GET", "/audit?since=2026-01-15T09:30:00", None, "since", "timezone"),
    ("GET", "/comparison/differences?after=yesterday", None, "after", "next"),
    ("GET", "/comparison/differences?after=1769000000000000", None, "after", "next"),
    ("GET", "/comparison/differences?after=999999999999999999-1", None, "after", "next"),
    ("GET", "/comparison/differences?cause=fate", None, "cause", "question"),
    ("GET", "/comparison/levels", None, "kind", "add it"),
    ("GET", "/comparison/levels?kind=price&after=WyJBIl0", None, "after", "next"),
    ("GET", "/comparison/levels?kind=price&after=WyJBXHUwMDAwIiwiIl0", None, "after", "next"),
    ("GET", "/audit?actor=%00", None, "actor", "pattern"),
    ("POST", "/conflicts/1/resolve", {"choice": "mine", "asked": 1}, "choice", "keycrm"),
    ("POST", "/conflicts/1/resolve", {"choice": "vms"}, "asked", "add it"),
    ("POST", "/conflicts/1/resolve", {"choice": "vms", "asked": 1, "chioce": "x"}, "chioce", "leave it out"),
    ("POST", "/conflicts/1/resolve", {"choice": "value", "asked": 1, "value": 12.5}, "value", "as text"),
    ("POST", "/conflicts/1/resolve", {"choice": "value", "asked": 1, "value": "a\u0000b"}, "value", "control"),
    ("POST", "/conflicts/1/resolve", {"choice": "value", "asked": 1, "value": 2**64}, "value", "as text"),
    ("POST", "/dead-letters/1/discard", {}, "reason", "add it"),
    ("POST", "/dead-letters/1/discard", {"reason": "   "}, "reason", "write"),
    ("POST", "/flows/stock.to_keycrm/resume", {"reason": "x", "allowMinutes": 100000}, "allowMinutes", "1440"),
)  # fmt: skip


async def test_a_wrong_field_is_named_with_its_fix(console: Api) -> None:
    """422 with the field's name as it was sent, what is wrong and what to write; the value is not repeated."""
    for method, path, body, field, hint in WRONG:
        answer = await console.ask(method, path, json=body)
        told = problem(answer, 422)
        assert field in [fault["field"] for fault in told["errors"]], (path, told)
        assert all(fault["problem"] and fault["fix"] for fault in told["errors"])
        assert hint.lower() in told["detail"].lower(), (path, told)


async def test_no_problem_repeats_what_was_sent(console: Api) -> None:
    """Whatever a person typed may be a name or a token, so it never comes back."""
    canary = f"{CANARY_NAME} {CANARY_PHONE}"
    answers = [
        await console.post(f"/sync/orders/{canary}"),
        await console.post("/conflicts/1/resolve", json={"choice": canary, "asked": canary, canary: canary}),
        await console.post("/conflicts/1/resolve", json={"choice": "value", "asked": 1, "value": {canary: 1.5}}),
        await console.post("/dead-letters/1/discard", json={"reason": canary * 20}),
        await console.ask("GET", "/conflicts", params={"entity": canary}),
        await console.ask("GET", f"/{canary}"),
        await console.post("/conflicts/1/resolve", content=f'{{"choice": "{canary}"'.encode()),
    ]
    for answer in answers:
        problem(answer, answer.status_code)
        # The name of an unknown key is repeated: nobody could find it otherwise.
        text = answer.text.replace(f'"field":"{canary}"', "").replace(f"{canary}: extra", "")
        assert CANARY_NAME not in text, answer.text
        assert CANARY_PHONE not in text


async def test_what_is_not_json_is_400(console: Api) -> None:
    """The problem says what to send; 415 where the sender does not say that it is JSON."""
    for content, headers, status in (
        (b"{choice", {"content-type": "application/json"}, 400),
        (b"\xff\xfe", {"content-type": "application/json"}, 400),
        (b"[1]", {"content-type": "application/json"}, 422),
        (b"{choice", {}, 415),
        (b"choice=vms", {"content-type": "application/x-www-form-urlencoded"}, 415),
    ):
        answer = await console.client.post(
            "/api/keycrm/conflicts/1/resolve", content=content,
            headers={"authorization": f"Bearer {TOKENS['operator']}", **headers},
        )  # fmt: skip
        assert "JSON" in problem(answer, status)["detail"] or status == 422


async def test_a_large_body_is_413_however_it_is_sent(console: Api) -> None:
    """With its length said beforehand, and in pieces without."""

    async def pieces() -> object:
        for _ in range(100):
            yield b"x" * 1024

    problem(await console.post("/dead-letters/1/discard", content=b"x" * 100_000), 413)
    problem(await console.post("/dead-letters/1/discard", content=pieces()), 413)


async def test_unknown_addresses_and_methods_are_problems(console: Api) -> None:
    """404 and 405 lead to the documentation; 405 says what is taken."""
    told = problem(await console.ask("GET", "/nothing"), 404)
    assert "/docs" in told["detail"]
    answer = await console.ask("DELETE", "/audit")
    problem(answer, 405)
    assert answer.headers["allow"] == "GET"


async def test_the_database_away_is_503(unused_port: int) -> None:
    """Every reading and acting endpoint says so within seconds, and when to come again; nothing hangs."""
    settings = DatabaseSettings(
        database_url=SecretStr(f"postgresql://sync_service:example-canary-pw@127.0.0.1:{unused_port}/sync"),
        _env_file=None,
    )
    async with open_database(settings, "test-console") as database:
        desk = Desk(database, Life.clock, Life.new_id, asyncio.Event())
        transport = httpx.ASGITransport(api(desk, Access(ENTRIES)))
        async with httpx.AsyncClient(transport=transport, base_url="http://console") as client:
            console = Api(client)
            for method, path in (("GET", "/sync/status"), ("GET", "/audit"), ("POST", f"/sync/orders/{GUID}")):
                answer = await console.ask(method, path)
                assert "database" in problem(answer, 503)["detail"]
                assert int(answer.headers["retry-after"]) > 0
                assert "canary" not in answer.text


async def test_a_bug_of_ours_says_nothing_but_that(desk: Desk, printed: io.StringIO) -> None:
    """500 without the exception's message, in the answer and in the log: it may hold anything."""

    def broken() -> object:
        raise RuntimeError(f"{CANARY_NAME} {TOKENS['admin']}")

    wrong = Desk(desk.database, broken, desk.new_id, desk.stopping)  # type: ignore[arg-type]  # a clock that fails
    transport = httpx.ASGITransport(api(wrong, Access(ENTRIES)))
    async with httpx.AsyncClient(transport=transport, base_url="http://console") as client:
        answer = await Api(client).ask("GET", "/sync/status")

    problem(answer, 500)
    assert '"where":"http"' in printed.getvalue()
    told = answer.text + printed.getvalue()
    assert CANARY_NAME not in told
    assert TOKENS["admin"] not in told


async def test_answers_are_not_kept_by_browsers(console: Api) -> None:
    """They may hold personal data; and each carries the correlation id of its log lines."""
    answer = await console.ask("GET", "/conflicts")

    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-correlation-id"]


async def test_a_correlation_id_is_carried_on(console: Api, conn: object) -> None:
    """What came with the request stands in the answer."""
    headers = {"authorization": f"Bearer {TOKENS['viewer']}", "x-correlation-id": "person-1"}
    answer = await console.client.get("/api/keycrm/conflicts", headers=headers)

    assert answer.headers["x-correlation-id"] == "person-1"


def test_every_refusal_has_a_status() -> None:
    """A new kind of refusal must be given one."""
    from console.endpoint.problems import _STATUS  # the table itself is what is proved

    kinds = {kind.__name__ for kind in Refusal.__subclasses__()}
    assert kinds == {kind.__name__ for kind in _STATUS} | {"Unusable"}
