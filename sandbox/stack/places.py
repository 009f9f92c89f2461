"""Where the stack keeps its files on this machine: one cache folder of the person who starts it.

Offers the locks with which several starts share that folder.
Refuses to begin on a disk that would run full.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs

from sandbox.stack.errors import StackError

NAME = "keycrm-vms-sync"
ROOT_FOLDER = Path("/var/cache") / NAME
NEEDED_MEGABYTES = 400  # jars 45, a copy of PostgreSQL 40, its fresh data 60, Kafka's first segments; the rest is room


def cache_folder() -> Path:
    """Give the folder for jars and data: the person's own, or for root one that PostgreSQL's user can enter."""
    folder = Path(platformdirs.user_cache_dir(NAME))
    if os.geteuid() == 0 and not is_open_to_all(folder):
        folder = ROOT_FOLDER  # root's home is closed to the user PostgreSQL has to run as; opening it is not ours to do
    try:
        return open_folder(folder)
    except OSError as error:
        raise StackError(
            f"The folder {folder} cannot be made ({error.strerror}): set XDG_CACHE_HOME to one that can."
        ) from error


def open_folder(folder: Path) -> Path:
    """Make a folder; root's can be walked through, whatever root's umask says."""
    folder.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        folder.chmod(folder.stat().st_mode | 0o011)
    return folder


def is_open_to_all(path: Path) -> bool:
    """Tell whether any user may walk down to this path, as far as it exists."""
    return all(step.stat().st_mode & 0o001 for step in (path, *path.parents) if step.exists())


def require_room(folder: Path, megabytes: int = NEEDED_MEGABYTES) -> None:
    """Refuse to start where the disk would run full in the middle."""
    free = shutil.disk_usage(folder).free // 1_000_000
    if free < megabytes:
        raise StackError(
            f"Only {free} MB are free in {folder} and the servers need {megabytes} MB: "
            "free some, or set XDG_CACHE_HOME to a folder on another disk."
        )


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Hold the lock file while the block runs; others wait. The system lets go of it when a holder dies."""
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def is_held(lock: Path) -> bool:
    """Tell whether someone alive holds the lock file."""
    with lock.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
