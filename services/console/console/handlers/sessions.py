"""Signing in and out: a person's token, or an OpenID Connect issuer's word, becomes a session for a working day.

Promises: the cookie is known to its browser alone; a session ends after eight hours unused, after a day at the latest,
at sign-out, and as soon as its token is taken out of the settings. Who guesses tokens is slowed down, and no other
person with them. Every sign-in and sign-out is in the audit.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict, deque
from collections.abc import Callable
from datetime import datetime, timedelta

from console.handlers.desk import Desk
from libs.contracts.access import Person
from libs.runtime.access import Access
from libs.state import audit, sessions
from libs.state.audit import Entry
from libs.state.sessions import Session

UNUSED = timedelta(hours=8)
LONGEST = timedelta(hours=24)
TOUCH_EVERY = timedelta(minutes=1)
MOST_WRONG = 5
WRONG_WITHIN = timedelta(minutes=1)
_MOST_ADDRESSES = 10_000


class TooMany(Exception):
    """From this address too many wrong tokens came: wait a minute."""


class Sessions:
    """The door of the pages."""

    def __init__(self, desk: Desk, access: Access, new_secret: Callable[[], str]) -> None:
        """`new_secret` makes texts of 256 random bits."""
        self._desk = desk
        self._access = access
        self._new_secret = new_secret
        self._wrong = _Wrong()

    async def sign_in(self, token: str, address: str) -> tuple[str, Session] | None:
        """Cookie and session for a token; None: nobody's.

        Raises:
            TooMany: too many wrong ones came from the address lately.
        """
        now = self._desk.clock()
        if self._wrong.count(address, now) >= MOST_WRONG:
            raise TooMany
        found = self._access.digested(token)
        if found is None:
            self._wrong.note(address, now)
            return None
        digest, person = found
        return await self.open(person, digest)

    async def open(self, person: Person, token_digest: bytes | None = None) -> tuple[str, Session]:
        """Cookie and session of somebody who is known already."""
        now, cookie = self._desk.clock(), self._new_secret()
        session = Session(
            digest=_digest(cookie),
            person=person,
            csrf=self._new_secret(),
            token_digest=token_digest,
            created_at=now,
            seen_at=now,
            expires_at=now + UNUSED,
        )
        async with self._desk.database.transaction() as conn:
            await sessions.forget_expired(conn, now)
            await sessions.add(conn, session)
            await audit.append(conn, [Entry(person.name, "session.opened")], now)
        return cookie, session

    async def find(self, cookie: str | None) -> Session | None:
        """Whose cookie this is; looking at it makes it last."""
        if not cookie:
            return None
        now = self._desk.clock()
        async with self._desk.database.transaction() as conn:
            session = await sessions.find(conn, _digest(cookie), now)
            if session is None or not self._may_still(session):
                return None
            if now - session.seen_at >= TOUCH_EVERY:
                expires_at = min(now + UNUSED, session.created_at + LONGEST)
                await sessions.seen(conn, session.digest, now, expires_at)
        return session

    async def is_live(self, session: Session) -> bool:
        """Whether it still is; looking on does not make it last."""
        async with self._desk.database.connection() as conn:
            found = await sessions.find(conn, session.digest, self._desk.clock())
        return found is not None and self._may_still(found)

    async def sign_out(self, session: Session) -> None:
        """End it, in every process."""
        now = self._desk.clock()
        async with self._desk.database.transaction() as conn:
            if await sessions.end(conn, session.digest):
                await audit.append(conn, [Entry(session.person.name, "session.ended")], now)

    def _may_still(self, session: Session) -> bool:
        """A token that was taken away, or was given another role, ends its sessions."""
        if session.token_digest is None:
            return True
        person = self._access.still(session.token_digest)
        return person is not None and (person.name, person.role) == (session.person.name, session.person.role)


class _Wrong:
    """The moments of wrong tokens, by address, for a minute; of very many addresses the oldest are forgotten."""

    def __init__(self) -> None:
        self._moments: OrderedDict[str, deque[datetime]] = OrderedDict()

    def count(self, address: str, now: datetime) -> int:
        moments = self._moments.get(address, deque[datetime]())
        while moments and now - moments[0] >= WRONG_WITHIN:
            moments.popleft()
        return len(moments)

    def note(self, address: str, now: datetime) -> None:
        self._moments.setdefault(address, deque(maxlen=MOST_WRONG)).append(now)
        self._moments.move_to_end(address)
        while len(self._moments) > _MOST_ADDRESSES:
            self._moments.popitem(last=False)


def _digest(cookie: str) -> bytes:
    return hashlib.sha256(cookie.encode()).digest()
