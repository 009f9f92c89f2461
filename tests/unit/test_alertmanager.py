"""Alertmanager's configuration: each alert reaches somebody, what follows from another is kept quiet, and no secret."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FILE = ROOT / "deploy" / "alertmanager" / "alertmanager.yml"
TEXT = FILE.read_text(encoding="utf-8")
CONFIG = yaml.safe_load(TEXT)
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
GROUPS = yaml.safe_load((ROOT / "deploy" / "prometheus" / "alerts.yml").read_text(encoding="utf-8"))["groups"]
SEVERITY = {rule["alert"]: rule["labels"]["severity"] for group in GROUPS for rule in group["rules"]}
INHIBITIONS: list[dict[str, Any]] = CONFIG["inhibit_rules"]

AMTOOL = shutil.which("amtool")


def _amtool(*arguments: str) -> subprocess.CompletedProcess[str]:
    assert AMTOOL is not None
    return subprocess.run([AMTOOL, *arguments], capture_output=True, text=True, timeout=60)


def _why_not() -> str | None:
    """Addresses in files came with 0.26, which Debian 12 does not have."""
    if AMTOOL is None:
        return "amtool is not installed (Debian 13: package prometheus-alertmanager)"
    told = _amtool("--version")
    version = re.search(r"version (\d+)\.(\d+)", told.stdout + told.stderr)
    if version is None or (int(version[1]), int(version[2])) < (0, 26):
        return f"amtool is older than 0.26: {(told.stdout + told.stderr).splitlines()[0]}"
    return None


WHY_NOT = _why_not()
needs_amtool = pytest.mark.skipif(WHY_NOT is not None, reason=WHY_NOT or "")


def _alerts(matchers: list[str]) -> set[str]:
    """The alerts that a list of matchers names."""
    (names,) = [re.fullmatch(r'alertname=~?"([\w|]+)"', one) for one in matchers if one.startswith("alertname")]
    assert names is not None
    return set(names[1].split("|"))


@needs_amtool
def test_alertmanager_takes_its_configuration() -> None:
    """As the program itself judges."""
    checked = _amtool("check-config", str(FILE))

    assert checked.returncode == 0, checked.stdout + checked.stderr


@needs_amtool
@pytest.mark.parametrize("alert", SEVERITY)
def test_an_alert_goes_where_its_severity_says(alert: str) -> None:
    """Critical calls somebody; a warning is for the day."""
    receiver = {"critical": "page", "warning": "ticket"}[SEVERITY[alert]]
    labels = (f"alertname={alert}", f"severity={SEVERITY[alert]}")

    routed = _amtool("config", "routes", "test", f"--config.file={FILE}", f"--verify.receivers={receiver}", *labels)

    assert routed.returncode == 0, routed.stdout + routed.stderr


def test_every_route_ends_at_a_receiver_and_every_receiver_has_a_route() -> None:
    """What no route leads to would be told nobody."""
    routes = [CONFIG["route"], *CONFIG["route"]["routes"]]

    assert {route["receiver"] for route in routes} == {receiver["name"] for receiver in CONFIG["receivers"]}
    assert CONFIG["route"]["group_by"][:2] == ["alertname", "job"]


@pytest.mark.parametrize("rule", INHIBITIONS, ids=lambda rule: rule["source_matchers"][0])
def test_an_inhibition_names_alerts_and_labels_that_there_are(rule: dict[str, Any]) -> None:
    """A renamed alert would be told beside its cause, or silence nothing."""
    labels = {name for group in GROUPS for rule in group["rules"] for name in re.findall(r"[a-z]+", rule["expr"])}
    matched = [*rule["source_matchers"], *rule["target_matchers"]]

    assert _alerts(rule["source_matchers"]) | _alerts(rule["target_matchers"]) <= SEVERITY.keys()
    assert {re.split(r"[=~!]", one)[0] for one in matched} - {"alertname"} <= labels
    assert set(rule.get("equal", ())) <= labels | {"instance"}


def test_no_two_alerts_silence_each_other() -> None:
    """Else both could fire and nobody would hear of either; also not in a circle."""
    silences: dict[str, set[str]] = {}
    for rule in INHIBITIONS:
        for source in _alerts(rule["source_matchers"]):
            silences.setdefault(source, set()).update(_alerts(rule["target_matchers"]))

    def reached(alert: str, seen: frozenset[str] = frozenset()) -> set[str]:
        found = silences.get(alert, set()) - seen
        return found.union(*(reached(one, seen | found) for one in found))

    assert [alert for alert in silences if alert in reached(alert)] == []


def test_the_broken_promise_itself_is_never_kept_quiet() -> None:
    """Whatever else is wrong, these call somebody."""
    silenced = set().union(*(_alerts(rule["target_matchers"]) for rule in INHIBITIONS))

    assert not silenced & {"DriftUnexplained", "FlowStopped", "SyncFailing", "ServiceDown", "TopicPaused"}


def test_addresses_come_from_files_that_compose_gives() -> None:
    """Nothing secret stands in the configuration; the sample's address is Alertmanager's own and takes nothing."""
    files = set(re.findall(r"url_file: (\S+)", TEXT))
    given = {f"/run/secrets/{name}" for name in COMPOSE["services"]["alertmanager"]["secrets"]}
    sample = ROOT / "deploy" / "alertmanager" / "webhook.sample"

    assert files == given
    assert "://" not in TEXT
    assert sample.read_text(encoding="utf-8") == "http://127.0.0.1:9093/nobody-is-told\n"
    for name in COMPOSE["services"]["alertmanager"]["secrets"]:
        assert COMPOSE["secrets"][name]["file"].endswith(":-./deploy/alertmanager/webhook.sample}")
