"""The process refuses to start with an open door, and says which variable is wrong without its value."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
GOOD = {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9", "WEBHOOK_URL_SECRETS": "canary-secret-0123456789"}


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"WEBHOOK_URL_SECRETS": ""}, "WEBHOOK_URL_SECRETS"),
        ({"WEBHOOK_URL_SECRETS": " , "}, "WEBHOOK_URL_SECRETS"),
        ({"WEBHOOK_URL_SECRETS": "canary"}, "WEBHOOK_URL_SECRETS"),
        ({"WEBHOOK_HMAC_SECRETS": "canary-secret-0123456789,canary"}, "WEBHOOK_HMAC_SECRETS"),
        ({"KAFKA_BOOTSTRAP_SERVERS": ""}, "KAFKA_BOOTSTRAP_SERVERS"),
        ({"KAFKA_BOOTSTRAP_SERVERS": "canary"}, "KAFKA_BOOTSTRAP_SERVERS"),
        ({"HTTP_PORT": "canary"}, "HTTP_PORT"),
    ],
)
def test_an_empty_or_guessable_secret_and_a_wrong_setting_are_refused(
    tmp_path: Path, wrong: dict[str, str], named: str
) -> None:
    """Exit code 2 and one line that names the variable; never the value."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("WEBHOOK_", "KAFKA_", "HTTP_"))}
    refused = subprocess.run(
        [sys.executable, "-m", "ingress"],
        cwd=tmp_path,
        env=clean | GOOD | wrong,
        capture_output=True,
        text=True,
        timeout=30,
    )

    assert refused.returncode == 2, refused.stderr
    assert named in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
    assert "canary" not in refused.stderr + refused.stdout
