"""Under what terms a call is made: in which lane, under which lease; and the one budget that calls draw from.

Promises that no call starts which could outlive its lease. The clients may know no SQL, so the quota is a protocol
here: `libs.state.quota` is the one quota, and `app.py` joins them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from libs.contracts.types import Lane
from libs.runtime.errors import LeaseLost
from libs.runtime.work import Grants, Lease

MARGIN_SECONDS = 1.0
"""Between a call's time limit and the end of its lease: what it takes to notice the limit and to stop."""
SHORTEST_SECONDS = 2.0
"""A call with less time than this would mostly end in an unknown outcome; it does not start."""


class Quota(Grants, Protocol):
    """One budget of calls to KeyCRM for all processes: what a worker draws from, and what clients answer to."""

    async def settle(
        self,
        grant_id: int,
        *,
        status: int | None,
        limit: int | None,
        remaining: int | None,
        retry_after_seconds: float | None,
    ) -> None:
        """The answer came (`status` None: none came); from now on the grant counts for 60 s.

        `limit` and `remaining` are the answer's rate headers; they, a 429 and `retry_after_seconds` lower the limit.
        """
        ...


@dataclass(frozen=True, slots=True)
class Terms:
    """What one work item (or one poll, without a lease) calls under.

    The grant that came with the lease pays for the first call to KeyCRM; unused, it stays in the lease.
    """

    lane: Lane
    lease: Lease | None = None

    async def seconds_for_a_call(self, time_limit_seconds: float) -> float:
        """How long a call may take that starts now; renews a lease too short for the whole time limit.

        Raises:
            LeaseLost: too little is left even so; nothing may be sent.
        """
        if self.lease is None:
            return time_limit_seconds
        if self.lease.remaining_seconds() < time_limit_seconds + MARGIN_SECONDS:
            await self.lease.renew()
        seconds = min(time_limit_seconds, self.lease.remaining_seconds() - MARGIN_SECONDS)
        if seconds < min(SHORTEST_SECONDS, time_limit_seconds):
            raise LeaseLost("too little of the lease is left for a call")
        return seconds
