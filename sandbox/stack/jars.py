"""Apache Kafka's jars: fetched once with jgo, and never used unless each is the very file named in jars.lock.

A jar reaches the cache under its name only after its SHA-256 was found right, and is checked again at every start.
So neither a broken download nor several starts at once can spoil the cache.
"""

from __future__ import annotations

import errno
import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from sandbox.stack.errors import StackError
from sandbox.stack.places import alone

LOCK = Path(__file__).with_name("jars.lock")
KAFKA_VERSION = "4.3.1"
# What gives the broker its log is resolved apart: together with Kafka it would drag in an older kafka-clients.
ENDPOINTS = (f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}", "org.apache.logging.log4j:log4j-slf4j-impl:2.25.4")
AT_ONCE = 8


@dataclass(frozen=True, order=True)
class Jar:
    """One line of jars.lock."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def file_name(self) -> str:
        """The name it has in the cache."""
        return f"{self.artifact}-{self.version}.jar"


Fetch = Callable[[Jar, Path], Path]  # a jar, a folder to work in → where the file now is
Tell = Callable[[str, float], None]  # what is being done, how far it is


def read_lock(path: Path = LOCK) -> list[Jar]:
    """Read `group:artifact:version sha256` lines."""
    lines = (line.split("#")[0].split() for line in path.read_text().splitlines())
    return [_jar(*words) for words in lines if words]


def class_path(folder: Path, jars: Iterable[Jar], fetch: Fetch, tell: Tell) -> list[Path]:
    """Give the checked files of all jars, fetching what is missing or damaged."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {jar: folder / jar.file_name for jar in jars}
    if not all(_is_right(file, jar) for jar, file in files.items()):
        with alone(folder / "lock"):
            _fetch_into(folder, [jar for jar, file in files.items() if not _is_right(file, jar)], fetch, tell)
    return list(files.values())


def fetch_with_jgo(jar: Jar, work: Path) -> Path:
    """Download one jar from the Maven repositories this machine uses (jgo's own configuration is respected)."""
    from jgo.config import GlobalSettings  # only here: it takes half a second that a second start does not need
    from jgo.constants import MAVEN_CENTRAL_URL
    from jgo.maven import MavenContext

    repositories = GlobalSettings.load().repositories or {"central": MAVEN_CENTRAL_URL}
    context = MavenContext(repo_cache=work, remote_repos=repositories, timeout=30)
    return Path(context.project(jar.group, jar.artifact).at_version(jar.version).artifact(packaging="jar").resolve())


def _jar(coordinates: str, sha256: str) -> Jar:
    group, artifact, version = coordinates.split(":")
    return Jar(group, artifact, version, sha256)


def _fetch_into(folder: Path, missing: list[Jar], fetch: Fetch, tell: Tell) -> None:
    for left_by_a_killed_start in folder.glob("incoming-*"):
        shutil.rmtree(left_by_a_killed_start, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="incoming-", dir=folder) as work, ThreadPoolExecutor(AT_ONCE) as pool:
        for done, _ in enumerate(pool.map(lambda jar: _fetch_one(jar, Path(work), folder, fetch), missing), start=1):
            tell(f"downloaded {done} of {len(missing)} jars", done / len(missing))


def _fetch_one(jar: Jar, work: Path, folder: Path, fetch: Fetch) -> Jar:
    try:
        file = fetch(jar, work)
    except (OSError, RuntimeError) as error:  # requests' errors are OSErrors; jgo raises RuntimeError
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StackError(
                f"The disk of {folder} is full: free some, or set XDG_CACHE_HOME to another disk."
            ) from error
        raise StackError(
            f"{jar.file_name}, a part of Apache Kafka, could not be downloaded ({type(error).__name__}): check the "
            f"connection, copy {folder} from another machine, or set SYNC_STACK to containers or external."
        ) from error
    if (found := _sha256(file)) != jar.sha256:
        raise StackError(
            f"{jar.file_name} is refused: its SHA-256 is {found} and jars.lock says {jar.sha256}; "
            "check which Maven repository this machine downloads from."
        )
    file.replace(folder / jar.file_name)
    return jar


def _is_right(file: Path, jar: Jar) -> bool:
    return file.is_file() and _sha256(file) == jar.sha256


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
