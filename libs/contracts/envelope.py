"""CloudEvents 1.0 over Kafka: binary mode in and out, structured mode in.

Promises: `decode` answers an `Envelope` or raises `MalformedRecord` with a reason that names the header or
attribute at fault and never quotes the record's content. `encode` answers Kafka headers and a body that any
CloudEvents Kafka binding reads (https://github.com/cloudevents/spec, kafka-protocol-binding, 1.0.2).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

SPEC_VERSION = "1.0"
STRUCTURED = "application/cloudevents+json"
JSON_TYPE = "application/json"
_REQUIRED = ("id", "source", "type", "specversion")
_KNOWN = frozenset({*_REQUIRED, "subject", "time", "traceparent", "correlationid", "datacontenttype", "dataschema"})
# As everybody spells them; any other spelling is understood too.
_ATTRIBUTE = {f"ce_{name}": name for name in _KNOWN} | {"content-type": "content-type", "traceparent": "traceparent"}

Headers = list[tuple[str, bytes]]

_SPEC_VERSION = ("ce_specversion", SPEC_VERSION.encode())
_CONTENT_TYPE = ("content-type", JSON_TYPE.encode())


class MalformedRecord(ValueError):
    """The record is no event of ours; its `reason` is safe to log and to keep in a dead letter's header."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Envelope(NamedTuple):
    """One event: CloudEvents attributes, two extensions, and the JSON body as bytes (not yet validated).

    A tuple, since a frozen dataclass takes three times as long to make, and every record of every topic makes one.
    """

    id: str
    source: str
    type: str
    subject: str
    time: datetime
    body: bytes
    traceparent: str | None = None
    correlation_id: str | None = None
    extensions: Mapping[str, str] = MappingProxyType({})


def encode(envelope: Envelope) -> tuple[Headers, bytes]:
    """Binary mode: attributes as `ce_*` headers, the body untouched."""
    headers = [
        _SPEC_VERSION,
        ("ce_id", envelope.id.encode()),
        _header("ce_source", envelope.source),
        _header("ce_type", envelope.type),
        ("ce_subject", envelope.subject.encode()),
        ("ce_time", envelope.time.isoformat().encode()),
        _CONTENT_TYPE,
    ]
    if envelope.correlation_id:
        headers.append(("ce_correlationid", envelope.correlation_id.encode()))
    if envelope.traceparent:
        headers.append(("traceparent", envelope.traceparent.encode()))
    return headers, envelope.body


@lru_cache(maxsize=256)
def _header(name: str, value: str) -> tuple[str, bytes]:
    """One of the few sources and types there are."""
    return name, value.encode()


def decode(headers: Iterable[tuple[str, bytes | None]], body: bytes | None) -> Envelope:
    """Read a record in either mode.

    Raises:
        MalformedRecord: a tombstone, a header that is not UTF-8, a missing attribute, a time without an offset.
    """
    if body is None or body == b"":
        raise MalformedRecord("empty body (tombstone): an event carries a JSON body")
    attributes = _attributes(headers)
    content_type = attributes.pop("content-type", "")
    if content_type.startswith(STRUCTURED):
        traceparent = attributes.get("traceparent", "")
        attributes, body = _structured(body)
        attributes.setdefault("traceparent", traceparent)
    return _envelope(attributes, body)


def _attributes(headers: Iterable[tuple[str, bytes | None]]) -> dict[str, str]:
    """The headers we read, without their prefix; foreign ones may hold any bytes. The hot path of every consumer."""
    attributes: dict[str, str] = {}
    name = ""
    try:
        for name, value in headers:
            attribute = _ATTRIBUTE.get(name) or _spelt_otherwise(name)
            if attribute:
                attributes[attribute] = value.decode() if value else ""
    except UnicodeDecodeError:
        raise MalformedRecord(f"header {name[:64]!r} is not UTF-8") from None
    return attributes


def _spelt_otherwise(name: str) -> str:
    """The attribute of a header that is no known one in its usual spelling; empty: none of ours."""
    lower = name.lower()
    return lower[3:] if lower.startswith("ce_") else _ATTRIBUTE.get(lower, "")


def _structured(body: bytes) -> tuple[dict[str, str], bytes]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise MalformedRecord("structured event: the body is not JSON, or nested too deeply") from None
    if not isinstance(document, dict) or "data" not in document:
        raise MalformedRecord("structured event: attribute 'data' is missing")
    data = document.pop("data")
    attributes = {str(k): v for k, v in document.items() if isinstance(v, str)}
    return attributes, json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()


def _envelope(attributes: Mapping[str, str], body: bytes) -> Envelope:
    for name in _REQUIRED:
        if not attributes.get(name):
            raise MalformedRecord(f"attribute {name!r} is missing: send header ce_{name}")
    if attributes["specversion"] != SPEC_VERSION:
        raise MalformedRecord("attribute 'specversion' must be 1.0")
    return Envelope(
        id=attributes["id"],
        source=attributes["source"],
        type=attributes["type"],
        subject=attributes.get("subject", ""),
        time=_time(attributes.get("time", "")),
        body=body,
        traceparent=attributes.get("traceparent") or None,
        correlation_id=attributes.get("correlationid") or None,
        extensions={} if _KNOWN.issuperset(attributes) else {k: v for k, v in attributes.items() if k not in _KNOWN},
    )


def _time(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise MalformedRecord("attribute 'time' must be RFC 3339, for example 2026-01-15T09:30:00+02:00") from None
    if moment.tzinfo is None:
        raise MalformedRecord("attribute 'time' has no offset: send for example 2026-01-15T09:30:00+02:00")
    return moment


def parse_json(body: bytes) -> Any:
    """The body as JSON values.

    Raises:
        MalformedRecord: it is not JSON.
    """
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise MalformedRecord("the body is not JSON, or nested too deeply") from None
