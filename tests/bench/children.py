"""Programs of the benchmark as processes of their own, so that only their own CPU and memory is counted."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.bench import machine

ROOT = Path(__file__).parents[2]
START_SECONDS = 20.0
END_SECONDS = 15.0


class BenchError(Exception):
    """Nothing can be measured; one sentence for a person."""


@contextlib.contextmanager
def running(module: list[str], log: Path, cores: machine.Cores, env: Mapping[str, str]) -> Iterator[int]:
    """`python -m …` on the measured core until the block ends; gives its process id."""
    with log.open("wb") as output:
        child = subprocess.Popen(
            [sys.executable, "-m", *module], cwd=ROOT, env=environment(env), stdout=output, stderr=subprocess.STDOUT
        )
    machine.pin([child.pid], cores.measured)
    try:
        yield child.pid
    finally:
        child.terminate()
        try:
            child.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def answer_of(module: list[str], order: Any, cores: machine.Cores, seconds: float = 120.0) -> Any:
    """Run `python -m …` with an order as JSON on standard input, and read its answer: the last line it prints.

    Raises:
        BenchError: it failed, or took too long.
    """
    child = subprocess.Popen(
        [sys.executable, "-m", *module], cwd=ROOT, env=environment({}), text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    machine.pin([child.pid], cores.measured)
    try:
        out, err = child.communicate(json.dumps(order), timeout=seconds)
    except subprocess.TimeoutExpired as error:
        child.kill()
        child.wait()
        raise BenchError(f"{module[0]} did not end within {seconds:.0f} s: {order}") from error
    if child.returncode:
        raise BenchError(f"{module[0]} ended with {child.returncode}: {(err or out).strip()[-2000:]}")
    return json.loads(out.strip().splitlines()[-1])


def environment(more: Mapping[str, str]) -> dict[str, str]:
    """What a child is given: nothing of ours that could be taken for a setting."""
    kept = {key: value for key, value in os.environ.items() if key in ("PATH", "HOME", "LANG", "TMPDIR", "TZ")}
    return {**kept, **more}


def wait_until(is_so: Callable[[], bool], pid: int, log: Path) -> None:
    """Wait until a program is so.

    Raises:
        BenchError: it ended, or did not become so.
    """
    deadline = time.monotonic() + START_SECONDS
    while not is_so():
        if time.monotonic() > deadline or not machine.is_alive(pid):
            said = log.read_text(encoding="utf-8", errors="replace").strip()[-500:]
            raise BenchError(f"{log.stem} did not become ready: {said or 'it said nothing'}")
        time.sleep(0.05)
