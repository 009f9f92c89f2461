"""`make bench`: measure on a real Kafka and PostgreSQL; results to build/bench.json and into docs/benchmarks.md.

python -m tests.bench                       everything, about ten minutes
python -m tests.bench --only ingress,levels single parts; their figures replace the same parts of the result file
python -m tests.bench --quick               sizes that show only that it works; the page is left alone
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sandbox import stack
from sandbox.stack import StackError
from tests.bench import delivery, hub, ingress, latency, levels, load, machine, marking, memory, page, pages
from tests.bench.children import BenchError
from tests.bench.figures import Part, Report

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "build" / "bench.json"
Measure = Callable[[stack.Stack, Path, bool], Part]


PARTS: Mapping[str, Measure] = {
    "ingress": lambda stack, folder, quick: ingress.measure(stack, folder, ingress.QUICK if quick else ingress.FULL),
    "delivery": lambda stack, folder, quick: delivery.measure(
        stack, folder, delivery.QUICK if quick else delivery.FULL
    ),
    "marking": lambda stack, folder, quick: marking.measure(stack, folder, marking.QUICK if quick else marking.FULL),
    "memory": lambda stack, folder, quick: memory.measure(stack, folder, memory.QUICK if quick else memory.FULL),
    "latency": lambda stack, folder, quick: latency.measure(stack, folder, latency.QUICK if quick else latency.FULL),
    "pages": lambda stack, folder, quick: pages.measure(stack, folder, pages.QUICK if quick else pages.FULL),
    "hub": lambda stack, folder, quick: hub.measure(stack, folder, hub.QUICK if quick else hub.FULL),
    "levels": lambda stack, folder, quick: levels.measure(stack, folder, levels.QUICK if quick else levels.FULL),
}


def main(arguments: list[str] | None = None) -> int:
    """Measure what is asked for; a part that cannot be measured costs the others nothing."""
    wanted = _parsed(arguments)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it tells of each new topic's first moments
    missing: list[str] = []
    try:
        with tempfile.TemporaryDirectory(prefix="bench-") as folder, stack.start() as servers:
            print(servers.describe(), flush=True)
            report = _begun(servers, wanted.quick)
            for name in wanted.only:
                try:
                    report.parts[name] = _measured(name, servers, Path(folder) / name, wanted.quick)
                except (BenchError, StackError) as error:
                    missing.append(f"{name}: {error}")
                else:
                    _tell(name, report.parts[name])
                    _write(report, wanted)
    except StackError as error:
        missing.append(str(error))
    if missing:
        print("\n".join(missing), file=sys.stderr)
    return 1 if missing else 0


def _parsed(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure, and write what was seen.")
    parser.add_argument("--only", type=_names, default=tuple(PARTS), help=f"parts: {', '.join(PARTS)}")
    parser.add_argument("--quick", action="store_true", help="tiny sizes: shows that it works, the page stays")
    parser.add_argument("--out", type=Path, default=RESULTS, help="another result file; the page stays")
    return parser.parse_args(arguments)


def _names(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    unknown = [name for name in names if name not in PARTS]
    if unknown or not names:
        raise argparse.ArgumentTypeError(f"no part {', '.join(unknown) or 'is named'}: take of {', '.join(PARTS)}")
    return names


def _begun(servers: stack.Stack, is_quick: bool) -> Report:
    versions = {"kafka": servers.kafka.version, "postgres": servers.postgres.version, **machine.versions()}
    about = {**machine.described(), "load_tool": load.tool()}
    return Report(datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"), is_quick, servers.kind, about, versions)


def _measured(name: str, servers: stack.Stack, folder: Path, is_quick: bool) -> Part:
    folder.mkdir()
    before, begun = os.getloadavg()[0], time.monotonic()
    part = PARTS[name](servers, folder, is_quick)
    part.load_average, part.seconds = before, time.monotonic() - begun
    return part


def _write(report: Report, wanted: argparse.Namespace) -> None:
    """After each part, so that one that fails or is interrupted takes none along."""
    shown = _joined(report.as_json(), wanted.out)
    wanted.out.parent.mkdir(parents=True, exist_ok=True)
    wanted.out.write_text(json.dumps(shown, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if wanted.out == RESULTS and not wanted.quick:
        page.write(shown)


def _tell(name: str, part: Part) -> None:
    print(f"\n{name}: {part.title} ({part.seconds:.0f} s)", flush=True)
    for figure in part.figures:
        verdict = {True: "(bar met)", False: "(BAR MISSED)", None: ""}[figure.is_met()]
        print(f"  {figure.name}: {page.shown(figure.value)} {figure.unit} {verdict}".rstrip(), flush=True)


def _joined(report: dict[str, Any], out: Path) -> dict[str, Any]:
    """A run of single parts keeps the other parts of the file, if those were no quick run."""
    if report["is_quick"] or not out.exists():
        return report
    kept = json.loads(out.read_text(encoding="utf-8"))
    if kept["is_quick"]:
        return report
    parts = {**kept["parts"], **report["parts"]}
    return {**report, "parts": {name: parts[name] for name in PARTS if name in parts}}


if __name__ == "__main__":
    raise SystemExit(main())
