"""Nothing is left running, whoever dies, and what cannot start says why in one sentence."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from sandbox import stack as stacks
from sandbox.stack import containers, guard, places

COMMAND = [sys.executable, "-m", "sandbox.stack"]
ROOT = Path(__file__).parents[3]


def start_elsewhere(*words: str, **environ: str) -> subprocess.Popen[str]:
    """Start a stack in another process and return when it runs."""
    other = subprocess.Popen(
        [*COMMAND, *words],
        cwd=ROOT,
        env=os.environ | environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert other.stdout
    for line in other.stdout:
        if "Ctrl-C" in line:
            return other
    raise AssertionError(f"did not start: {other.communicate()[1]}")


@pytest.fixture
def other() -> Iterator[subprocess.Popen[str]]:
    """A stack that another process has started."""
    started = start_elsewhere(SYNC_STACK="embedded")
    yield started
    started.kill()
    started.communicate()


def family(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """The guard and all servers with their own children."""
    found = psutil.Process(process.pid).children(recursive=True)
    assert {"java", "postgres"} <= {one.name() for one in found}
    return found


def are_gone(processes: list[psutil.Process], within_seconds: float) -> bool:
    """Tell whether all have ended; one that only waits to be counted by the system has."""
    deadline = time.monotonic() + within_seconds
    while time.monotonic() < deadline:
        if not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in processes):
            return True
        time.sleep(0.1)
    return False


def run_folder(processes: list[psutil.Process]) -> Path:
    """The folder the guard was told to keep."""
    (guarding,) = [one for one in processes if any("guard_child" in word for word in one.cmdline())]
    return Path(guarding.cmdline()[-3])


def test_kill_9_of_who_started_it_leaves_no_process_and_no_file(other: subprocess.Popen[str]) -> None:
    """Broker, database and guard end by themselves within seconds, and the data folder is gone."""
    processes = family(other)
    folder = run_folder(processes)
    existed = folder.exists()

    other.kill()

    assert are_gone(processes, within_seconds=15)
    assert existed
    assert not folder.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent; the next start sweeps up")
def test_kill_9_of_the_guard_ends_the_servers_too(other: subprocess.Popen[str]) -> None:
    """Even when the guard itself is killed, the servers do not outlive it."""
    processes = family(other)
    (guarding,) = [one for one in processes if any("guard_child" in word for word in one.cmdline())]

    guarding.kill()

    assert are_gone(processes, within_seconds=15)


@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGTERM])
def test_asked_to_end_it_has_stopped_everything_when_it_returns(
    other: subprocess.Popen[str], asked: signal.Signals
) -> None:
    """After Ctrl-C or SIGTERM nothing runs any more, and the exit says that all went well."""
    processes = family(other)

    other.send_signal(asked)
    said, _ = other.communicate(timeout=30)

    assert other.returncode == 0
    assert said.endswith("stopped\n")
    assert are_gone(processes, within_seconds=1)


@pytest.mark.containers
def test_kill_9_of_who_started_containers_removes_them() -> None:
    """The guard removes both containers, as testcontainers' own reaper would."""
    if reason := containers.why_not():
        pytest.skip(reason)
    other = start_elsewhere(SYNC_STACK="containers")
    (guarding,) = psutil.Process(other.pid).children()
    listing = ["docker", "ps", "-aq", "--filter", f"label={containers.LABEL}={guarding.cmdline()[-3]}"]
    running = subprocess.run(listing, capture_output=True, text=True, check=True).stdout.split()

    other.kill()
    other.communicate()

    assert len(running) == 2
    assert are_gone([guarding], within_seconds=40)
    assert not subprocess.run(listing, capture_output=True, text=True, check=True).stdout


def test_what_a_killed_guard_left_is_swept_up(tmp_path: Path) -> None:
    """An old folder whose guard is dead goes, with the server that still uses it; a live guard's folder stays."""
    dead, alive, young = tmp_path / "dead", tmp_path / "alive", tmp_path / "young"
    for folder in (dead, alive, young):
        folder.mkdir()
    left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", str(dead / "data")])
    living = guard.Guard(alive, removes_folder=True)
    for folder in (dead, alive):
        os.utime(folder, (0, 0))

    guard.sweep(tmp_path)

    assert left.wait(5) == -signal.SIGKILL
    assert sorted(tmp_path.iterdir()) == [alive, young]
    living.close()


def test_a_server_that_ignores_its_signal_is_killed(tmp_path: Path) -> None:
    """A stop never hangs: after its grace the server is killed."""
    deaf = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    )
    log = tmp_path / "log"
    guarding = guard.Guard(tmp_path, removes_folder=False)
    pid = guarding.start(guard.Command("deaf", [sys.executable, "-c", deaf], log, grace_seconds=0.5))
    process = psutil.Process(pid)
    while not log.read_text():
        time.sleep(0.05)

    guarding.stop("deaf")
    guarding.close()

    assert not process.is_running()


def test_a_guard_that_has_ended_is_a_sentence(tmp_path: Path) -> None:
    """Whoever still asks for a server is told that the stack is over."""
    guarding = guard.Guard(tmp_path, removes_folder=False)
    guarding.close()

    with pytest.raises(stacks.StackError, match=r"guard has ended.*: start the stack again"):
        guarding.exit_code("kafka")


@pytest.mark.parametrize(("option", "server"), [("--kafka-port", "Kafka"), ("--postgres-port", "PostgreSQL")])
def test_a_port_that_is_taken_is_one_sentence_and_nothing_starts(option: str, server: str) -> None:
    """The command ends with 1, names the port and the server, shows no traceback, and leaves nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        done = subprocess.run(
            [*COMMAND, option, port],
            cwd=ROOT,
            env=os.environ | {"SYNC_STACK": "embedded"},
            capture_output=True,
            text=True,
            timeout=60,
        )

    assert done.returncode == 1
    assert done.stderr.startswith(f"Port {port} for {server} is taken by process {os.getpid()}")
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""


def test_a_kept_folder_has_its_data_again_at_the_next_start(open_folder: Path) -> None:
    """With a folder named, ports, password and data are the same the next time; two stacks never share it."""
    with stacks.start("embedded", folder=open_folder) as first:
        first.database("kept")
        with pytest.raises(stacks.StackError, match="Another stack is running in"):
            stacks.start("embedded", folder=open_folder)
    with stacks.start("embedded", folder=open_folder) as second:
        again = (second.kafka_bootstrap, second.database_owner_url)
        with pytest.raises(Exception, match='database "kept" already exists'):
            second.database("kept")

    assert again == (first.kafka_bootstrap, first.database_owner_url)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to run PostgreSQL as someone else")
def test_root_is_told_when_postgres_may_not_enter_the_folder(tmp_path: Path) -> None:
    """A folder below a closed one is refused before anything starts."""
    tmp_path.chmod(0o700)

    with pytest.raises(stacks.StackError, match="as the user nobody, who may not enter"):
        stacks.start("embedded", folder=tmp_path / "below")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that PostgreSQL's user may enter also when the tests run as root."""
    folder = places.cache_folder() / f"test-kept-{os.getpid()}"
    yield folder
    shutil.rmtree(folder)
