"""Questions for people: one live question a field, with what both sides showed when it was asked (rules 25, 26).

Safe because a unique index allows one live row a binding and field; asking again with other shown values drops the
answer and raises `asked`; and an answer names the `asked` it was given to, so nobody answers what they did not see.
A question is JSON (`shown_vms`, …, `answer`) that only the merge understands.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from asyncpg import Record

from libs.contracts.types import Entity
from libs.runtime.database import Connection
from libs.state.errors import StaleQuestion

QUESTION = (
    "field", "reason", "params", "shown_vms", "shown_keycrm", "base_vms", "base_keycrm", "raced", "has_raced",
    "choices", "answer",
)  # fmt: skip
News = Literal["opened", "refreshed", "unchanged"]


@dataclass(frozen=True, slots=True)
class Asked:
    """The question's number, and whether it is new, has other values, or stands as it stood."""

    id: int
    news: News


@dataclass(frozen=True, slots=True)
class Conflict:
    """One question as it stands; `question` is what the merge reads."""

    id: int
    binding_id: int
    entity: Entity
    question: Mapping[str, Any]
    status: Literal["open", "resolved", "closed"]
    asked: int
    answered_by: str | None
    answered_at: datetime | None
    changed_vms_at: datetime | None
    changed_keycrm_at: datetime | None
    opened_at: datetime
    refreshed_at: datetime
    closed_at: datetime | None
    close_reason: str | None


COLUMNS = (
    "id, binding_id, entity, status, asked, answered_by, answered_at, changed_vms_at, changed_keycrm_at, opened_at, "
    "refreshed_at, closed_at, close_reason, " + ", ".join(QUESTION)
)
_LIVE = "SELECT {columns} FROM conflict WHERE binding_id = $1 AND field = $2 AND status <> 'closed' FOR UPDATE"
_OPEN = """
    INSERT INTO conflict (binding_id, entity, field, reason, params, shown_vms, shown_keycrm, base_vms, base_keycrm,
        raced, has_raced, choices, changed_vms_at, changed_keycrm_at, opened_at, refreshed_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15) RETURNING id
"""
_REFRESH = """
    UPDATE conflict SET reason = $2, params = $3, shown_vms = $4, shown_keycrm = $5, base_vms = $6, base_keycrm = $7,
        raced = $8, has_raced = $9, choices = $10, changed_vms_at = $11, changed_keycrm_at = $12, refreshed_at = $13,
        status = 'open', asked = asked + 1, answer = NULL, answered_by = NULL, answered_at = NULL
    WHERE id = $1
"""


async def ask(
    conn: Connection,
    binding_id: int,
    entity: Entity,
    question: Mapping[str, Any],
    now: datetime,
    *,
    changed_vms_at: datetime | None = None,
    changed_keycrm_at: datetime | None = None,
) -> Asked:
    """Open the question, or refresh it if it shows something else; the caller holds the binding's lease."""
    live = await conn.fetchrow(_LIVE.format(columns=COLUMNS), binding_id, question["field"])
    told = [
        question["reason"], dict(question.get("params") or {}), question.get("shown_vms"), question.get("shown_keycrm"),
        question.get("base_vms"), question.get("base_keycrm"), question.get("raced"),
        bool(question.get("has_raced")), list(question.get("choices") or ()), changed_vms_at, changed_keycrm_at, now,
    ]  # fmt: skip
    if live is None:
        return Asked(await conn.fetchval(_OPEN, binding_id, entity, question["field"], *told), "opened")
    if _is_same(live, question):
        return Asked(live["id"], "unchanged")
    await conn.execute(_REFRESH, live["id"], *told)
    return Asked(live["id"], "refreshed")


async def live(conn: Connection, binding_id: int) -> tuple[Mapping[str, Any], ...]:
    """The questions of a binding that are open or answered, as the merge reads them."""
    rows = await conn.fetch(
        f"SELECT {', '.join(QUESTION)} FROM conflict WHERE binding_id = $1 AND status <> 'closed' ORDER BY id",
        binding_id,
    )
    return tuple(dict(row) for row in rows)


