"""Run beside a stack and own its servers: when whoever asked for them is gone, also by kill -9, they end too.

A program of its own that needs the standard library alone, started by guard.py.
Orders are lines of JSON on standard input, answers lines on standard output.
The end of the input means that the asker is gone, whatever the reason.
On Linux the servers also die with this program; elsewhere the next start of a stack sweeps up what a killed guard left.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1
LOOK_SECONDS = 1.0  # how often the asker's life is looked at apart from its pipe, which a fork of it may hold open

Order = dict[str, Any]


class Servers:
    """The servers started here, by name, and what to do once they have ended."""

    def __init__(self) -> None:
        self.running: dict[str, tuple[subprocess.Popen[bytes], Order]] = {}
        self.last_words: list[list[str]] = []

    def obey(self, order: Order) -> Order:
        """Carry out one order; what goes wrong is told to the asker, who knows what to make of it."""
        try:
            answer: Order = getattr(self, "do_" + order["do"])(order)
        except OSError as error:
            return {"error": str(error)}
        return answer

    def do_start(self, order: Order) -> Order:
        """Start a server that dies with this program."""
        with Path(order["log"]).open("ab") as log:
            process = subprocess.Popen(
                order["argv"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=order["env"],
                user=order["user"],
                group=order["group"],
                extra_groups=None if order["user"] is None else [],
                preexec_fn=dies_with_us(order["death_signal"]),  # noqa: PLW1509 - this program has one thread
            )
        self.running[order["name"]] = (process, order)
        return {"pid": process.pid}

    def do_state(self, order: Order) -> Order:
        """Tell how a server ended, or that it has not."""
        if order["name"] not in self.running:
            return {"exit_code": 0}
        return {"exit_code": self.running[order["name"]][0].poll()}

    def do_stop(self, order: Order) -> Order:
        """End one server and wait until it is gone."""
        if order["name"] in self.running:
            process, started = self.running.pop(order["name"])
            process.send_signal(started["kill_signal" if order["kill"] else "stop_signal"])
            wait_or_kill(process, started["grace_seconds"])
        return {}

    def do_at_end(self, order: Order) -> Order:
        """Remember a command to run when all is over."""
        self.last_words.append(order["argv"])
        return {}

    def end(self) -> None:
        """End all servers at once, then run the last commands."""
        for process, order in self.running.values():
            process.send_signal(order["stop_signal"])
        for process, order in self.running.values():
            wait_or_kill(process, order["grace_seconds"])
        for argv in self.last_words:
            subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=60, check=False)


def dies_with_us(death_signal: int) -> Callable[[], None] | None:
    """Make the system end the server when this program dies, where the system can."""
    if sys.platform != "linux":
        return None
    set_option = ctypes.CDLL(None).prctl
    us = os.getpid()

    def before_exec() -> None:
        set_option(PR_SET_PDEATHSIG, death_signal)
        if os.getppid() != us:  # we died between the fork and the line above
            os._exit(1)

    return before_exec


def wait_or_kill(process: subprocess.Popen[bytes], grace_seconds: float) -> None:
    """Give a server its time to end, then end it."""
    try:
        process.wait(grace_seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def orders(asker: int) -> Any:
    """Yield orders until the input ends or the asker is no longer our parent."""
    waiting = b""
    while os.getppid() == asker:
        if not select.select([0], [], [], LOOK_SECONDS)[0]:
            continue
        piece = os.read(0, 65536)
        if not piece:
            return
        *lines, waiting = (waiting + piece).split(b"\n")
        yield from (json.loads(line) for line in lines)


def remove(folder: Path) -> None:
    """Take the folder away; a server's last child may still be writing for a moment."""
    for _ in range(20):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.1)


def main(folder: Path, asker: int, removes_folder: bool) -> None:
    """Serve one stack, from its first order to its end."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # asked to go: as if the asker had gone
    servers = Servers()
    with (folder / "alive").open("w") as alive:
        fcntl.flock(alive, fcntl.LOCK_EX | fcntl.LOCK_NB)
        print(json.dumps({"ready": os.getpid()}), flush=True)
        try:
            for order in orders(asker):
                print(json.dumps(servers.obey(order)), flush=True)
        finally:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a second request must not stop the stopping
            servers.end()
            if removes_folder:
                remove(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "remove")
