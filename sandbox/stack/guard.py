"""Start servers that never outlive the one who asked for them.

One guard a stack: a small process beside us that owns the servers (guard_child.py).
It ends them when told, when we end, and when we are killed.
What a killed guard left behind is swept up by the next start.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psutil

from sandbox.stack.errors import StackError
from sandbox.stack.places import is_held

CHILD = Path(__file__).with_name("guard_child.py")
END_SECONDS = 40  # above any server's grace
YOUNG_SECONDS = 60  # a folder this new may belong to a guard that has not locked it yet


@dataclass(frozen=True)
class Command:
    """A server as the guard runs it. `user` and `group` are ids to run as; without them it runs as we do."""

    name: str
    argv: list[str]
    log: Path
    user: int | None = None
    group: int | None = None
    env: dict[str, str] = field(default_factory=dict)
    stop_signal: int = signal.SIGTERM
    kill_signal: int = signal.SIGKILL
    death_signal: int = signal.SIGKILL
    grace_seconds: float = 10


class Guard:
    """One guard and its servers. Threads may share it."""

    def __init__(self, folder: Path, *, removes_folder: bool) -> None:
        """Start the guard; with `removes_folder` the folder goes when the servers have ended."""
        self.folder = folder
        self._turn = threading.Lock()
        with (folder / "guard.log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-I",
                    "-S",
                    str(CHILD),
                    str(folder),
                    str(os.getpid()),
                    "remove" if removes_folder else "keep",
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd="/",
                start_new_session=True,  # Ctrl-C in a terminal is for us; we tell the guard
            )
        self._answer()

    def start(self, command: Command) -> int:
        """Start a server and give its process id."""
        pid: int = self._order("start", **{**asdict(command), "log": str(command.log)})["pid"]
        return pid

    def exit_code(self, name: str) -> int | None:
        """Tell how a server ended, or None while it runs; one that was stopped ended with 0."""
        code: int | None = self._order("state", name=name)["exit_code"]
        return code

    def stop(self, name: str, *, kill: bool = False) -> None:
        """End a server and wait until it is gone; with `kill` it gets no time to tidy up."""
        self._order("stop", name=name, kill=kill)

    def at_end(self, argv: list[str]) -> None:
        """Have a command run after the servers have ended, whoever survives."""
        self._order("at_end", argv=argv)

    def close(self) -> None:
        """End all servers and the guard, and wait for it."""
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.close()
        self._process.wait(END_SECONDS)

    def _order(self, do: str, **details: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        with self._turn:
            try:
                self._process.stdin.write(json.dumps({"do": do, **details}).encode() + b"\n")
                self._process.stdin.flush()
            except (OSError, ValueError) as error:  # ValueError: closed by us
                raise StackError(
                    "The servers' guard has ended, and the servers with it: start the stack again."
                ) from error
            return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise StackError(f"The servers' guard ended without an answer: see {self.folder / 'guard.log'}.")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise StackError(f"The servers' guard could not do it: {answer['error']}.")
        return answer


def sweep(runs: Path) -> None:
    """End and remove what guards that were killed left in the folder of runs."""
    for folder in runs.iterdir():
        with suppress(FileNotFoundError):  # its own guard is removing it just now
            if time.time() - folder.stat().st_mtime > YOUNG_SECONDS and not is_held(folder / "alive"):
                _end_servers_of(folder)
                shutil.rmtree(folder, ignore_errors=True)


def _end_servers_of(folder: Path) -> None:
    for process in psutil.process_iter(["cmdline"]):
        if any(str(folder) in word for word in process.info["cmdline"] or []):
            with suppress(psutil.NoSuchProcess):
                process.kill()
