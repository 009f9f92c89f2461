"""The whole system on this machine: database migrated, topics made, two sandbox systems, five services, as processes.

Promises: free ports, kept while this process lives, so that a killed service comes back where it was; everything ends
with `stop`, with an error, or when this process is killed. Services get their settings by environment, as anywhere.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox import stack
from sandbox.stack import databases
from sandbox.stack.errors import StackError
from sandbox.stack.guard import Command, Guard

ROOT = Path(__file__).parent.parent
START_SECONDS = 40.0
SERVICES = {
    "ingress": "ingress", "inbound-apply": "inbound_apply", "outbound-sync": "outbound_sync",
    "notifier": "notifier", "console": "console",
}  # fmt: skip
SANDBOXES = ("keycrm", "vms")
WEBHOOK_SECRET = "example-webhook-secret-0001"  # noqa: S105 - an example that no system accepts
TOKENS = {role: f"example-{role}-token-0001" for role in ("viewer", "operator", "admin")}
Tell = Callable[[str, str], None]


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where everything answers, for people, tests and the day."""

    keycrm: str
    vms: str
    services: Mapping[str, str]

    def webhook(self, name: str = "") -> str:
        """The address that KeyCRM is told, with the secret at its end."""
        path = f"/api/keycrm/webhook{'/' if name else ''}{name}"
        return f"{self.services['ingress']}{path}/t/{WEBHOOK_SECRET}"


