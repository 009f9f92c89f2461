"""Kafka's jars: only the files named in jars.lock are ever used, however they came."""

from __future__ import annotations

import errno
import hashlib
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sandbox.stack import StackError, jars

CONTENT = b"as published"
RIGHT = hashlib.sha256(CONTENT).hexdigest()
JARS = [jars.Jar("org.example", name, "1.0", RIGHT) for name in ("first", "second", "third")]


def fetching(content: bytes, fetched: list[str]) -> Callable[[jars.Jar, Path], Path]:
    """A repository that serves the same content for every jar, slowly enough for others to come in between."""

    def fetch(jar: jars.Jar, work: Path) -> Path:
        fetched.append(jar.artifact)
        file = work / jar.file_name
        file.write_bytes(content[:3])
        time.sleep(0.05)
        file.write_bytes(content)
        return file

    return fetch


def told(doing: str, share: float) -> None:
    """Listen to nothing."""


def test_a_jar_that_is_not_the_published_one_is_refused(tmp_path: Path) -> None:
    """A download with another SHA-256 never reaches the cache, and the sentence names the file and both sums."""
    with pytest.raises(StackError, match=f"first-1.0.jar is refused: its SHA-256 is .* says {RIGHT}"):
        jars.class_path(tmp_path, JARS[:1], fetching(b"something else", []), told)

    assert not list(tmp_path.glob("*.jar"))


def test_a_damaged_jar_in_the_cache_is_fetched_again(tmp_path: Path) -> None:
    """A file cut short by a full disk is replaced, the good ones beside it are left alone."""
    jars.class_path(tmp_path, JARS, fetching(CONTENT, []), told)
    (tmp_path / "second-1.0.jar").write_bytes(CONTENT[:5])
    fetched: list[str] = []

    files = jars.class_path(tmp_path, JARS, fetching(CONTENT, fetched), told)

    assert fetched == ["second"]
    assert {file.read_bytes() for file in files} == {CONTENT}


def test_a_full_cache_needs_no_connection(tmp_path: Path) -> None:
    """The second start fetches nothing."""
    jars.class_path(tmp_path, JARS, fetching(CONTENT, []), told)
    fetched: list[str] = []

    files = jars.class_path(tmp_path, JARS, fetching(b"not asked", fetched), told)

    assert fetched == []
    assert [file.name for file in files] == ["first-1.0.jar", "second-1.0.jar", "third-1.0.jar"]


def test_several_starts_at_once_fetch_each_jar_once_and_see_whole_files(tmp_path: Path) -> None:
    """Five starts on an empty cache: one fetches, the others wait, and all get the same right files."""
    fetched: list[str] = []
    together = threading.Barrier(5)

    def start(_: int) -> list[bytes]:
        together.wait()
        return [file.read_bytes() for file in jars.class_path(tmp_path, JARS, fetching(CONTENT, fetched), told)]

    with ThreadPoolExecutor(5) as pool:
        seen = list(pool.map(start, range(5)))

    assert sorted(fetched) == ["first", "second", "third"]
    assert seen == [[CONTENT] * 3] * 5


def test_what_a_killed_download_left_is_cleared(tmp_path: Path) -> None:
    """A half file of a start that was killed neither stays nor is used."""
    (tmp_path / "incoming-dead").mkdir()
    (tmp_path / "incoming-dead" / "first-1.0.jar").write_bytes(CONTENT[:2])

    jars.class_path(tmp_path, JARS, fetching(CONTENT, []), told)

    assert not list(tmp_path.glob("incoming-*"))


@pytest.mark.parametrize(
    ("failure", "sentence"),
    [
        (ConnectionError("no route"), "first-1.0.jar, .*could not be downloaded.*check the connection"),
        (RuntimeError("not found in remote repositories"), "could not be downloaded"),
        (OSError(errno.ENOSPC, "No space left on device"), "The disk of .* is full"),
    ],
)
def test_a_failed_download_is_one_sentence_that_says_what_to_do(
    tmp_path: Path, failure: Exception, sentence: str
) -> None:
    """No network, no such jar, no disk: the person reads what is wrong, not a traceback's end."""

    def fail(jar: jars.Jar, work: Path) -> Path:
        raise failure

    with pytest.raises(StackError, match=sentence) as raised:
        jars.class_path(tmp_path, JARS[:1], fail, told)

    assert "\n" not in str(raised.value)


def test_the_lock_names_the_pinned_kafka_with_sums_and_no_address() -> None:
    """Every line is a jar with a SHA-256; each jar's name occurs once; nothing says where it comes from."""
    locked = jars.read_lock()

    assert jars.KAFKA_VERSION in {jar.version for jar in locked if jar.artifact == "kafka_2.13"}
    assert {"kafka-clients", "log4j-slf4j-impl"} <= {jar.artifact for jar in locked}
    assert len({jar.file_name for jar in locked}) == len(locked)
    assert all(len(jar.sha256) == 64 for jar in locked)
    assert "://" not in jars.LOCK.read_text()
