"""compose.yaml brought up for real: everything healthy, watched, locked down, and an order crosses both ways.

Runs where a Docker engine, compose and the images can be had; says what is missing elsewhere.
"""

from __future__ import annotations

import json
import re
import secrets
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from sandbox import stack
from sandbox.stack import containers
from tests.sandboxes import Sandbox

pytestmark = [pytest.mark.containers, pytest.mark.timeout(900)]

ROOT = Path(__file__).parents[2]
OVERRIDE = ROOT / "deploy" / "compose.secrets.yaml"
COMPOSE_TEXT = (ROOT / "compose.yaml").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load(COMPOSE_TEXT)
JOBS = {"migrate", "topics"}
SERVICES = {path.name for path in (ROOT / "services").iterdir() if path.is_dir()}
PORTS = set(re.findall(r"\$\{(\w+)_PORT:-", COMPOSE_TEXT))
BASES = ("python:3.11-slim", *(COMPOSE["services"][name]["image"] for name in ("prometheus", "alertmanager")))
GRAFANA = COMPOSE["services"]["grafana"]["image"]
SECRET = "example-webhook-secret-0001"  # as .env.example has it
WITHIN_SECONDS = 60.0


@dataclass(frozen=True)
class Deployment:
    """One compose project on ports of its own."""

    project: str
    env_file: Path
    ports: dict[str, int]
    services: frozenset[str]

    def compose(self, *arguments: str, files: tuple[str, ...] = ()) -> str:
        """Run docker compose on this project, with further files; a failure shows what it said."""
        command = ["docker", "compose", "--env-file", str(self.env_file), "-p", self.project, "--profile", "sandbox"]
        command += ["--profile", "dashboards"] if "grafana" in self.services else []
        for file in ("compose.yaml", *files):
            command += ["-f", file]
        done = subprocess.run([*command, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, f"{' '.join(arguments)}:\n{done.stdout[-4000:]}{done.stderr[-4000:]}"
        return done.stdout

    def containers(self) -> dict[str, dict[str, Any]]:
        """Every container of the project as the engine describes it, by its service."""
        ids = self.compose("ps", "--all", "--quiet").split()
        described = subprocess.run(["docker", "inspect", *ids], capture_output=True, text=True, check=True).stdout
        return {one["Config"]["Labels"]["com.docker.compose.service"]: one for one in json.loads(described)}

    def address(self, port: str) -> str:
        """Where a port of the project is on this machine."""
        return f"http://127.0.0.1:{self.ports[port]}"


def _docker(*arguments: str) -> bool:
    return subprocess.run(["docker", *arguments], capture_output=True).returncode == 0


def _why_not() -> str | None:
    if reason := containers.why_not():
        return reason
    if not _docker("compose", "version"):
        return "docker compose is not installed"
    for image in BASES:
        if not _has(image):
            return f"the image {image} is neither here nor can be pulled"
    return None


def _has(image: str) -> bool:
    return _docker("image", "inspect", image) or _docker("pull", "--quiet", image)


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """Everything up, with .env.example as .env, the sandbox beside it; all of it gone afterwards."""
    if reason := _why_not():
        pytest.skip(reason)
    ports = {name: stack.take_port() for name in PORTS}
    folder = tmp_path_factory.mktemp("compose")
    env_file = folder / "env"
    lines = [f"{name}_PORT={port}" for name, port in ports.items()]
    lines.append(f"KAFKA_EXTERNAL_ADDRESS=127.0.0.1:{ports['KAFKA']}")
    env_file.write_text((ROOT / ".env.example").read_text(encoding="utf-8") + "\n" + "\n".join(lines), encoding="utf-8")
    services = frozenset(COMPOSE["services"]) - (set() if _has(GRAFANA) else {"grafana"})
    made = Deployment(f"sync-test-{secrets.token_hex(4)}", env_file, ports, services)
    try:
        try:
            made.compose("up", "--detach", "--build", "--wait", "--wait-timeout", "300")
        except AssertionError as failed:
            pytest.fail(f"{failed}\n{made.compose('ps', '--all')}\n{made.compose('logs', '--tail', '20', *SERVICES)}")
        yield made
    finally:
        made.compose("down", "--volumes", "--timeout", "15")
        for port in ports.values():
            stack.give_back(port)


def _eventually(what: Callable[[], Any], within_seconds: float = WITHIN_SECONDS) -> Any:
    end = time.monotonic() + within_seconds
    while not (found := what()):
        assert time.monotonic() < end, f"not within {within_seconds:g} s"
        time.sleep(0.5)
    return found


def test_every_container_is_healthy_and_the_jobs_are_done(deployment: Deployment) -> None:
    """`up --wait` came back, and nothing has died or restarted since."""
    states = {name: one["State"] for name, one in deployment.containers().items()}

    assert states.keys() == deployment.services
    assert {name: states[name]["ExitCode"] for name in JOBS} == dict.fromkeys(JOBS, 0)
    assert {state["Health"]["Status"] for name, state in states.items() if name not in JOBS} == {"healthy"}
    assert {one["RestartCount"] for one in deployment.containers().values()} == {0}


def test_nothing_of_ours_runs_as_root_or_can_write_to_its_image(deployment: Deployment) -> None:
    """As the engine sees it, not as the file says it."""
    described = deployment.containers()

    for name in SERVICES | JOBS:
        assert described[name]["Config"]["User"] == "65532:65532"
        assert described[name]["HostConfig"]["ReadonlyRootfs"]
        assert described[name]["HostConfig"]["CapDrop"] == ["ALL"]
    for name in SERVICES:
        wrote = subprocess.run(
            ["docker", "exec", described[name]["Id"], "python", "-c", "open('/app/x', 'w')"], capture_output=True
        )
        assert b"Read-only file system" in wrote.stderr


def test_a_service_knows_no_secret_that_it_does_not_need(deployment: Deployment) -> None:
    """The ingress, open to the world, has neither KeyCRM's key nor the database's password."""
    described = deployment.containers()
    ingress, applier = (_set(described[name]) for name in ("ingress", "inbound-apply"))

    assert {"WEBHOOK_URL_SECRETS", "KAFKA_BOOTSTRAP_SERVERS"} <= ingress
    assert not {"KEYCRM_API_KEY", "DATABASE_URL", "CONSOLE_TOKENS", "POSTGRES_PASSWORD"} & ingress
    assert not {"WEBHOOK_URL_SECRETS", "CONSOLE_TOKENS", "DATABASE_OWNER_URL"} & applier


def test_prometheus_reaches_every_service_and_no_alert_fires(deployment: Deployment) -> None:
    """All targets are up; a system at rest wakes nobody."""
    address = deployment.address("PROMETHEUS")

    def up() -> set[str]:
        targets = httpx.get(f"{address}/api/v1/targets").json()["data"]["activeTargets"]
        return {target["labels"]["job"] for target in targets if target["health"] == "up"}

    _eventually(lambda: up() >= SERVICES)
    alerts = httpx.get(f"{address}/api/v1/alerts").json()["data"]["alerts"]
    assert [alert["labels"] for alert in alerts if alert["state"] == "firing"] == []
    rules = httpx.get(f"{address}/api/v1/rules").json()["data"]["groups"]
    assert {rule["health"] for group in rules for rule in group["rules"]} <= {"ok", "unknown"}


def test_prometheus_passes_alerts_on_and_alertmanager_knows_where_to(deployment: Deployment) -> None:
    """Both have found each other, and the configuration in force is the one in the repository."""
    found = httpx.get(f"{deployment.address('PROMETHEUS')}/api/v1/alertmanagers").json()["data"]
    status = httpx.get(f"{deployment.address('ALERTMANAGER')}/api/v2/status").json()
    in_force = yaml.safe_load(status["config"]["original"])
    written = yaml.safe_load((ROOT / "deploy" / "alertmanager" / "alertmanager.yml").read_text(encoding="utf-8"))

    assert [one["url"] for one in found["activeAlertmanagers"]] == ["http://alertmanager:9093/api/v2/alerts"]
    assert {one["name"] for one in in_force["receivers"]} == {one["name"] for one in written["receivers"]}
    assert len(in_force["inhibit_rules"]) == len(written["inhibit_rules"])


def test_grafana_shows_the_dashboards_to_whoever_looks(deployment: Deployment) -> None:
    """Without a password, and without a way to change them."""
    if "grafana" not in deployment.services:
        pytest.skip(f"the image {GRAFANA} is neither here nor can be pulled")
    address = deployment.address("GRAFANA")
    found = httpx.get(f"{address}/api/search", params={"type": "dash-db"}).json()
    files = {path.stem for path in (ROOT / "deploy" / "grafana" / "dashboards").glob("*.json")}

    assert {one["uid"] for one in found} == files
    assert httpx.post(f"{address}/api/dashboards/db", json={"dashboard": {"title": "mine"}}).status_code in (401, 403)


def test_an_order_of_vms_reaches_keycrm_and_its_status_comes_back(deployment: Deployment) -> None:
    """Through Kafka, both appliers, the ingress and both sandboxes, by the names inside the network."""
    keycrm, vms = Sandbox(deployment.address("SANDBOX_KEYCRM")), Sandbox(deployment.address("SANDBOX_VMS"))
    url = f"http://ingress:8080/api/keycrm/webhook/order-status-changed/t/{SECRET}"
    keycrm.admin("POST", "hooks", {"kind": "order-status", "url": url})
    customer = vms.admin(
        "POST", "customers", {"companyName": "Olena Tkach", "contactName": "Olena Tkach", "phone": "+380670000123"}
    )
    article = vms.admin("GET", "state")["articles"][0]
    line = {"sku": article["sku"], "quantity": 2, "price": 100}
    order = vms.admin("POST", "orders", {"customerId": customer["customerId"], "lines": [line]})

    made = _eventually(lambda: _by_uuid(keycrm, order["orderId"]))
    keycrm.admin("PATCH", f"orders/{made['id']}", {"status_id": 4})

    _eventually(lambda: _vms_order(vms, order["orderId"])["orderStatus"] == 2)
    assert keycrm.breaches() == []
    assert vms.breaches() == []
    keycrm.close()
    vms.close()


def test_a_service_ends_within_ten_seconds_of_being_asked(deployment: Deployment) -> None:
    """Python is process 1 and gets the signal; the exit says that nothing was cut off."""
    began = time.monotonic()
    deployment.compose("stop", "inbound-apply")
    took = time.monotonic() - began

    assert took < 12
    assert deployment.containers()["inbound-apply"]["State"]["ExitCode"] == 0
    deployment.compose("up", "--detach", "--wait", "inbound-apply")


def test_a_service_that_is_down_becomes_a_page(deployment: Deployment) -> None:
    """Prometheus notices it, Alertmanager routes it to who is called; when it is back, the alert is over."""
    alerts = f"{deployment.address('ALERTMANAGER')}/api/v2/alerts"

    def told() -> list[list[str]]:
        found = httpx.get(alerts, params={"filter": ['alertname="ServiceDown"', 'job="console"']}).json()
        return [[receiver["name"] for receiver in one["receivers"]] for one in found]

    deployment.compose("stop", "console")
    assert _eventually(told, within_seconds=150) == [["page"]]

    deployment.compose("up", "--detach", "--wait", "console")
    _eventually(lambda: not told())


def test_secrets_may_come_as_files(deployment: Deployment, tmp_path: Path) -> None:
    """The console starts again with its secrets in files, and none of them is in its environment."""
    given = {
        "database_url": "postgresql://sync_service:exampleServicePassword@postgres:5432/sync",
        "console_tokens": "viewer:example-token-from-a-file",
    }
    for name in re.findall(r"^  (\w+): \{file: ", OVERRIDE.read_text(encoding="utf-8"), re.MULTILINE):
        (tmp_path / name).write_text(given.get(name, "unused"), encoding="utf-8")
        (tmp_path / name).chmod(0o644)
    with_files = tmp_path / "env"
    with_files.write_text(
        f"{deployment.env_file.read_text(encoding='utf-8')}\nSECRETS_FOLDER={tmp_path}\n", encoding="utf-8"
    )
    secretly = replace(deployment, env_file=with_files)

    secretly.compose("up", "--detach", "--wait", "--no-deps", "console", files=(str(OVERRIDE),))

    token = {"authorization": "Bearer example-token-from-a-file"}
    answer = httpx.get(f"{deployment.address('CONSOLE')}/api/keycrm/sync/status", headers=token)
    assert answer.status_code == 200
    assert not [pair for pair in deployment.containers()["console"]["Config"]["Env"] if "example" in pair]


def _set(container: dict[str, Any]) -> set[str]:
    """The variables that have a value in a container."""
    return {pair.partition("=")[0] for pair in container["Config"]["Env"] if "=" in pair}


def _by_uuid(keycrm: Sandbox, order_id: str) -> dict[str, Any] | None:
    orders = keycrm.admin("GET", "state")["orders"]
    return next((order for order in orders if order.get("source_uuid") == order_id), None)


def _vms_order(vms: Sandbox, order_id: str) -> dict[str, Any]:
    orders = vms.admin("GET", "state")["orders"]
    return next(order for order in orders if order["orderId"] == order_id)
