"""`make demo` as a newcomer runs it: the day holds, and nothing is left running when it ends or is interrupted."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from sandbox.system import ROOT

DAY_SECONDS = 540
ENDS_WITHIN_SECONDS = 30


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """The command, its lines in `tmp_path`; ended with the test whatever happens."""
    with (tmp_path / "demo.log").open("w", encoding="utf-8") as log:
        env = {**os.environ, "KEEP": "0", "TMPDIR": str(tmp_path), "COLUMNS": "160"}
        process = subprocess.Popen(
            [sys.executable, "-m", "sandbox.demo"], cwd=ROOT, env=env, stdout=log, stderr=subprocess.STDOUT, text=True,
            preexec_fn=_hear_ctrl_c,  # noqa: PLW1509 - this process has no threads that hold locks
        )  # fmt: skip
        yield process
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.wait(ENDS_WITHIN_SECONDS)


@pytest.mark.timeout(DAY_SECONDS + 60)
def test_the_day_is_played_its_promises_hold_and_everything_stops(demo: subprocess.Popen[str], tmp_path: Path) -> None:
    """With KEEP=0 it ends by itself: exit code 0, every row of both tables kept, no process and no folder left."""
    ours = _family_once_started(demo, tmp_path)

    code = demo.wait(DAY_SECONDS)

    told = _told(tmp_path)
    assert code == 0, told
    assert "✗" not in told
    promises = re.findall(r"│ (.+?)\s*│ (.+?)\s*│\s*✓\s*│", told)
    assert ("when quiet, both sides are the same", "0 differences") in promises
    assert len(promises) >= 6
    assert "Everything has been stopped." in told
    assert _alive(ours) == []
    assert list(tmp_path.glob("keycrm-vms-demo-*")) == []


def test_ctrl_c_stops_everything_and_leaves_nothing(demo: subprocess.Popen[str], tmp_path: Path) -> None:
    """In the middle of the day: servers, services and sandboxes end with it."""
    ours = _family_once_started(demo, tmp_path)

    demo.send_signal(signal.SIGINT)

    assert demo.wait(ENDS_WITHIN_SECONDS) == 130, _told(tmp_path)
    assert "Traceback" not in _told(tmp_path)
    assert _alive(ours) == []
    assert list(tmp_path.glob("keycrm-vms-demo-*")) == []


def _hear_ctrl_c() -> None:
    """A shell's background job ignores it, and so would its children."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _family_once_started(demo: subprocess.Popen[str], tmp_path: Path) -> list[psutil.Process]:
    """All its processes, once the first step of the day has been played."""
    deadline = time.monotonic() + 120
    while "→" not in _told(tmp_path):
        assert demo.poll() is None, _told(tmp_path)
        assert time.monotonic() < deadline, _told(tmp_path)
        time.sleep(0.2)
    family = psutil.Process(demo.pid).children(recursive=True)
    names = {" ".join(process.cmdline()) for process in family}
    assert any("kafka" in name for name in names)
    assert any("outbound_sync" in name for name in names)
    return family


def _alive(processes: list[psutil.Process]) -> list[str]:
    """Those that have not ended; the last of them are given a moment."""
    _, alive = psutil.wait_procs(processes, timeout=5)
    return [" ".join(process.cmdline()) for process in alive if process.status() != psutil.STATUS_ZOMBIE]


def _told(tmp_path: Path) -> str:
    return (tmp_path / "demo.log").read_text(encoding="utf-8")
