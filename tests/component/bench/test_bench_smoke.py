"""The benchmark runs: not how fast anything is, only that it measures and writes what the page is made of."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from sandbox import stack as stacks
from tests.bench import page

ROOT = Path(__file__).parents[3]


def test_a_quick_run_of_some_parts_leaves_a_result_file_of_the_known_shape(stack: stacks.Stack, tmp_path: Path) -> None:
    """Figures with bars, the rounds behind them, machine and versions; the page of the project is left alone."""
    out, before = tmp_path / "bench.json", page.PAGE.read_bytes()
    addresses = {"KAFKA_BOOTSTRAP_SERVERS": stack.kafka_bootstrap, "DATABASE_OWNER_URL": stack.database_owner_url}

    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", "--quick", "--only", "delivery,hub", "--out", str(out)],
        cwd=ROOT, env=os.environ | {"SYNC_STACK": "external"} | addresses, capture_output=True, text=True, timeout=120,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    report = json.loads(out.read_text(encoding="utf-8"))
    assert report["is_quick"] is True
    assert {"kafka", "postgres", "python", "aiokafka"} <= set(report["versions"])
    assert set(report["machine"]) >= {"processor", "cores", "is_pinned", "load_tool"}
    assert list(report["parts"]) == ["delivery", "hub"]
    assert [figure["bar"] for figure in report["parts"]["hub"]["figures"] if figure["bar"]] == [0.8, 2]
    part = report["parts"]["delivery"]
    assert [figure["bar"] for figure in part["figures"]][:2] == [0.75, 0.75]
    assert all(figure["value"] > 0 for figure in part["figures"])
    assert set(part["rounds"]) == {"raw", "deliver", "raw-250", "raw-decoded"}
    assert all(f"| {figure['name']} |" in page.table(report) for figure in part["figures"])
    assert page.PAGE.read_bytes() == before
