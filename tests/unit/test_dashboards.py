"""The dashboards: as they would be written, of what is exported; each panel says what is normal, where to read on."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.grafana.__main__ import FOLDER, files, problems
from tests.promql import EXPORTED, exported_labels, labels, named, needs_promtool, promtool

ROOT = Path(__file__).parents[2]
PROVISIONING = ROOT / "deploy" / "grafana" / "provisioning"
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
BOARDS: dict[str, dict[str, Any]] = {
    path.name: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))
}
PANELS = [
    pytest.param(panel, id=f"{name}: {panel['title']}")
    for name, board in BOARDS.items()
    for panel in board["panels"]
    if panel["type"] != "row"
]


def _expressions() -> Iterator[str]:
    for board in BOARDS.values():
        for query in board["annotations"]["list"]:
            yield query["expr"]
        for panel in board["panels"]:
            for target in panel.get("targets", ()):
                yield target["expr"]


def test_the_files_are_as_the_boards_say() -> None:
    """What is changed by hand would be lost at the next change."""
    assert problems(FOLDER) == []


def test_a_file_that_is_changed_missing_or_spare_is_reported(tmp_path: Path) -> None:
    """The check above can fail, three ways."""
    changed, missing, *rest = sorted(files())
    for name in (changed, *rest):
        (tmp_path / name).write_text(files()[name], encoding="utf-8")
    (tmp_path / changed).write_text("{}", encoding="utf-8")
    (tmp_path / "spare.json").write_text("{}", encoding="utf-8")

    assert [problem.split()[0] for problem in problems(tmp_path)] == sorted([changed, missing, "spare.json"])


def test_dashboards_and_panels_are_told_apart() -> None:
    """Grafana takes one of two with the same uid, and mixes up panels of one number."""
    assert Counter(board["uid"] for board in BOARDS.values()).most_common(1)[0][1] == 1
    for name, board in BOARDS.items():
        assert name == f"{board['uid']}.json"
        assert Counter(panel["id"] for panel in board["panels"]).most_common(1)[0][1] == 1


@pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)
def test_panels_do_not_overlap(board: dict[str, Any]) -> None:
    """Each cell of the grid belongs to one panel."""
    cells = Counter(
        (x, y)
        for place in (panel["gridPos"] for panel in board["panels"])
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    )

    assert [cell for cell, count in cells.items() if count > 1] == []
    assert max(x for x, _ in cells) < 24


@pytest.mark.parametrize("panel", PANELS)
def test_a_panel_shows_only_what_the_processes_export(panel: dict[str, Any]) -> None:
    """A renamed metric or label would leave a panel empty for ever; a legend names a label that is there."""
    for target in panel["targets"]:
        names = named(target["expr"])
        shown = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))

        assert names
        assert names <= EXPORTED.keys()
        assert labels(target["expr"]) | shown <= exported_labels(names)
        if groups := re.findall(r"\bby \(([^)]*)\)", target["expr"]):
            assert shown <= {label.strip() for label in groups[0].split(",")}


@pytest.mark.parametrize("panel", PANELS)
def test_a_panel_says_what_is_normal_and_where_to_read_on(panel: dict[str, Any]) -> None:
    """Whoever looks at it at night need not know the code."""
    headings = re.findall(r"^### (.+)$", (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8"), re.MULTILINE)
    shows, normal, runbook = panel["description"].split("\n\n")

    assert shows.endswith(".")
    assert re.fullmatch(r"Normal: .+\.", normal)
    assert runbook.removeprefix("Runbook: docs/runbook.md#") in {heading.lower() for heading in headings}


def test_what_is_measured_is_shown() -> None:
    """A metric on no dashboard is looked for in vain when it is needed."""
    shown = {name for expression in _expressions() for name in named(expression)}
    families = {re.sub(r"_(bucket|sum|count)$", "", name) for name in EXPORTED}

    assert families == {re.sub(r"_bucket$", "", name) for name in shown}


@needs_promtool
def test_every_expression_is_one(tmp_path: Path) -> None:
    """promtool reads each as the expression of a rule."""
    rules = [{"record": f"looked:{number}", "expr": expression} for number, expression in enumerate(_expressions())]
    (tmp_path / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "all", "rules": rules}]}), "utf-8")

    checked = promtool("check", "rules", str(tmp_path / "rules.yml"))

    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert f"{len(rules)} rules found" in checked.stdout + checked.stderr


@needs_promtool
def test_an_expression_that_is_none_is_reported(tmp_path: Path) -> None:
    """The check above can fail."""
    rules = [{"record": "looked:0", "expr": "sum by (lane) sync_due_items)"}]
    (tmp_path / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "all", "rules": rules}]}), "utf-8")

    assert promtool("check", "rules", str(tmp_path / "rules.yml")).returncode != 0


def test_the_dashboards_ask_the_source_that_is_provisioned() -> None:
    """By its uid, which is the same on every installation; it is the Prometheus of compose."""
    (source,) = yaml.safe_load((PROVISIONING / "datasources" / "prometheus.yml").read_text("utf-8"))["datasources"]
    asked = set(re.findall(r"\"uid\": \"([\w-]+)\"", "".join(files().values()))) - {b["uid"] for b in BOARDS.values()}

    assert asked == {source["uid"]}
    assert source["type"] == "prometheus"
    assert source["url"] == "http://prometheus:9090"
    assert "prometheus" in COMPOSE["services"]


def test_compose_mounts_what_is_provisioned() -> None:
    """The provider reads the folder in which compose puts the files; the first page is one of them."""
    (provider,) = yaml.safe_load((PROVISIONING / "dashboards" / "files.yml").read_text("utf-8"))["providers"]
    grafana = COMPOSE["services"]["grafana"]
    mounted = dict(volume.split(":")[1::-1] for volume in grafana["volumes"])

    assert mounted[provider["options"]["path"]] == f"./{FOLDER.relative_to(ROOT)}"
    assert mounted["/etc/grafana/provisioning"] == f"./{PROVISIONING.relative_to(ROOT)}"
    assert Path(grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]).name in BOARDS
