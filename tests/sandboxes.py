"""The two sandbox systems as processes of their own, and the admin calls that tests make on them."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from sandbox import stack

ROOT = Path(__file__).parent.parent
START_SECONDS = 20.0


class Sandbox:
    """One running sandbox system, seen from the outside."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._http = httpx.Client(base_url=address, timeout=10)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def admin(self, method: str, path: str, body: Any = None) -> Any:
        """An admin call; anything but a success fails the test."""
        answer = self._http.request(method, f"/_admin/{path}", json=body)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def is_up(self) -> bool:
        """Whether it answers."""
        try:
            return self._http.get("/health").is_success
        except httpx.TransportError:
            return False

    def reset(self) -> None:
        """As it was when it started: data, knobs, faults, calls, breaches."""
        self.admin("POST", "reset")

    def knobs(self, **values: Any) -> None:
        """Turn knobs."""
        self.admin("PATCH", "knobs", values)

    def fault(self, operation: str, kind: str, **more: Any) -> int:
        """Switch a fault on and give its id."""
        return int(self.admin("POST", "faults", {"operation": operation, "kind": kind, "times": 1, **more})["id"])

    def calls(self) -> list[dict[str, Any]]:
        """Every call of the API since the reset."""
        return list(self.admin("GET", "calls?after=0")["calls"])

    def operations(self) -> list[str]:
        """The names of the calls since the reset, in order."""
        return [call["operation"] for call in self.calls()]

    def breaches(self) -> list[dict[str, Any]]:
        """Requests that broke the system's description."""
        return list(self.admin("GET", "breaches"))


@contextlib.contextmanager
def running(system: str, *arguments: str) -> Iterator[Sandbox]:
    """`python -m sandbox <system>` on a free port, until the block ends."""
    port = stack.take_port()
    child = subprocess.Popen(
        [sys.executable, "-m", "sandbox", system, "--port", str(port), *arguments],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
    )
    sandbox = Sandbox(f"http://127.0.0.1:{port}")
    try:
        deadline = time.monotonic() + START_SECONDS
        while not sandbox.is_up():
            assert child.poll() is None, f"the {system} sandbox ended with {child.returncode}"
            assert time.monotonic() < deadline, f"the {system} sandbox did not start"
            time.sleep(0.05)
        yield sandbox
    finally:
        sandbox.close()
        child.terminate()
        child.wait(timeout=10)
        stack.give_back(port)
