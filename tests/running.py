"""A service as a process of its own, for tests that need its whole life: start, log, health, kill."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from sandbox import stack as stacks

ROOT = Path(__file__).parent.parent
READY_SECONDS = 40.0


@dataclass
class Running:
    """One running process of a service."""

    address: str
    child: subprocess.Popen[bytes]
    output: Path

    def logged(self) -> str:
        """Everything it has written."""
        return self.output.read_text(encoding="utf-8", errors="replace")

    def events(self, name: str) -> list[dict[str, Any]]:
        """Log lines of one event."""
        return [line for line in map(json.loads, self.logged().splitlines()) if line.get("event") == name]

    def until(self, is_so: Callable[[], bool], seconds: float = READY_SECONDS) -> float:
        """Wait until it is so; answers how long it took."""
        began = time.monotonic()
        while not is_so():
            assert self.child.poll() is None, f"the process ended:\n{self.logged()}"
            assert time.monotonic() - began < seconds, f"it did not become so within {seconds} s:\n{self.logged()}"
            time.sleep(0.05)
        return time.monotonic() - began

    def status(self, path: str) -> int:
        """The status of a GET, 0 where nothing answers."""
        try:
            return httpx.get(f"{self.address}{path}", timeout=5).status_code
        except httpx.TransportError:
            return 0

    def kill(self) -> None:
        """End it as a power cut would."""
        self.child.kill()
        self.child.wait(timeout=10)


@contextlib.contextmanager
def run_service(module: str, **environment: str) -> Iterator[Running]:
    """`python -m <module>` until the block ends; live when it begins. `HTTP_PORT`: where one was before."""
    port = int(environment.get("HTTP_PORT", 0)) or stacks.take_port()
    settings = {"HTTP_HOST": "127.0.0.1", "HTTP_PORT": str(port), "LOG_LEVEL": "DEBUG", **environment}
    with tempfile.NamedTemporaryFile(suffix=".log") as output:
        child = subprocess.Popen(
            [sys.executable, "-m", module], cwd=ROOT, env=os.environ | settings, stdout=output, stderr=subprocess.STDOUT
        )
        running = Running(f"http://127.0.0.1:{port}", child, Path(output.name))
        try:
            running.until(lambda: running.status("/health/live") == 200)
            yield running
        finally:
            child.terminate()
            child.wait(timeout=12)
            stacks.give_back(port)


def refused(module: str, **environment: str) -> list[str]:
    """What a service that must not start says, line by line; its exit code must be that of a refusal."""
    done = subprocess.run(
        [sys.executable, "-m", module],
        cwd=ROOT,
        env=os.environ | {"HTTP_HOST": "127.0.0.1", "HTTP_PORT": "0", **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2, done.stdout + done.stderr
    return done.stderr.splitlines()