class System:
    """Five services and two sandbox systems on a stack's Kafka and PostgreSQL."""

    def __init__(
        self,
        servers: stack.Stack,
        folder: Path,
        *,
        database_owner_url: str | None = None,
        service_password: str | None = None,
        settings: Mapping[str, str] | None = None,
        services: Iterable[str] = tuple(SERVICES),
        keycrm_knobs: Mapping[str, Any] | None = None,
        tell: Tell = lambda _name, _doing: None,
    ) -> None:
        """`settings` are further environment variables of the services; a given database is migrated already.

        The knobs are turned before any service asks KeyCRM: what it says of its limit is believed for a while.
        """
        self.servers = servers
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._tell = tell
        self._services = tuple(services)
        self._settings = dict(settings or {})
        self._keycrm_knobs = dict(keycrm_knobs or {})
        self._password = service_password or secrets.token_hex(12)
        self._owner_url = database_owner_url
        self._guard: Guard | None = None
        self._ports = {name: stack.take_port() for name in (*SANDBOXES, *SERVICES)}
        self._modules = dict(SERVICES)
        self.addresses = Addresses(
            self._address("keycrm"), self._address("vms"), {name: self._address(name) for name in SERVICES}
        )

    def start(self) -> None:
        """Start everything and wait until all of it is ready.

        Raises:
            StackError: something does not start; the sentence says what, and where its log is.
        """
        if self._owner_url is None:
            self._owner_url = self.servers.database()
            self._migrate()
        self._make_topics()
        (self.folder / "run").mkdir(exist_ok=True)
        self._guard = Guard(self.folder / "run", removes_folder=False)
        for name in SANDBOXES:
            self.launch(name)
        for name in SANDBOXES:
            self.wait(name)
        if self._keycrm_knobs:
            admin(self.addresses.keycrm, "PATCH", "knobs", self._keycrm_knobs)
        for name in self._services:
            self.launch(name)
        for name in self._services:
            self.wait(name)

    def stop(self) -> None:
        """End everything; the stack stays."""
        if self._guard is not None:
            self._guard.close()
            self._guard = None
        for port in self._ports.values():
            stack.give_back(port)

    def copy(self, service: str, name: str) -> None:
        """Know a further process of a service, with a port and a log of its own; `launch` starts it."""
        self._modules[name] = self._modules[service]
        if name not in self._ports:
            self._ports[name] = stack.take_port()

    def launch(self, name: str, **settings: str) -> None:
        """Start one process; `settings` are for this start only."""
        self._tell(name, "starting")
        module = ["sandbox", name, "--port", str(self._ports[name])] if name in SANDBOXES else [self._modules[name]]
        if name == "vms":
            module += ["--kafka", self.servers.kafka_bootstrap]
        env = self._environment(name) | settings
        command = Command(name, [sys.executable, "-m", *module], self.log(name), env=env, grace_seconds=12)
        self._guarded.start(command)

    def wait(self, name: str, seconds: float = START_SECONDS) -> None:
        """Wait until one process is ready."""
        path = "/health" if name in SANDBOXES else "/health/ready"
        deadline = time.monotonic() + seconds
        while not _answers(f"{self._address(name)}{path}"):
            code = self._guarded.exit_code(name)
            if code is not None:
                raise StackError(f"{name} ended with {code}: {self._last_words(name)}")
            if time.monotonic() > deadline:
                raise StackError(f"{name} is not ready after {seconds:.0f} s: see {self.log(name)}")
            time.sleep(0.05)
        self._tell(name, "ready")

    def kill(self, name: str) -> None:
        """End one process with no time to tidy up."""
        self._guarded.stop(name, kill=True)

    def terminate(self, name: str) -> None:
        """Ask one process to end, and wait until it has."""
        self._guarded.stop(name)

    def restart(self, name: str, **settings: str) -> None:
        """Start one again where it was."""
        self.launch(name, **settings)
        self.wait(name)

    def log(self, name: str) -> Path:
        """Where a process's output goes."""
        return self.folder / f"{name}.log"

    @property
    def database_url(self) -> str:
        """The services' own address of the database."""
        return databases.address(self._owner, user="sync_service", password=self._password)

    @property
    def database_owner_url(self) -> str:
        """The owner's address of the database."""
        return self._owner

    @property
    def _owner(self) -> str:
        assert self._owner_url is not None, "start first"
        return self._owner_url

    @property
    def _guarded(self) -> Guard:
        assert self._guard is not None, "start first"
        return self._guard

    def _address(self, name: str) -> str:
        return f"http://127.0.0.1:{self._ports[name]}"

    def _environment(self, name: str) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if key in ("PATH", "HOME", "LANG", "TMPDIR", "TZ")}
        if name in SANDBOXES:
            return kept
        return {
            **kept,
            "KAFKA_BOOTSTRAP_SERVERS": self.servers.kafka_bootstrap,
            "DATABASE_URL": self.database_url,
            "KEYCRM_BASE_URL": f"{self.addresses.keycrm}/v1",
            "KEYCRM_API_KEY": "sandbox-key",
            "KEYCRM_SOURCE_ID": "3",
            "VMS_BASE_URL": self.addresses.vms,
            "WEBHOOK_URL_SECRETS": WEBHOOK_SECRET,
            "WEBHOOK_HMAC_SECRETS": "example-hmac-secret-0001",
            "CONSOLE_TOKENS": ",".join(f"{role}:{token}" for role, token in TOKENS.items()),
            "SYNC_PAIRS_FILE": str(ROOT / "deploy" / "pairs.sample.toml"),
            "HTTP_HOST": "127.0.0.1",
            "HTTP_PORT": str(self._ports[name]),
            **self._settings,
        }

    def _migrate(self) -> None:
        self._tell("database", "migrating")
        env = {"DATABASE_OWNER_URL": self._owner, "SYNC_SERVICE_PASSWORD": self._password}
        self._job(["alembic", "-c", str(ROOT / "deploy" / "alembic.ini"), "upgrade", "head"], env)

    def _make_topics(self) -> None:
        self._tell("topics", "making")
        self._job(["deploy.topics"], {"KAFKA_BOOTSTRAP_SERVERS": self.servers.kafka_bootstrap})

    def _job(self, module: list[str], env: Mapping[str, str]) -> None:
        done = subprocess.run(
            [sys.executable, "-m", *module],
            cwd=ROOT,
            env={**os.environ, **env},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise StackError(f"{module[0]} failed: {(done.stderr or done.stdout).strip().splitlines()[-1]}")

    def _last_words(self, name: str) -> str:
        lines = self.log(name).read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1][:500] if lines else "it said nothing"


def _answers(url: str) -> bool:
    with suppress(OSError), urllib.request.urlopen(url, timeout=2) as answer:
        return bool(answer.status == 200)
    return False


def admin(address: str, method: str, path: str, body: Any = None) -> Any:
    """One admin call of a sandbox system; answers its JSON."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(
        f"{address}/_admin/{path}", data, {"content-type": "application/json"}, method=method
    )
    with urllib.request.urlopen(request, timeout=15) as answer:
        text = answer.read()
    return json.loads(text) if text else None
