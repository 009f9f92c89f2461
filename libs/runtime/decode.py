"""From a raw record to an event of ours: the envelope, the type this topic may carry, the model.

Promises: answers `Received` or raises `Refused` with a reason and a sentence that names the header or field at fault
and never its value. Nothing else is raised, whatever the bytes are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

from pydantic import ValidationError

from libs.contracts.envelope import Envelope, MalformedRecord, decode
from libs.contracts.events import MODELS, TYPES_OF_TOPIC
from libs.contracts.types import CamelModel

MALFORMED = "malformed"
UNKNOWN_TYPE = "unknown_type"
# A type is told in a dead letter's header only if it looks like one.
_PRINTABLE_TYPE = re.compile(r"^[a-zA-Z0-9._-]{1,80}$")


class Record(Protocol):
    """A record as Kafka gave it."""

    @property
    def topic(self) -> str: ...

    @property
    def partition(self) -> int: ...

    @property
    def offset(self) -> int: ...

    @property
    def timestamp(self) -> int:
        """Milliseconds since 1970, as the producer or broker set it."""
        ...

    @property
    def key(self) -> bytes | None: ...

    @property
    def value(self) -> bytes | None: ...

    @property
    def headers(self) -> Sequence[tuple[str, bytes | None]]: ...


class Received(NamedTuple):
    """One event and where it stood; topic, partition and offset together are its place, no two share it."""

    envelope: Envelope
    model: CamelModel
    topic: str
    partition: int
    offset: int
    key: bytes | None


class Refused(Exception):
    """This record would be refused the same way again: a dead letter with this reason."""

    def __init__(self, reason: str, error: str) -> None:
        super().__init__(error)
        self.reason = reason
        self.error = error


def event_decoder(types_of_topic: Mapping[str, Sequence[str]] = TYPES_OF_TOPIC) -> Callable[[Record], Received]:
    """A decoder for topics that carry events; each topic's types are listed in `libs.contracts.events`."""
    models = {topic: {name: MODELS[name] for name in names} for topic, names in types_of_topic.items()}

    def decode_event(record: Record) -> Received:
        topic = record.topic
        try:
            envelope = decode(record.headers, record.value)
        except MalformedRecord as error:
            raise Refused(MALFORMED, error.reason) from None
        model = models.get(topic, {}).get(envelope.type)
        if model is None:
            shown = envelope.type if _PRINTABLE_TYPE.match(envelope.type) else "(not printable)"
            raise Refused(UNKNOWN_TYPE, f"type {shown} is none of those this topic carries")
        try:
            event = model.model_validate_json(envelope.body)
        except ValidationError as error:
            raise Refused(MALFORMED, _fault(error)) from None
        return Received(envelope, event, topic, record.partition, record.offset, record.key)

    return decode_event


def _fault(error: ValidationError) -> str:
    """The first fields at fault, without their values."""
    details = error.errors(include_input=False, include_url=False, include_context=False)
    faults = [f"{'.'.join(map(str, detail['loc'])) or 'body'}: {detail['msg']}" for detail in details[:3]]
    more = f" and {len(details) - 3} more" if len(details) > 3 else ""
    return "; ".join(faults) + more
