"""The one list of metrics keeps the house's rules."""

from __future__ import annotations

import re
from pathlib import Path

from prometheus_client import Counter, Gauge, Histogram

from libs.runtime import metrics

# Labels take few values; an id, a name or an address among them would be a new series for every record.
BOUNDED = {
    "path", "outcome", "topic", "partition", "reason", "partner", "side", "lane", "entity", "fate", "where",
    "operation", "status", "kind", "poll", "channel", "service", "flow",
    "transport", "subject", "cause",
}  # fmt: skip
UNITS = re.compile(
    r"_(total|seconds|records|items|calls|lanes|rows|ratio|open|up|paused|stopped|ready|connections|number)$|_items_in_hand$|_conflicts_open$"
)
ALL = {name: value for name, value in vars(metrics).items() if isinstance(value, Counter | Gauge | Histogram)}


def test_names_tell_their_unit() -> None:
    """`sync_<noun>_<unit>`."""
    for metric in ALL.values():
        (family,) = {sample.name for sample in metric.describe()}
        name = family if family.endswith("_total") or not isinstance(metric, Counter) else f"{family}_total"
        assert name.startswith("sync_")
        assert UNITS.search(name), name


def test_labels_are_bounded() -> None:
    """No label can hold an id or what a person typed."""
    for name, metric in ALL.items():
        assert set(metric._labelnames) <= BOUNDED, name


def test_every_metric_has_a_comment_that_explains_it() -> None:
    """The line above a metric (or above its neighbour of the same comment) is a comment."""
    lines = Path(metrics.__file__).read_text(encoding="utf-8").splitlines()
    for name in ALL:
        (index,) = [i for i, line in enumerate(lines) if line.startswith(f"{name} = ")]
        above = index - 1
        while re.match(r"^[A-Z_]+ = ", lines[above]):
            above -= 1
        assert lines[above].startswith("# "), name
