"""What a dashboard is made of, and the JSON that Grafana reads of it.

Promises: every panel says what it shows, what is normal and which section of the runbook to read; ids are unique within
a dashboard, panels never overlap, and the same boards always give the same text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

SOURCE = {"type": "prometheus", "uid": "prometheus"}
RUNBOOK = "docs/runbook.md"
TAG = "keycrm-vms-sync"
WIDTH = 24
UP = {0: ("away", "red"), 1: ("up", "green")}
YES_IS_BAD = {0: ("no", "green"), 1: ("yes", "red")}

Kind = Literal["timeseries", "stat", "state-timeline"]


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture: `queries` are pairs of an expression and its legend, `bad` is where the runbook is opened."""

    title: str
    shows: str
    normal: str
    runbook: str
    queries: tuple[tuple[str, str], ...]
    unit: str = "short"
    bad: float | None = None
    kind: Kind = "timeseries"
    width: int = 8
    words: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    """What a number means, where it is no amount: its word and its colour."""


@dataclass(frozen=True, slots=True)
class Row:
    """A heading and what stands under it."""

    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True, slots=True)
class Board:
    """One dashboard; `uid` is the end of its address and the name of its file."""

    uid: str
    title: str
    shows: str
    rows: tuple[Row, ...]


def text(board: Board) -> str:
    """The file as it is checked in."""
    return json.dumps(_dashboard(board), indent=2, ensure_ascii=False) + "\n"


def _dashboard(board: Board) -> dict[str, Any]:
    return {
        "uid": board.uid,
        "title": board.title,
        "description": board.shows,
        "tags": [TAG],
        "timezone": "browser",
        "editable": False,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "schemaVersion": 41,
        "annotations": {"list": [_alerts()]},
        "links": [{"type": "dashboards", "tags": [TAG], "title": "Dashboards", "keepTime": True, "asDropdown": False}],
        "panels": list(_placed(board.rows)),
    }


def _alerts() -> dict[str, Any]:
    """Critical alerts as marks on every picture, so that what moved with them is seen."""
    return {
        "name": "Critical alerts",
        "datasource": SOURCE,
        "enable": True,
        "iconColor": "red",
        "expr": 'ALERTS{alertstate="firing", severity="critical"}',
        "titleFormat": "{{alertname}}",
        "textFormat": "{{job}} {{side}} {{lane}} {{topic}} {{subject}}",
        "step": "30s",
    }


def _placed(rows: Sequence[Row]) -> Iterator[dict[str, Any]]:
    number, top = 0, 0
    for row in rows:
        number += 1
        yield {
            "id": number,
            "type": "row",
            "title": row.title,
            "collapsed": False,
            "panels": [],
            "gridPos": {"x": 0, "y": top, "w": WIDTH, "h": 1},
        }
        top, left, tallest = top + 1, 0, 0
        for panel in row.panels:
            height = 4 if panel.kind == "stat" else 8
            if left + panel.width > WIDTH:
                top, left, tallest = top + tallest, 0, 0
            number += 1
            yield _panel(panel, number, {"x": left, "y": top, "w": panel.width, "h": height})
            left, tallest = left + panel.width, max(tallest, height)
        top += tallest


def _panel(panel: Panel, number: int, place: dict[str, int]) -> dict[str, Any]:
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": f"{panel.shows}\n\nNormal: {panel.normal}\n\nRunbook: {RUNBOOK}#{panel.runbook}",
        "datasource": SOURCE,
        "gridPos": place,
        "targets": [
            {"refId": chr(ord("A") + index), "datasource": SOURCE, "expr": expression, "legendFormat": legend}
            for index, (expression, legend) in enumerate(panel.queries)
        ],
        "fieldConfig": {"defaults": _defaults(panel), "overrides": []},
        "options": _options(panel.kind),
    }


def _defaults(panel: Panel) -> dict[str, Any]:
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    if panel.bad is not None:
        steps.append({"color": "red", "value": panel.bad})
    defaults: dict[str, Any] = {
        "unit": panel.unit,
        "min": 0,
        "noValue": "none",
        "thresholds": {"mode": "absolute", "steps": steps},
        "mappings": [
            {"type": "value", "options": {str(number): {"text": word, "color": colour}}}
            for number, (word, colour) in panel.words.items()
        ],
    }
    if panel.kind == "timeseries":
        style = "off" if panel.bad is None else "dashed"
        defaults["custom"] = {"lineWidth": 1, "fillOpacity": 8, "thresholdsStyle": {"mode": style}}
        defaults["color"] = {"mode": "palette-classic"}
    else:
        defaults["color"] = {"mode": "thresholds"}
    return defaults


def _options(kind: Kind) -> dict[str, Any]:
    legend = {"displayMode": "list", "placement": "bottom", "showLegend": True}
    if kind == "timeseries":
        return {"legend": legend, "tooltip": {"mode": "multi", "sort": "desc"}}
    if kind == "state-timeline":
        return {"legend": legend, "mergeValues": True, "showValue": "never", "rowHeight": 0.8}
    return {
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "colorMode": "background",
        "graphMode": "none",
        "textMode": "value_and_name",
        "justifyMode": "center",
        "orientation": "auto",
    }