async def close(
    conn: Connection, binding_id: int, fields: Iterable[str], reason: str, now: datetime
) -> tuple[int, ...]:
    """The question is settled; answers the numbers of those that were live."""
    rows = await conn.fetch(
        """UPDATE conflict SET status = 'closed', closed_at = $3, close_reason = $4
           WHERE binding_id = $1 AND field = ANY($2::text[]) AND status <> 'closed' RETURNING id""",
        binding_id, list(fields), now, reason,
    )  # fmt: skip
    return tuple(row["id"] for row in rows)


async def answer(
    conn: Connection, conflict_id: int, asked: int, answer: Mapping[str, Any], by: str, now: datetime
) -> Conflict:
    """A person's answer to the question as it was asked the `asked`-th time.

    Raises:
        StaleQuestion: it shows something else by now, or is closed, or there is none: show it again.
    """
    row = await conn.fetchrow(
        f"""UPDATE conflict SET status = 'resolved', answer = $3, answered_by = $4, answered_at = $5
            WHERE id = $1 AND asked = $2 AND status <> 'closed' RETURNING {COLUMNS}""",
        conflict_id, asked, dict(answer), by, now,
    )  # fmt: skip
    if row is None:
        raise StaleQuestion(f"conflict {conflict_id} was closed or asked anew: look at it again before you answer")
    return read(row)


async def naming(conn: Connection, reason: str, param: str, texts: Iterable[str]) -> tuple[int, ...]:
    """The bindings with a live question of this reason whose parameter, a list, has one of these texts."""
    rows = await conn.fetch(
        """SELECT DISTINCT binding_id FROM conflict WHERE status <> 'closed' AND reason = $1
           AND params -> $2 ?| $3::text[] ORDER BY binding_id""",
        reason, param, list(texts),
    )  # fmt: skip
    return tuple(row["binding_id"] for row in rows)


async def get(conn: Connection, conflict_id: int) -> Conflict | None:
    """One question."""
    row = await conn.fetchrow(f"SELECT {COLUMNS} FROM conflict WHERE id = $1", conflict_id)
    return read(row) if row else None


async def page(
    conn: Connection,
    *,
    status: str | None = None,
    binding_id: int | None = None,
    entity: Entity | None = None,
    after: int = 0,
    limit: int = 50,
) -> tuple[Conflict, ...]:
    """Questions in the order of their numbers, after one of them."""
    rows = await conn.fetch(
        f"""SELECT {COLUMNS} FROM conflict WHERE id > $1 AND ($2::text IS NULL OR status = $2)
            AND ($3::bigint IS NULL OR binding_id = $3) AND ($4::text IS NULL OR entity = $4) ORDER BY id LIMIT $5""",
        after, status, binding_id, entity, limit,
    )  # fmt: skip
    return tuple(read(row) for row in rows)


async def count_open(conn: Connection) -> dict[Entity, int]:
    """How many questions wait for a person."""
    rows = await conn.fetch("SELECT entity, count(*) AS open FROM conflict WHERE status = 'open' GROUP BY entity")
    return {Entity(row["entity"]): row["open"] for row in rows}


def _is_same(live: Record, question: Mapping[str, Any]) -> bool:
    """Same reason, same shown values, same raced value: then the question stands, its answer too."""
    names = ("reason", "shown_vms", "shown_keycrm", "raced")
    return all(live[name] == question.get(name) for name in names) and live["has_raced"] == bool(
        question.get("has_raced")
    )


def read(row: Record) -> Conflict:
    """A row of `conflict` as a value."""
    facts = dict(row)
    question = {name: facts.pop(name) for name in QUESTION}
    return Conflict(**facts | {"entity": Entity(row["entity"])}, question=question)
