"""The alert rules: they fire when a promise breaks, stay silent otherwise, and name only what exists."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from libs.contracts.topics import SERVICES
from tests.promql import EXPORTED, exported_labels, labels, named, needs_promtool, promtool

ROOT = Path(__file__).parents[2]
PROMETHEUS = ROOT / "deploy" / "prometheus"
CASES = sorted((PROMETHEUS / "tests").glob("*.yml"))


def _rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load((PROMETHEUS / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


RULES = _rules()
ALERTS = [rule["alert"] for rule in RULES]
NAMED = {name for rule in RULES for name in named(rule["expr"])}
METRICS = (ROOT / "libs" / "runtime" / "metrics.py").read_text(encoding="utf-8")
CODE = "\n".join(
    path.read_text(encoding="utf-8") for folder in ("libs", "services") for path in (ROOT / folder).rglob("*.py")
)


@needs_promtool
def test_prometheus_takes_its_configuration_and_rules() -> None:
    """A rule with a mistake would not be watched at all."""
    checked = promtool("check", "config", str(PROMETHEUS / "prometheus.yml"))

    assert checked.returncode == 0, checked.stdout + checked.stderr


@needs_promtool
@pytest.mark.parametrize("cases", CASES, ids=lambda path: path.stem)
def test_alerts_fire_when_a_promise_breaks_and_are_silent_otherwise(cases: Path) -> None:
    """promtool plays each case's series and compares what fires, with its words."""
    played = promtool("test", "rules", str(cases))

    assert played.returncode == 0, played.stdout + played.stderr


@needs_promtool
def test_a_case_that_does_not_hold_is_reported(tmp_path: Path) -> None:
    """The check above can fail: a service that is up is not down."""
    text = (PROMETHEUS / "tests" / "processes.yml").read_text(encoding="utf-8")
    text = text.replace("../alerts.yml", str(PROMETHEUS / "alerts.yml")).replace("1x11 0x30", "1x41")
    (tmp_path / "processes.yml").write_text(text, encoding="utf-8")

    assert promtool("test", "rules", str(tmp_path / "processes.yml")).returncode != 0


@pytest.mark.parametrize("alert", ALERTS)
def test_every_alert_has_a_case_in_which_it_fires_and_one_in_which_it_is_silent(alert: str) -> None:
    """A rule that no case plays could be wrong both ways."""
    looks = [
        look
        for path in CASES
        for case in yaml.safe_load(path.read_text(encoding="utf-8"))["tests"]
        for look in case["alert_rule_test"]
        if look["alertname"] == alert
    ]

    assert any(look["exp_alerts"] for look in looks)
    assert any(not look["exp_alerts"] for look in looks)


@pytest.mark.parametrize("rule", RULES, ids=ALERTS)
def test_rules_name_only_metrics_and_labels_that_the_processes_export(rule: dict[str, Any]) -> None:
    """A renamed metric would silence its alert for ever."""
    names = named(rule["expr"])

    assert names <= EXPORTED.keys()
    assert labels(rule["expr"]) <= exported_labels(names)


@pytest.mark.parametrize("name", sorted(NAMED & EXPORTED.keys()))
def test_what_an_alert_watches_is_set_by_the_code(name: str) -> None:
    """A metric that is declared and never set keeps its alert silent whatever happens."""
    family = re.sub(r"_(bucket|sum|count)$", "", name)
    (constant,) = re.findall(rf"^(\w+) = \w+\(\s*\"{family}\"", METRICS, re.MULTILINE)

    assert re.search(rf"\bmetrics\.{constant}\b", CODE)


@pytest.mark.parametrize("rule", RULES, ids=ALERTS)
def test_every_alert_says_what_it_means_and_where_to_read_on(rule: dict[str, Any]) -> None:
    """Whoever is woken finds the section of the runbook that is named after the alert."""
    headings = re.findall(r"^### (\w+)$", (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8"), re.MULTILINE)

    assert rule["alert"] in headings
    assert rule["annotations"]["runbook"] == f"docs/runbook.md#{rule['alert'].lower()}"
    assert rule["annotations"]["summary"]
    assert rule["annotations"]["description"]
    assert rule["labels"]["severity"] in ("critical", "warning")


def test_the_runbook_has_no_section_for_an_alert_that_is_gone() -> None:
    """The page and the rules are the same list in the same order."""
    text = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    alerts_part = text.split("## Alerts", 1)[1].split("\n## ", 1)[0]

    assert re.findall(r"^### (\w+)$", alerts_part, re.MULTILINE) == ALERTS


def test_prometheus_scrapes_every_service_and_tells_alertmanager() -> None:
    """A service that is not scraped could die unseen, and an alert that is not passed on is seen by nobody."""
    config = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text(encoding="utf-8"))
    jobs = {job["job_name"] for job in config["scrape_configs"]}
    (told,) = config["alerting"]["alertmanagers"]

    assert set(SERVICES) | {"alertmanager"} <= jobs
    assert told["static_configs"][0]["targets"] == ["alertmanager:9093"]


def test_a_service_that_is_down_is_noticed_whichever_it_is() -> None:
    """The rule names its jobs, since a cluster's Prometheus scrapes others' programs too."""
    (rule,) = [rule for rule in RULES if rule["alert"] == "ServiceDown"]
    (jobs,) = re.findall(r"job=~\"([^\"]+)\"", rule["expr"])

    assert set(jobs.split("|")) == set(SERVICES) | {"alertmanager"}
