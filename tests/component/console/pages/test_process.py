"""The console as a process: its pages beside its API, what its log says of them, and how it stops while people look."""

from __future__ import annotations

import re
import time

import httpx
import psycopg

from tests.component.console.test_running import console_process
from tests.component.console.world import TOKENS
from tests.running import refused


def signed_in(client: httpx.Client) -> None:
    """Through the door, as a browser does it."""
    found = re.search(r'name="csrf" value="([^"]+)"', client.get("/sign-in").text)
    assert found is not None
    answer = client.post("/sign-in", data={"csrf": found[1], "token": TOKENS["operator"]})
    assert answer.status_code == 303


def told_consoles(database_url: str) -> int:
    """How many consoles tell of themselves; the ingresses of other tests tell over the same topic."""
    with psycopg.connect(database_url) as conn:
        row = conn.execute("SELECT count(*) FROM process WHERE service = 'console'").fetchone()
    assert row is not None
    return int(row[0])


def test_the_pages_live_beside_the_api(kafka_bootstrap: str, database_url: str) -> None:
    """Each answers at its own addresses; the process tells of itself; the log has no token and no cookie."""
    with console_process(kafka_bootstrap, database_url, CONSOLE_PUBLIC_URL="http://127.0.0.1/") as running:
        with httpx.Client(base_url=running.address) as client:
            signed_in(client)
            cookie = client.cookies["session"]
            assert "<h1>" in client.get("/").text
            assert client.get("/api/keycrm/sync/status").status_code == 401  # a session is no token
            assert client.get("/openapi.json").status_code == 200
            with client.stream("GET", "/live?on=now", timeout=20) as live:
                events = live.iter_lines()
                assert next(line for line in events if line == "event: sentence")
                began = time.monotonic()
                running.child.terminate()
                for _ in events:
                    pass
                running.child.wait(timeout=12)
        assert time.monotonic() - began < 8
        logged = running.logged()

    assert cookie not in logged
    assert TOKENS["operator"] not in logged
    assert '"event": "service.stopped"' in logged or '"event":"service.stopped"' in logged
    assert told_consoles(database_url) == 0  # it said good-bye


def test_an_issuer_that_is_half_told_is_refused(kafka_bootstrap: str, database_url: str) -> None:
    """One line that names what is missing, and no secret."""
    lines = refused(
        "console",
        KAFKA_BOOTSTRAP_SERVERS=kafka_bootstrap,
        DATABASE_URL=database_url,
        CONSOLE_TOKENS=f"operator:{TOKENS['operator']}",
        CONSOLE_OIDC_ISSUER="https://issuer.example",
        CONSOLE_OIDC_CLIENT_SECRET="example-client-secret",
        CONSOLE_OIDC_ROLES="staff=operator",
    )

    assert "CONSOLE_OIDC_CLIENT_ID, CONSOLE_PUBLIC_URL: needed with CONSOLE_OIDC_ISSUER" in "".join(lines)
    assert "example-client-secret" not in "".join(lines)
