"""`python -m sandbox keycrm` as a process."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time

import httpx
import pytest


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def test_it_starts_answers_and_stops() -> None:
    """Up on its port within seconds with the seed asked for, and gone within five after SIGTERM."""
    port = free_port()
    command = [sys.executable, "-m", "sandbox", "keycrm", "--port", str(port), "--seed", "empty"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        try:
            assert running.stdout is not None
            assert f"http://127.0.0.1:{port}/" in running.stdout.readline()
            assert _state(port)["seed"] == "empty"
        finally:
            running.send_signal(signal.SIGTERM)
            stopped = running.wait(5)

    assert stopped in (0, -signal.SIGTERM)


@pytest.mark.parametrize("arguments", [[], ["crm"], ["keycrm", "--seed", "farm"], ["keycrm", "--port", "many"]])
def test_a_wrong_command_is_one_clear_answer(arguments: list[str]) -> None:
    """Usage on stderr and exit code 2, no stack trace."""
    done = subprocess.run([sys.executable, "-m", "sandbox", *arguments], capture_output=True, text=True, env=os.environ)

    assert done.returncode == 2
    assert done.stderr.startswith("usage: ")
    assert "Traceback" not in done.stderr


def _state(port: int) -> dict[str, object]:
    for _ in range(100):
        try:
            state: dict[str, object] = httpx.get(f"http://127.0.0.1:{port}/_admin/state").json()
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return state
    raise AssertionError("the sandbox did not answer within ten seconds")
