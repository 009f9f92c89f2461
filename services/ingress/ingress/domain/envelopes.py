"""What goes to Kafka for a verified webhook: events for its hints, a dead letter for what was not understood.

Promises: an event's id is the request's own with the number of its row, so that a repeated webhook is a new event; a
dead letter keeps the body byte for byte. It has no origin topic (partition and offset -1), so it cannot be replayed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import orjson

from ingress.domain.hints import Hint, Unknown
from ingress.domain.verify import VerifiedWebhook
from libs.contracts.dead_letter import DeadLetter
from libs.contracts.envelope import Envelope, encode
from libs.contracts.topics import dead_letter_topic

SOURCE = "/keycrm/webhook"
DEAD_LETTERS = dead_letter_topic("ingress").name


class Moment(NamedTuple):
    """When a request came, its id (new), and the trace that it begins or continues."""

    at: datetime
    request_id: str
    correlation_id: str
    traceparent: str


class Letter(NamedTuple):
    """One record for the broker: a tuple, as each webhook makes one."""

    topic: str
    key: bytes | None
    headers: Sequence[tuple[str, bytes | None]]
    body: bytes


def to_letter(hint: Hint, number: int, moment: Moment) -> Letter:
    """The event of a hint; `number` is its row in the request."""
    envelope = Envelope(
        id=f"{moment.request_id}-{number}" if number else moment.request_id,
        source=SOURCE,
        type=hint.type,
        subject=hint.key,
        time=moment.at,
        body=orjson.dumps(hint.body),
        traceparent=moment.traceparent,
        correlation_id=moment.correlation_id,
    )
    headers, body = encode(envelope)
    return Letter(hint.topic, hint.key.encode(), headers, body)


def to_dead_letter(webhook: VerifiedWebhook, unknown: Unknown, moment: Moment) -> Letter:
    """The webhook as it came, and why it was not understood."""
    own: list[tuple[str, bytes | None]] = [
        ("content-type", b"application/json"),
        ("webhook-path", webhook.hook.encode()),
        ("ce_id", moment.request_id.encode()),
        ("ce_correlationid", moment.correlation_id.encode()),
        ("traceparent", moment.traceparent.encode()),
    ]
    if webhook.warehouse is not None:
        own.append(("webhook-warehouse", webhook.warehouse))
    letter = DeadLetter(
        topic="",
        partition=-1,
        offset=-1,
        key=None,
        body=webhook.body,
        headers=tuple(own),
        reason=unknown.reason,
        error=unknown.error,
        attempts=1,
        first_failed_at=moment.at,
    )
    headers, body = letter.encode()
    return Letter(DEAD_LETTERS, None, headers, body)
