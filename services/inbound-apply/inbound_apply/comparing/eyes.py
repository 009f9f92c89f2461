"""How a record is looked at: VMS's by its id, KeyCRM's from a list that was read anyway, or by its id too.

Promises: writes nothing on either side; a record is judged by what was remembered after it was read, so that a change
which crossed meanwhile is no difference; a close look is made only of what stood still. A record that cannot be read
is left out; several in a row mean that the partner is not well, and end the look.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, TypeAlias

import structlog

from libs.clients.terms import Terms
from libs.contracts.types import Entity, Side
from libs.flow import ledger as ledgers
from libs.flow.articles import ArticleReader
from libs.flow.customers import CustomerReader
from libs.flow.flow import Both, Flow, Shown
from libs.flow.gone import IDENTITY
from libs.flow.orders import OrderReader
from libs.flow.read import stand_still
from libs.reconcile.agreement import Difference, differences
from libs.reconcile.ledger import Ledger, add_keycrm
from libs.reconcile.memory import Memory
from libs.runtime.errors import GoneError, PermanentError, TransientError
from libs.state import bindings
from libs.state.bindings import Binding
from libs.state.comparisons import Found

log = structlog.get_logger("inbound_apply.comparing")

FAILURES = 3
"""So many records in a row that cannot be read are no longer the records' fault."""
Sight: TypeAlias = Both[Any, Any] | Found


class Eyes:
    """Looks at both sides of bound records."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self.orders, self.customers, self.articles = OrderReader(flow), CustomerReader(flow), ArticleReader(flow)
        self._readers: Mapping[Entity, Any] = {
            Entity.ORDER: self.orders, Entity.CUSTOMER: self.customers, Entity.ARTICLE: self.articles,
        }  # fmt: skip

    async def beside(self, listed: Iterable[tuple[Binding, Shown[Any] | None]], terms: Terms) -> tuple[Found, ...]:
        """VMS's records beside what a list of KeyCRM's showed of them; what it did not show is gone there.

        Raises:
            SyncError: a partner or the database is away.
        """
        rows = tuple(listed)
        shown = {binding.id: keycrm for binding, keycrm in rows}

        async def look(binding: Binding) -> Sight:
            keycrm = shown[binding.id]
            vms = await self._readers[binding.entity].vms(binding, terms)
            return _gone(binding, Side.KEYCRM) if keycrm is None else Both(vms, keycrm)

        return await self._seen([binding for binding, _ in rows], look)

    async def closely(self, bound: Iterable[Binding], terms: Terms) -> tuple[Found, ...]:
        """Each side asked for the record itself, VMS before and after KeyCRM.

        Raises:
            SyncError: a partner or the database is away.
        """

        async def look(binding: Binding) -> Sight:
            reader = self._readers[binding.entity]
            both = Both(await reader.vms(binding, terms), await reader.keycrm(binding, terms))
            return await stand_still(reader, binding, both, terms)

        return await self._seen(bound, look)

    async def _seen(self, bound: Iterable[Binding], look: Callable[[Binding], Awaitable[Sight]]) -> tuple[Found, ...]:
        seen: dict[int, Sight] = {}
        failed = 0
        for binding in bound:
            try:
                seen[binding.id] = await look(binding)
            except GoneError as error:
                seen[binding.id] = _gone(binding, Side(error.partner))
            except (PermanentError, TransientError) as error:
                failed += 1
                log.info("comparing.unread", entity=binding.entity, binding_id=binding.id, reason=error.reason)
                if failed >= FAILURES:
                    raise
                continue
            failed = 0
        return await self._judged(seen)

    async def _judged(self, seen: Mapping[int, Sight]) -> tuple[Found, ...]:
        async with self._flow.database.connection() as conn:
            known = await bindings.of(conn, seen)
            held = {n: await ledgers.load(conn, b) for n, b in known.items() if b.entity is Entity.ORDER}
        return tuple(
            self._compared(binding, seen[number], held.get(number))
            for number, binding in known.items()
            if binding.is_bound
        )

    def _compared(self, binding: Binding, sight: Sight, held: Ledger | None) -> Found:
        if isinstance(sight, Found):
            return sight
        paid = self._paid(held, sight) if held is not None else None
        fields, memory = self._readers[binding.entity].fields, Memory.from_json(binding.memory)
        found = differences(fields, memory, sight.vms.look.image, sight.keycrm.look.image, paid)
        return Found(binding.id, binding.entity, tuple(one.as_json() for one in found))

    def _paid(self, held: Ledger, both: Both[Any, Any]) -> Ledger:
        """VMS's payments as told, KeyCRM's as this very look shows them: what an earlier one showed proves nothing."""
        fresh, shown = Ledger(held.of(Side.VMS), held.is_vms_known), both.keycrm.record.payments
        return fresh if shown is None else add_keycrm(fresh, shown, both.keycrm.look.began_at, self._flow.times)


def _gone(binding: Binding, side: Side) -> Found:
    """One side has no such record."""
    vms, keycrm = (None if side is one else binding.id_on(one) for one in (Side.VMS, Side.KEYCRM))
    return Found(binding.id, binding.entity, (Difference(IDENTITY, vms, keycrm).as_json(),))
