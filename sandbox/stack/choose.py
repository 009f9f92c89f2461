"""The one place that chooses where Kafka and PostgreSQL come from: SYNC_STACK, embedded unless it says otherwise."""

from __future__ import annotations

import os
from pathlib import Path
from typing import cast, get_args

from sandbox.stack import embedded, external
from sandbox.stack.errors import StackError
from sandbox.stack.servers import Kind, Progress, Stack


def wanted_kind() -> Kind:
    """Read SYNC_STACK."""
    kind = os.environ.get("SYNC_STACK") or "embedded"
    if kind not in get_args(Kind):
        raise StackError(f"SYNC_STACK is {kind!r}: set it to one of {', '.join(get_args(Kind))}.")
    return cast(Kind, kind)


def start(
    kind: Kind | None = None,
    *,
    kafka_port: int | None = None,
    postgres_port: int | None = None,
    folder: Path | None = None,
    heap_megabytes: int = 384,
    durable: bool = True,
    progress: Progress = lambda server, doing, share: None,
) -> Stack:
    """Start a stack and return when both servers answer.

    Without ports free ones are taken. `folder` (embedded only) keeps the data there for the next start.
    `durable=False` lets PostgreSQL skip what only a power cut needs: for tests, not for measurements.
    Raises StackError, whose message is one sentence for a person.
    """
    kind = kind or wanted_kind()
    if kind == "external":
        return external.start(os.environ)
    if kind == "containers":
        from sandbox.stack import containers  # only here: nobody else should wait for the import of a Docker client

        return containers.start(
            kafka_port=kafka_port,
            postgres_port=postgres_port,
            heap_megabytes=heap_megabytes,
            durable=durable,
            progress=progress,
        )
    return embedded.start(
        kafka_port=kafka_port,
        postgres_port=postgres_port,
        folder=folder,
        heap_megabytes=heap_megabytes,
        durable=durable,
        progress=progress,
    )
