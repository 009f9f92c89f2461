"""The console's answers over a full database: each page and list, as a browser asks for it, one after the other.

A console of its own process on a real PostgreSQL with as much in it as a shop has after years; what is measured is the
whole answer over HTTP, the database's part included. Each question is asked of other records each time.
"""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from sandbox import stack
from sandbox.stack import databases
from tests.bench import children, crowd
from tests.bench.crowd import Amount
from tests.bench.figures import Figure, Part, percentile
from tests.bench.marking import migrated

TOKEN = secrets.token_urlsafe(24)
BAR_MS = 100.0
START_SECONDS = 40.0
Path_ = Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Size:
    """How full the database is, and how often each is asked."""

    amount: Amount
    times: int


FULL = Size(Amount(bindings=100_000, conflicts=10_000, audit=1_000_000), times=60)
QUICK = Size(Amount(bindings=1_000, conflicts=100, audit=2_000, letters=20, operations=20), times=3)

PAGES: dict[str, Path_] = {
    "page Now": lambda n: "/",
    "page Conflicts": lambda n: f"/conflicts?after={n * 100}",
    "page Conflicts, one rule": lambda n: "/conflicts?entity=customer&field=address&reason=both_changed&moved=both",
    "page Conflicts, one": lambda n: f"/conflicts/{1 + n * 97}",
    "page Conflicts, the last ones": lambda n: "/conflicts?before=10000",
    "page Records": lambda n: "/records",
    "page Records, a name being typed": lambda n: f"/records?q={('Оле', 'Іва', 'Дем', 'Ліс', 'Мар')[n % 5]}",
    "page Records, the end of a phone": lambda n: f"/records?q={n * 613 % 10_000:04d}",
    "page Records, one order": lambda n: f"/records/orders/{40_001 + n * 97}",
    "page Records, one customer": lambda n: f"/records/customers/{1 + n * 97}",
    "page Comparison": lambda n: "/comparison",
    "page Comparison, what is unexplained": lambda n: "/comparison?cause=nothing",
    "page Comparison, the stock": lambda n: "/comparison?of=stock",
    "page Dead letters": lambda n: f"/dead-letters?after={n * 10}",
    "page Dead letters, one": lambda n: f"/dead-letters/{1 + n}",
    "page Operations": lambda n: "/operations",
    "page Audit": lambda n: "/audit",
    "page Audit of a person": lambda n: "/audit?actor=%D0%86%D0%B3%D0%BE%D1%80",
    "page Audit of a rare action": lambda n: "/audit?action=flow.resumed",
    "page Set-up": lambda n: "/setup",
}
API: dict[str, Path_] = {
    "status": lambda n: "/sync/status",
    "search: a number": lambda n: f"/records?text=V-{n * 97 % 60_000:06d}",
    "search: a name being typed": lambda n: f"/records?text={('Оле', 'Іва', 'Дем', 'Ліс', 'Мар')[n % 5]}",
    "search: a name and a surname": lambda n: f"/records?text=Ган Дем {n}",
    "search: the end of a phone": lambda n: f"/records?text={n * 613 % 10_000:04d}",
    "search: one digit": lambda n: f"/records?text={n % 10}",
    "search: nobody": lambda n: f"/records?text=нікого{n}",
    "a record": lambda n: f"/bindings/{1 + n * 7919 % 100_000}",
    "conflicts": lambda n: f"/conflicts?after={n * 100}",
    "conflicts of one field": lambda n: "/conflicts?field=address&reason=both_changed",
    "conflicts by reason": lambda n: "/conflicts/reasons",
    "conflicts of a record": lambda n: f"/conflicts?status=all&binding={1 + n * 31}",
    "comparison": lambda n: "/comparison",
    "differences": lambda n: "/comparison/differences?limit=200",
    "levels that differ": lambda n: f"/comparison/levels?kind={('stock', 'price')[n % 2]}",
    "dead letters": lambda n: f"/dead-letters?after={n * 10}",
    "dead letters by reason": lambda n: "/dead-letters/reasons",
    "audit": lambda n: f"/audit?before={1_000_000 - n * 1_000}",
    "audit of a person": lambda n: f"/audit?actor=%D0%86%D0%B3%D0%BE%D1%80&before={1_000_000 - n * 1_000}",
    "audit of a record": lambda n: f"/audit?binding={1 + n * 31}",
    "audit of a rare action": lambda n: "/audit?action=flow.resumed",
}


