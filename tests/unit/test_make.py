"""The commands a newcomer is promised are there, and explain themselves."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROMISED = {"help", "setup", "lock", "fmt", "check", "test", "demo", "bench", "up", "down", "logs", "migrate", "topics"}


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_make_alone_lists_every_command_with_what_it_does() -> None:
    """`make` without a word is help; each promised target has a line of its own."""
    said = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    lines = dict(re.findall(r"^  make ([a-z]+) +(\S.*)$", said, re.MULTILINE))
    assert set(lines) == PROMISED


def test_the_makefile_has_no_target_without_an_explanation() -> None:
    """What is not in the help is only what others are made of."""
    makefile = (ROOT / "Makefile").read_text()

    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    assert targets == PROMISED | {"lint"}


def test_ci_is_make_test() -> None:
    """CI adds nothing but what a bare machine lacks; its last line is the tests' last line."""
    script = ROOT / ".ci" / "run"

    assert script.stat().st_mode & 0o111
    assert script.read_text().rstrip().endswith("exec make test")
