"""Who is signed in to the console: a session is found by the digest of its cookie, until it expires.

Safe because the cookie itself is nowhere: whoever reads the table cannot use what stands in it. A session that was
ended, or whose time is over, is found by nobody, at once and in every process.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from libs.contracts.access import Person, Role
from libs.runtime.database import Connection


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody signed in. `token_digest` is None where OpenID Connect said who it is."""

    digest: bytes
    person: Person
    csrf: str
    token_digest: bytes | None
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


async def add(conn: Connection, session: Session) -> None:
    """Keep a new one."""
    await conn.execute(
        """INSERT INTO session (digest, person, role, token_digest, csrf, created_at, seen_at, expires_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8)""",
        session.digest, session.person.name, session.person.role.value, session.token_digest, session.csrf,
        session.created_at, session.seen_at, session.expires_at,
    )  # fmt: skip


async def find(conn: Connection, digest: bytes, now: datetime) -> Session | None:
    """The live session of a cookie."""
    row = await conn.fetchrow("SELECT * FROM session WHERE digest = $1 AND expires_at > $2", digest, now)
    if row is None:
        return None
    person = Person(row["person"], Role(row["role"]))
    rest = ("csrf", "token_digest", "created_at", "seen_at", "expires_at")
    return Session(digest, person, **{name: row[name] for name in rest})


async def seen(conn: Connection, digest: bytes, now: datetime, expires_at: datetime) -> None:
    """Somebody is still there: it lasts longer."""
    await conn.execute("UPDATE session SET seen_at = $2, expires_at = $3 WHERE digest = $1", digest, now, expires_at)


async def end(conn: Connection, digest: bytes) -> bool:
    """Sign out; whether there was one."""
    return str(await conn.execute("DELETE FROM session WHERE digest = $1", digest)) == "DELETE 1"


async def forget_expired(conn: Connection, now: datetime) -> None:
    """What nobody can use goes."""
    await conn.execute("DELETE FROM session WHERE expires_at <= $1", now)
