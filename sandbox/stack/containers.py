"""Kafka and PostgreSQL as containers of their public images, started by testcontainers.

Ports are published on 127.0.0.1 alone and stay the same over stop and start.
A guard removes the containers when we are gone; testcontainers' own reaper would need one more image.
"""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import docker
from docker.errors import DockerException
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer

from sandbox.stack import databases, ports
from sandbox.stack.errors import StackError
from sandbox.stack.guard import Guard, sweep
from sandbox.stack.jars import KAFKA_VERSION
from sandbox.stack.kafka import SETTINGS as KAFKA_SETTINGS
from sandbox.stack.kafka import new_cluster_id
from sandbox.stack.places import cache_folder, is_held, open_folder
from sandbox.stack.postgres import FAST_SETTINGS, INITDB, MAJOR, OWNER
from sandbox.stack.postgres import SETTINGS as POSTGRES_SETTINGS
from sandbox.stack.servers import Progress, Stack
from sandbox.stack.waiting import all_of, kafka_answers, postgres_answers, until

KAFKA_IMAGE = f"apache/kafka:{KAFKA_VERSION}"
POSTGRES_IMAGE = f"postgres:{MAJOR}"
LABEL = "keycrm-vms-sync.run"
REMOVE = Path(__file__).with_name("remove_containers.py")
STOP_SECONDS = 15


class ContainerServer:
    """One container, made at its first start."""

    def __init__(
        self, name: str, version: str, port: int, container: DockerContainer, answers: Callable[[], bool]
    ) -> None:
        """Describe it; no container is made yet."""
        self.name, self.version, self.port = name, version, port
        self._container, self._answers, self._is_made = container, answers, False

    def start(self) -> None:
        """Start it and return when it answers."""
        try:
            if self._is_made:
                self._container.get_wrapped_container().start()
            else:
                self._container.start()
                self._is_made = True
        except DockerException as error:
            raise StackError(f"The container of {self.version} could not be started: {error}.") from error
        until(self._answers, lambda: not self.is_running(), self.version, self._log)

    def stop(self, *, kill: bool = False) -> None:
        """Stop it; with `kill` by kill -9."""
        container = self._container.get_wrapped_container()
        if kill:
            container.kill()
            container.wait()
        else:
            container.stop(timeout=STOP_SECONDS)

    def _log(self) -> str:
        return str(self._container.get_wrapped_container().logs(tail=20), errors="replace")

    def is_running(self) -> bool:
        """Tell whether it runs."""
        container = self._container.get_wrapped_container()
        container.reload()
        return bool(container.status == "running")


def why_not() -> str | None:
    """Say why containers cannot be had here; None when an engine answers and both images are there, or now pulled."""
    try:
        engine = docker.from_env()
        engine.ping()
    except DockerException as error:
        return f"no Docker engine answers ({type(error).__name__})"
    with closing(engine):
        for image in (KAFKA_IMAGE, POSTGRES_IMAGE):
            try:
                if not engine.images.list(name=image):
                    engine.images.pull(image)
            except DockerException as error:
                return f"the image {image} is neither here nor can be pulled ({type(error).__name__})"
    return None


def start(
    *, kafka_port: int | None, postgres_port: int | None, heap_megabytes: int, durable: bool, progress: Progress
) -> Stack:
    """Start both containers side by side; their data go with them."""
    if reason := why_not():
        raise StackError(f"SYNC_STACK=containers needs Docker, but {reason}: mend that, or use SYNC_STACK=embedded.")
    testcontainers_config.ryuk_disabled = True
    runs = open_folder(cache_folder() / "runs")
    sweep(runs)
    _remove_leftovers(runs)
    chosen = [
        ports.take_port() if port is None else ports.require_free(port, "a container")
        for port in (kafka_port, postgres_port)
    ]
    run = runs / secrets.token_hex(6)
    run.mkdir()
    guard = Guard(run, removes_folder=True)

    def close() -> None:
        guard.close()
        for port in chosen:
            ports.give_back(port)

    try:
        return _start(run, guard, (chosen[0], chosen[1]), heap_megabytes, durable, progress, close)
    except BaseException:
        close()
        raise


