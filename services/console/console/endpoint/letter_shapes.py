"""A dead letter as the API shows it; what it carried is shown to operators only."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any

from pydantic import Field

from console.handlers.replay import Preview
from libs.contracts.access import Person
from libs.contracts.types import CamelModel, Entity, Side
from libs.state.dead_letters import Kept

MOST_SHOWN = 16 * 1024


class LetterShape(CamelModel):
    """A dead letter; key, headers and body are shown to operators only."""

    id: int
    service: str
    kind: str | None = None
    reason: str
    error: str
    code: str = ""
    field: str | None = None
    entity: Entity | None = None
    binding_id: int | None = None
    side: Side | None = None
    attempts: int
    origin_topic: str | None = None
    origin_partition: int | None = None
    origin_offset: int | None = None
    first_failed_at: datetime | None = None
    kept_at: datetime
    status: str
    decided_by: str | None = None
    decided_at: datetime | None = None
    decision: str | None = None


class ReplayShape(CamelModel):
    """What a replay does: republished, marked, superseded (nothing), refused (nothing) or impossible (nothing)."""

    outcome: str
    sentence: str
    operation: str | None = Field(None, description="where to follow it, when an item became due")


class LetterDetailShape(LetterShape):
    """A dead letter with what it carried and what a replay would do."""

    key: str | None = None
    headers: dict[str, str | None] | None = None
    body: str | None = None
    body_encoding: str | None = Field(None, description="utf-8 or base64")
    body_bytes: int
    is_body_cut: bool = False
    replay: ReplayShape


def letter(known: Kept) -> LetterShape:
    """A dead letter without what it carried."""
    return LetterShape(**_letter(known))


def letter_detail(found: Preview, person: Person) -> LetterDetailShape:
    """A dead letter as this person is shown it."""
    carried: dict[str, Any] = {}
    dead = found.kept.received.letter
    if person.sees_personal:
        body, encoding = _readable((dead.body or b"")[:MOST_SHOWN])
        carried = {
            "key": _readable(dead.key)[0] if dead.key is not None else None,
            "headers": {name: None if value is None else _readable(value)[0] for name, value in dead.headers},
            "body": body, "body_encoding": encoding, "is_body_cut": len(dead.body or b"") > MOST_SHOWN,
        }  # fmt: skip
    return LetterDetailShape(
        **_letter(found.kept) | {"kind": found.behind.kind.value}, **carried, body_bytes=len(dead.body or b""),
        replay=ReplayShape(outcome=found.verdict.outcome.value, sentence=found.verdict.sentence),
    )  # fmt: skip


def _letter(known: Kept) -> dict[str, Any]:
    received, dead = known.received, known.received.letter
    return {
        "id": known.id, "service": received.service, "reason": dead.reason, "error": dead.error,
        "code": received.code, "field": received.field, "entity": received.entity, "binding_id": received.binding_id,
        "side": received.side, "attempts": dead.attempts, "origin_topic": dead.topic or None,
        "origin_partition": dead.partition if dead.topic else None,
        "origin_offset": dead.offset if dead.topic else None,
        "first_failed_at": dead.first_failed_at, "kept_at": known.kept_at, "status": known.status,
        "decided_by": known.decided_by, "decided_at": known.decided_at, "decision": known.decision,
    }  # fmt: skip


def _readable(raw: bytes) -> tuple[str, str]:
    try:
        return raw.decode(), "utf-8"
    except UnicodeDecodeError as error:
        if error.end >= len(raw) - 3 and len(raw) == MOST_SHOWN:  # cut in the middle of a character
            return raw[: error.start].decode(), "utf-8"
        return base64.b64encode(raw).decode(), "base64"


class GroupShape(CamelModel):
    """Undecided letters with one thing wrong; `firstId` is one to look at."""

    service: str
    topic: str = Field(description="where they came from; empty: they were no records of a topic")
    reason: str
    code: str
    field: str | None = None
    count: int
    first_id: int
    oldest_at: datetime
    newest_at: datetime
