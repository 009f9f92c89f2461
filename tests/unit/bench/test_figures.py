"""The benchmark's arithmetic and its page: wrong here, and every figure of it would be told wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.bench import page
from tests.bench.figures import Figure, Part, Report, of_rounds, percentile, ratios


def test_a_figure_is_the_median_of_its_rounds_with_the_outermost_beside_it() -> None:
    """One disturbed round changes the spread, not the figure."""
    figure = of_rounds("rate", [100.0, 90.0, 10.0], "a second", bar=80)

    assert (figure.value, figure.low, figure.high) == (90.0, 10.0, 100.0)


@pytest.mark.parametrize(
    ("value", "is_ceiling", "is_met"), [(0.8, False, True), (0.7, False, False), (0.7, True, True), (0.8, True, False)]
)
def test_a_bar_is_a_floor_or_a_ceiling(value: float, is_ceiling: bool, is_met: bool) -> None:
    """At least so much of a peer's speed, at most so many megabytes; the bar itself is good enough."""
    figure = Figure("x", value, bar=0.75, is_ceiling=is_ceiling)

    assert figure.is_met() is is_met
    assert replace(figure, value=0.75).is_met()
    assert replace(figure, bar=None).is_met() is None


def test_ratios_compare_the_two_halves_of_each_round() -> None:
    """What slows one round down slows both its halves."""
    assert ratios([10.0, 40.0], [20.0, 80.0]) == [0.5, 0.5]


@pytest.mark.parametrize(("share", "value"), [(0.5, 50), (0.95, 95), (0.99, 99), (1.0, 100)])
def test_a_percentile_is_a_value_that_was_seen(share: float, value: float) -> None:
    """Of a hundred values the ninety-ninth is p99; nothing is interpolated."""
    assert percentile(list(range(100, 0, -1)), share) == value
    assert percentile([7.0], share) == 7.0


def test_the_page_keeps_its_prose_and_takes_the_new_table(tmp_path: Path) -> None:
    """What stands between the markers is the run's, the rest is people's."""
    target = tmp_path / "benchmarks.md"
    target.write_text(f"# Before\n\n{page.BEGIN}\nold\n{page.END}\n\nAfter.\n", encoding="utf-8")

    page.write(report().as_json(), target)

    text = target.read_text(encoding="utf-8")
    assert text.startswith("# Before\n")
    assert text.endswith("\n\nAfter.\n")
    assert "old" not in text
    assert "| CPU | 0.44 | 0.40 … 0.48 | ≥ 0.37 | met |" in text
    assert "| memory | 93 MB |  | ≤ 80 | **missed** |" in text
    assert "- memory: it is imported whole." in text


def test_a_page_without_markers_is_refused(tmp_path: Path) -> None:
    """Else a run's figures would be lost in silence."""
    target = tmp_path / "benchmarks.md"
    target.write_text("# Nothing here\n", encoding="utf-8")

    with pytest.raises(ValueError, match="markers"):
        page.write(report().as_json(), target)


def report() -> Report:
    """A small run."""
    machine = {"processor": "x", "cores": 2, "memory_gib": 4, "system": "Linux", "is_pinned": True, "load_tool": "wrk"}
    figures = [
        of_rounds("CPU", [0.4, 0.44, 0.48], bar=0.37),
        Figure("memory", 93, "MB", bar=80, is_ceiling=True, note="it is imported whole"),
    ]
    return Report("2026-01-15", False, "embedded", machine, {"kafka": "4"}, {"one": Part("One", figures=figures)})
