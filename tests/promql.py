"""What the processes export, and how the expressions of rules and dashboards are read and judged."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator

import pytest
from prometheus_client.metrics import MetricWrapperBase

from libs.runtime import metrics

PROMTOOL = shutil.which("promtool")
needs_promtool = pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed (Debian: package prometheus)")

_SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "gauge": ("",)}
_GIVEN_BY_PROMETHEUS = {"job", "instance", "le"}


def _exported() -> Iterator[tuple[str, set[str]]]:
    for metric in vars(metrics).values():
        if isinstance(metric, MetricWrapperBase):
            family = next(iter(metric.describe()))
            for suffix in _SUFFIXES[family.type]:
                yield family.name + suffix, set(metric._labelnames)


EXPORTED = dict(_exported())
"""Each name that a process exports, with its labels."""


def named(expression: str) -> set[str]:
    """Our metrics in an expression."""
    return set(re.findall(r"\bsync_[a-z_]+\b", expression))


def labels(expression: str) -> set[str]:
    """The labels that an expression selects, groups or joins by."""
    found = set(re.findall(r"([a-z_]+)\s*(?:=~|!~|!=|=)\s*\"", expression))
    for group in re.findall(r"\b(?:by|on) \(([^)]*)\)", expression):
        found |= {label.strip() for label in group.split(",") if label.strip()}
    return found


def exported_labels(names: set[str]) -> set[str]:
    """The labels that these metrics have, with those that Prometheus adds."""
    return _GIVEN_BY_PROMETHEUS.union(*(EXPORTED[name] for name in names))


def promtool(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run promtool, which the test has asked for with `needs_promtool`."""
    assert PROMTOOL is not None
    return subprocess.run([PROMTOOL, *arguments], capture_output=True, text=True, timeout=60)
