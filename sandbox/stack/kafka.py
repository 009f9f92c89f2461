"""Apache Kafka as one node that is broker and controller: its settings, and the embedded server.

The settings are the same for the embedded broker and the container.
Topics are never made by use: whoever needs one makes it.
"""

from __future__ import annotations

import base64
import subprocess
import uuid
from dataclasses import dataclass
from pathlib import Path

from sandbox.stack.errors import StackError
from sandbox.stack.guard import Command, Guard
from sandbox.stack.jars import KAFKA_VERSION
from sandbox.stack.ports import HOST
from sandbox.stack.waiting import kafka_answers, until

SETTINGS = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "listener.security.protocol.map": "CLIENTS:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "inter.broker.listener.name": "CLIENTS",
    "controller.listener.names": "CONTROLLER",
    "broker.session.timeout.ms": "3000",  # a killed broker waits this long for its own old session; 9 s by default
    "broker.heartbeat.interval.ms": "500",
    "auto.create.topics.enable": "false",
    "group.initial.rebalance.delay.ms": "0",  # one machine: nobody else is about to join
    "group.min.session.timeout.ms": "1000",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",  # 50 by default: two seconds of a first start
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "log.cleaner.dedupe.buffer.size": "8388608",  # 128 MB by default, a third of the heap
    "num.network.threads": "2",
    "num.io.threads": "4",
}
LOG_SETTINGS = """\
status=error
appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d{ISO8601} %p %m (%c{1})%n
rootLogger.level=info
rootLogger.appenderRef.out.ref=out
logger.values.name=org.apache.kafka.common.config.AbstractConfig
logger.values.level=warn
"""


@dataclass(frozen=True)
class Java:
    """How Java is run: its program and the jars, in one class path."""

    program: Path
    class_path: str

    def argv(self, folder: Path, heap_megabytes: int, *words: str) -> list[str]:
        """Give the command line of a Java program that keeps all its files in one folder."""
        return [
            str(self.program),
            f"-Xmx{heap_megabytes}m",
            "-XX:+UseSerialGC",
            "-XX:+ExitOnOutOfMemoryError",
            "-XX:-UsePerfData",
            "-Djava.awt.headless=true",
            f"-Djava.io.tmpdir={folder}",
            f"-Dlog4j2.configurationFile={folder / 'log4j2.properties'}",
            "-cp",
            self.class_path,
            *words,
        ]


class EmbeddedKafka:
    """A broker in a folder, run by a guard."""

    name = "kafka"
    version = f"Apache Kafka {KAFKA_VERSION}"

    def __init__(self, guard: Guard, folder: Path, java: Java, ports: tuple[int, int], heap_megabytes: int) -> None:
        """Describe it; nothing is written yet. `ports`: the clients' and the controller's."""
        self.port, self._controller_port = ports
        self._guard, self._folder, self._java, self._heap = guard, folder, java, heap_megabytes
        self._log = folder / "kafka.log"
        self._settings = folder / "server.properties"

    def prepare(self) -> None:
        """Write the settings and format the data folder, once."""
        self._folder.mkdir(exist_ok=True)
        (self._folder / "log4j2.properties").write_text(LOG_SETTINGS)
        self._settings.write_text("".join(f"{name}={value}\n" for name, value in self._all_settings().items()))
        if not (self._folder / "data" / "meta.properties").exists():
            self._format()

    def start(self) -> None:
        """Start the broker and return when it answers."""
        argv = self._java.argv(self._folder, self._heap, "kafka.Kafka", str(self._settings))
        self._guard.start(Command(self.name, argv, self._log))
        until(lambda: kafka_answers(HOST, self.port), lambda: not self.is_running(), "Kafka", self._log.read_text)

    def stop(self, *, kill: bool = False) -> None:
        """Stop it; with `kill` by kill -9."""
        self._guard.stop(self.name, kill=kill)

    def is_running(self) -> bool:
        """Tell whether it runs."""
        return self._guard.exit_code(self.name) is None

    def _all_settings(self) -> dict[str, str]:
        clients, controller = f"{HOST}:{self.port}", f"{HOST}:{self._controller_port}"
        return SETTINGS | {
            "listeners": f"CLIENTS://{clients},CONTROLLER://{controller}",
            "advertised.listeners": f"CLIENTS://{clients}",
            "controller.quorum.bootstrap.servers": controller,
            "log.dirs": str(self._folder / "data"),
        }

    def _format(self) -> None:
        words = ("kafka.tools.StorageTool", "format", "--standalone", "-t", new_cluster_id(), "-c", str(self._settings))
        argv = self._java.argv(self._folder, 128, *words)
        done = subprocess.run(argv, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
        if done.returncode:
            raise StackError(f"Kafka's data folder could not be formatted: {' / '.join(done.stderr.splitlines()[-3:])}")


def new_cluster_id() -> str:
    """Make an id as Kafka writes them; one that begins with a dash would be read as an option."""
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=").replace("-", "A")
