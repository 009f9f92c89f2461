"""How every call to KeyCRM is made: a grant first, then the call, then the grant is settled with the answer.

Promises: no call without a grant; a grant is settled when its answer is there, given back when nothing was sent, and
left to run out by itself when the process is stopped in between. While it waits for a grant the lease is renewed.
"""

from __future__ import annotations

import asyncio
from typing import Any, TypeVar

import structlog
from pydantic import BaseModel

from libs.clients.answers import Partner, judge, read
from libs.clients.http import Connected, Http, NothingSent
from libs.clients.keycrm.filters import Query
from libs.clients.keycrm.pages import Page, PageFrame
from libs.clients.terms import Quota, Terms
from libs.clients.wire import Call, Reply, with_query
from libs.runtime.errors import HeldElsewhere, LeaseLost, OutcomeUnknown, PermanentError, SyncError, TransientError
from libs.runtime.work import Clock, Grant

KEYCRM = Partner("keycrm", "KeyCRM", "KEYCRM_BASE_URL", "KEYCRM_API_KEY")
PAGE_LIMIT = 50
"""The most rows that KeyCRM puts on a page."""
SLICE_SECONDS = 5.0
"""How long one wait for a grant lasts before the lease is looked at again."""
_PAUSE_SECONDS = 0.25
"""Between two waits: a quota that does not wait is not asked in a busy loop."""

Model = TypeVar("Model", bound=BaseModel)
log = structlog.get_logger("clients.keycrm")


class KeyCrmCalls(Connected):
    """The way of one call; the methods a service uses are in the classes built on it."""

    def __init__(self, http: Http, quota: Quota, clock: Clock, timeout_seconds: float, patience_seconds: float) -> None:
        self._http = http
        self._quota = quota
        self._clock = clock
        self._timeout_seconds = timeout_seconds
        self._patience_seconds = patience_seconds

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()

    async def send(self, call: Call, terms: Terms) -> Any:
        """Make the call and answer its JSON.

        Raises:
            SyncError: the fate that the answer, or its absence, means.
        """
        grant, seconds = await self._admitted(terms)
        try:
            reply = await self._http.exchange(call, seconds)
        except NothingSent:
            await self._quota.give_back(grant.id)
            raise
        except (TransientError, OutcomeUnknown):
            await self._settle(grant, None)
            raise
        await self._settle(grant, reply)
        return judge(KEYCRM, call, reply, self._clock())

    async def read(self, call: Call, terms: Terms, model: type[Model]) -> Model:
        """Make the call and read its answer as a model."""
        return read(KEYCRM, call, model, await self.send(call, terms))

    async def page(self, call: Call, terms: Terms, model: type[Model]) -> Page[Model]:
        """Make the call and read its answer as one page of models."""
        return (await self.read(call, terms, PageFrame)).read(model)

    async def _admitted(self, terms: Terms) -> tuple[Grant, float]:
        """A grant, and the seconds that the call under it may take."""
        loop = asyncio.get_running_loop()
        patience_ends = loop.time() + self._patience_seconds
        while (grant := await self._drawn(terms, min(SLICE_SECONDS, patience_ends - loop.time()))) is None:
            if loop.time() >= patience_ends:
                # Not KeyCRM's failure: its circuit stays closed for the lanes that do get calls.
                raise HeldElsewhere("no call to KeyCRM came free in this lane")
        try:
            seconds = await terms.seconds_for_a_call(self._timeout_seconds)
        except LeaseLost:
            await self._quota.give_back(grant.id)
            raise
        return grant, min(seconds, self._left(grant))

    async def _drawn(self, terms: Terms, wait_seconds: float) -> Grant | None:
        await terms.seconds_for_a_call(self._timeout_seconds)
        if (grant := terms.lease.take_grant() if terms.lease else None) is not None:
            if self._left(grant) >= self._timeout_seconds:
                return grant
            await self._quota.give_back(grant.id)
        grant = await self._quota.draw(terms.lane, wait_seconds=max(0.0, wait_seconds))
        if grant is None:
            await asyncio.sleep(_PAUSE_SECONDS)
        return grant

    def _left(self, grant: Grant) -> float:
        return (grant.ends_at - self._clock()).total_seconds()

    async def _settle(self, grant: Grant, reply: Reply | None) -> None:
        try:
            await self._quota.settle(
                grant.id,
                status=reply.status if reply else None,
                limit=reply.number("x-ratelimit-limit") if reply else None,
                remaining=reply.number("x-ratelimit-remaining") if reply else None,
                retry_after_seconds=reply.retry_after_seconds(self._clock()) if reply else None,
            )
        except SyncError as error:
            # The answer is there: losing it now would make a known outcome unknown. The grant runs out by itself.
            log.warning("grant.unsettled", grant_id=grant.id, reason=error.reason)


def get(operation: str, path: str, query: Query | None = None, **ids: str | int) -> Call:
    """A read; what its query holds is scrubbed from whatever KeyCRM says about it."""
    query = query or {}
    return Call(operation, "GET", with_query(path, query), sent=tuple(query.values()), ids=ids)


def paged(page: int, limit: int) -> Query:
    """The parameters of one page; `limit` is KeyCRM's name for the page size."""
    return {"page": page, "limit": limit}


async def accepted(calls: KeyCrmCalls, call: Call, terms: Terms) -> None:
    """Make a write that is answered `{"status": true}`.

    Raises:
        PermanentError: it was answered, with false.
    """
    answer = await calls.send(call, terms)
    if isinstance(answer, dict) and answer.get("status") is False:
        raise PermanentError(f"KeyCRM answered {call.operation} with status false", code="refused")
