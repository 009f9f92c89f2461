"""`python -m sandbox vms` serves, takes its settings from both places, and refuses a wrong one in one line."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import httpx

from sandbox.stack import give_back, take_port

ROOT = Path(__file__).parents[3]
COMMAND = (sys.executable, "-m", "sandbox", "vms")


def test_it_serves_with_the_settings_given() -> None:
    """The port by the environment, the seed by the command line; SIGTERM ends it well."""
    port = take_port()
    environment = os.environ | {"SANDBOX_PORT": str(port), "SANDBOX_VMS_TOKEN": "example-token"}
    running = subprocess.Popen([*COMMAND, "--seed", "empty"], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{port}"
        for _ in range(100):
            try:
                health = httpx.get(f"{address}/health")
                break
            except httpx.TransportError:
                time.sleep(0.1)
        assert health.json()["status"] == "healthy"
        assert httpx.get(f"{address}/api/Articles").status_code == 401
        headers = {"authorization": "Bearer example-token"}
        assert httpx.get(f"{address}/api/Articles", headers=headers).json() == []
    finally:
        running.terminate()
        ended = running.wait(10)
        give_back(port)
    assert ended in (0, -15)


def test_a_wrong_time_zone_is_one_clear_line() -> None:
    """It names the setting and an example, and nothing is served."""
    done = subprocess.run([*COMMAND, "--time-zone", "Kyiv"], cwd=ROOT, capture_output=True, text=True, timeout=30)

    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "time_zone" in done.stderr
    assert "Europe/Kyiv" in done.stderr