def _start(
    run: Path,
    guard: Guard,
    chosen: tuple[int, int],
    heap_megabytes: int,
    durable: bool,
    progress: Progress,
    close: Callable[[], None],
) -> Stack:
    kafka_port, postgres_port = chosen
    password = secrets.token_urlsafe(16)
    owner_url = databases.address(f"postgresql://{ports.HOST}:{postgres_port}/postgres", user=OWNER, password=password)
    kafka = ContainerServer(
        "kafka",
        f"Apache Kafka {KAFKA_VERSION}",
        kafka_port,
        _kafka(run, kafka_port, heap_megabytes),
        partial(kafka_answers, ports.HOST, kafka_port),
    )
    postgres = ContainerServer(
        "postgres",
        f"PostgreSQL {MAJOR}",
        postgres_port,
        _postgres(run, postgres_port, password, durable),
        partial(postgres_answers, owner_url),
    )
    guard.at_end([sys.executable, str(REMOVE), f"{LABEL}={run}"])

    all_of(partial(_bring_up, kafka, progress), partial(_bring_up, postgres, progress))
    return Stack(
        kind="containers",
        kafka=kafka,
        postgres=postgres,
        kafka_bootstrap=f"{ports.HOST}:{kafka_port}",
        database_owner_url=owner_url,
        can_stop=True,
        place=f"images {KAFKA_IMAGE} and {POSTGRES_IMAGE}",
        _close=close,
    )


def _bring_up(server: ContainerServer, progress: Progress) -> None:
    progress(server.name, "starting its container", 0.2)
    server.start()
    progress(server.name, "ready", 1.0)


def _kafka(run: Path, port: int, heap_megabytes: int) -> DockerContainer:
    """Let the broker listen inside on the very port it has outside, so that its address is right on both sides."""
    settings = KAFKA_SETTINGS | {
        "listeners": f"CLIENTS://0.0.0.0:{port},CONTROLLER://localhost:9093",
        "advertised.listeners": f"CLIENTS://{ports.HOST}:{port}",
        "controller.quorum.voters": "1@localhost:9093",
        "log.dirs": "/var/lib/kafka/data",
    }
    container = _container(run, KAFKA_IMAGE, port, port)
    container.with_env("CLUSTER_ID", new_cluster_id()).with_env("KAFKA_HEAP_OPTS", f"-Xmx{heap_megabytes}m")
    for name, value in settings.items():
        container.with_env("KAFKA_" + name.upper().replace(".", "_"), value)
    return container


def _postgres(run: Path, port: int, password: str, durable: bool) -> DockerContainer:
    settings = POSTGRES_SETTINGS | ({} if durable else FAST_SETTINGS) | {"listen_addresses": "*"}
    del settings["unix_socket_directories"]  # the image's own first start uses one
    container = _container(run, POSTGRES_IMAGE, 5432, port).with_command(
        ["postgres", *(word for name, value in settings.items() for word in ("-c", f"{name}={value}"))]
    )
    return container.with_envs(POSTGRES_USER=OWNER, POSTGRES_PASSWORD=password, POSTGRES_INITDB_ARGS=" ".join(INITDB))


def _container(run: Path, image: str, inside: int, outside: int) -> DockerContainer:
    container = DockerContainer(image, labels={LABEL: str(run)})
    container.ports[f"{inside}/tcp"] = (ports.HOST, outside)  # type: ignore[assignment] # the engine takes an address too
    return container


def _remove_leftovers(runs: Path) -> None:
    """Remove containers whose guard was killed; those of other people's folders are not looked at."""
    with closing(docker.from_env()) as engine:
        for container in engine.containers.list(all=True, filters={"label": LABEL}):
            run = Path(container.labels[LABEL])
            if run.parent == runs and not (run.exists() and is_held(run / "alive")):
                container.remove(force=True, v=True)
