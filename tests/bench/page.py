"""The table of docs/benchmarks.md, made of a result file; everything else on that page is prose and stays as it is.

python -m tests.bench.page build/bench.json      writes the table anew without measuring
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- results: begin -->", "<!-- results: end -->"


def write(report: Mapping[str, Any], page: Path = PAGE) -> None:
    """Put a run's figures between the markers."""
    text = page.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError(f"{page.name}: the markers '{BEGIN}' and '{END}' are missing: put them where the table goes")
    page.write_text(f"{before}{BEGIN}\n{table(report)}{END}{after}", encoding="utf-8")


def table(report: Mapping[str, Any]) -> str:
    """What stands between the markers."""
    machine, versions = report["machine"], report["versions"]
    listed = ", ".join(f"{name} {number}" for name, number in versions.items())
    pinned = (
        "the measured process had one core to itself, load, broker and database had the others"
        if machine["is_pinned"]
        else "nothing was pinned to a core"
    )
    lines = [
        f"Run of {report['at']} on {machine['processor']}, {machine['cores']} cores, {machine['memory_gib']} GiB, "
        f"{machine['system']}; {report['stack']}.",
        f"Versions: {listed}.",
        f"Load made by {machine['load_tool']}; {pinned} in the first three parts.",
        "",
    ]
    for part in report["parts"].values():
        lines += _section(part)
    return "\n".join(lines)


def _section(part: Mapping[str, Any]) -> list[str]:
    lines = [
        f"### {part['title']}",
        "",
        f"Took {part['seconds']:.0f} s; load average of the machine before it {part['load_average']:.1f}.",
        "",
        f"| figure | {' | '.join(part['columns'])} | bar | stands |",
        "| --- | --- | --- | --- | --- |",
    ]
    lines += [_row(figure) for figure in part["figures"]]
    notes = [f"- {figure['name']}: {figure['note']}." for figure in part["figures"] if figure["note"]]
    return [*lines, "", *notes, ""] if notes else [*lines, ""]


def _row(figure: Mapping[str, Any]) -> str:
    unit = f" {figure['unit']}" if figure["unit"] else ""
    spread = "" if figure["low"] is None else f"{shown(figure['low'])} … {shown(figure['high'])}"
    bar = ""
    if figure["bar"] is not None:
        bar = f"{'≤' if figure['is_ceiling'] else '≥'} {shown(figure['bar'])}"
    stands = {True: "met", False: "**missed**", None: ""}[figure["is_met"]]
    return f"| {figure['name']} | {shown(figure['value'])}{unit} | {spread} | {bar} | {stands} |"


def shown(value: float) -> str:
    """Three figures that count, no more."""
    if value == int(value) and abs(value) < 1000:
        return str(int(value))
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


if __name__ == "__main__":
    write(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
