"""What the KeyCRM account has: its dictionaries, against which the pairs are checked, and a new order's first status.

Promises: read in the background, again and again until KeyCRM answers; an id in the pairs file that the account lacks
makes the service unready with a sentence that names it, and is logged.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog

from libs.clients.keycrm import KeyCrmClient
from libs.clients.terms import Terms
from libs.contracts.keycrm import OrderStatus
from libs.contracts.types import Lane
from libs.reconcile.pair_rows import Mistake
from libs.reconcile.pairs import Dictionaries, Pairs
from libs.runtime.errors import PermanentError, SyncError
from libs.wording.pairs import SETTING, mistake

log = structlog.get_logger("flow.account")

RETRY_SECONDS = 5.0
AGAIN_SECONDS = 3600.0
NEW = 1
"""KeyCRM's status group of new orders."""


class Account:
    """The account's dictionaries as last read."""

    def __init__(self, keycrm: KeyCrmClient, pairs: Pairs | None = None) -> None:
        """Without pairs nothing is checked: then the statuses alone are read, one call instead of four."""
        self._keycrm, self._pairs = keycrm, pairs
        self._problems: tuple[str, ...] = ()
        self.first_status: int | None = None

    async def watch(self, stopping: asyncio.Event) -> None:
        """Read now, then every hour."""
        while not stopping.is_set():
            pause = AGAIN_SECONDS if await self._read() else RETRY_SECONDS
            try:
                await asyncio.wait_for(stopping.wait(), pause)
            except TimeoutError:
                continue

    async def check(self) -> None:
        """Raises PermanentError when the pairs name what the account lacks."""
        if self._problems:
            raise PermanentError(f"{SETTING}: {self._problems[0]}", code="pairs")

    async def _read(self) -> bool:
        terms = Terms(Lane.RECONCILE)
        try:
            statuses = await self._keycrm.list_statuses(terms)
            found = await self._checked(self._pairs, statuses) if self._pairs else []
        except SyncError as error:
            log.warning("account.unread", reason=error.reason)
            return False
        self.first_status = min((row.id for row in statuses if row.group_id == NEW), default=None)
        self._problems = tuple(mistake(one.key, one.params, "en") for one in found)
        for problem in self._problems:
            log.error("pairs.refused", problem=problem)
        return True

    async def _checked(self, pairs: Pairs, statuses: Sequence[OrderStatus]) -> list[Mistake]:
        terms = Terms(Lane.RECONCILE)
        dictionaries = Dictionaries(
            status_groups={row.id: row.group_id for row in statuses},
            source_currencies={row.id: row.currency_code for row in await self._keycrm.list_sources(terms)},
            payment_methods=frozenset(row.id for row in await self._keycrm.list_payment_methods(terms)),
            delivery_services=frozenset(row.id for row in await self._keycrm.list_delivery_services(terms)),
        )
        return pairs.check(dictionaries)