def measure(servers: stack.Stack, folder: Path, size: Size) -> Part:
    """Every page's and list's answer."""
    part = Part("Pages: the console over a full database", ("p95", "p50 … slowest"))
    with migrated(servers) as (template, password):
        owner_url = servers.database(template=template)
        took = crowd.filled(owner_url, size.amount)
        part.rounds["filled_seconds"] = round(took, 1)
        url = databases.address(owner_url, user="sync_service", password=password)
        with _console(servers, url, folder) as address, httpx.Client(base_url=address, timeout=60) as client:
            _sign_in(client)
            part.figures = [_asked(part, client, name, path, size) for name, path in PAGES.items()]
            client.cookies.clear()
            client.headers["authorization"] = f"Bearer {TOKEN}"
            below = {name: _below(path) for name, path in API.items()}
            part.figures += [_asked(part, client, name, path, size) for name, path in below.items()]
        servers.drop_database(owner_url)
    return part


def _below(path: Path_) -> Path_:
    return lambda n: f"/api/keycrm{path(n)}"


def _sign_in(client: httpx.Client) -> None:
    """As a person does: the form, its secret, the token; the client keeps the session's cookie."""
    found = re.search(r'name="csrf" value="([^"]+)"', client.get("/sign-in").text)
    if found is None:
        raise children.BenchError("the door shows no form")
    answer = client.post("/sign-in", data={"csrf": found[1], "token": TOKEN})
    if answer.status_code != 303:
        raise children.BenchError(f"the door answered {answer.status_code}")


def _asked(part: Part, client: httpx.Client, name: str, path: Path_, size: Size) -> Figure:
    seen = []
    for number in range(size.times):
        began = time.perf_counter()
        answer = client.get(path(number))
        seen.append((time.perf_counter() - began) * 1_000)
        if answer.status_code not in (
            (200,) if size == FULL else (200, 404)
        ):  # a small one has no record of every number
            raise children.BenchError(f"{path(number)} answered {answer.status_code}")
    part.rounds[name] = [round(one, 1) for one in seen]
    return Figure(
        name, percentile(seen, 0.95), "ms", BAR_MS, is_ceiling=True, low=percentile(seen, 0.5), high=max(seen)
    )


@contextmanager
def _console(servers: stack.Stack, url: str, folder: Path) -> Iterator[str]:
    """The console as a process; its log lies in the folder."""
    port = stack.take_port()
    settings = {
        "HTTP_HOST": "127.0.0.1", "HTTP_PORT": str(port), "DATABASE_URL": url, "LOG_LEVEL": "WARNING",
        "KAFKA_BOOTSTRAP_SERVERS": servers.kafka_bootstrap, "CONSOLE_TOKENS": f"operator:{TOKEN}",
    }  # fmt: skip
    log = folder / "console.log"
    with log.open("wb") as output:
        child = subprocess.Popen(
            [sys.executable, "-m", "console"],
            cwd=children.ROOT,
            env=os.environ | settings,
            stdout=output,
            stderr=output,
        )
        try:
            _until_live(child, f"http://127.0.0.1:{port}", log)
            yield f"http://127.0.0.1:{port}"
        finally:
            child.terminate()
            child.wait(timeout=20)
            stack.give_back(port)


def _until_live(child: subprocess.Popen[bytes], address: str, log: Path) -> None:
    began = time.monotonic()
    while True:
        try:
            if httpx.get(f"{address}/health/live", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            pass
        if child.poll() is not None or time.monotonic() - began > START_SECONDS:
            raise children.BenchError(f"the console does not live: {log.read_text(errors='replace')[-500:]}")
        time.sleep(0.1)
