"""An order due towards VMS: bring VMS to what is decided, or make the order there.

Reads like the way of one order: attach what we made ourselves, reconcile what is bound, wait for the customer, look for
our reference, create. What is decided where: `libs.reconcile`; in which order: `libs.flow`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import cast

from inbound_apply.domain import admit
from libs.clients.terms import Terms
from libs.clients.vms.bodies import OrderChanges, OrderCreateBody
from libs.contracts import keycrm, vms
from libs.contracts.types import Entity, Side
from libs.flow import gone, parents
from libs.flow.attaching import attach_half
from libs.flow.flow import Both, Case, Flow, Shown
from libs.flow.make import Made, Writes, make, refuse_all
from libs.flow.opening import StartAt
from libs.flow.orders import OrderReader
from libs.flow.record import Note, commit, finish
from libs.flow.round import Payless, Round, opened, reconcile
from libs.reconcile import compose, identities, lines, looks, payments, rules
from libs.reconcile.ledger import Ledger, add_keycrm
from libs.reconcile.values import Look
from libs.runtime.errors import GoneError, PermanentError
from libs.runtime.work import Lease, Recorded, WorkItem
from libs.state import bindings
from libs.state.bindings import Binding, Change


class VmsOrders(Payless):
    """inbound-apply's half of an order."""

    def __init__(self, flow: Flow, sources: frozenset[int], start_at: StartAt) -> None:
        self._flow, self._sources, self._start_at = flow, sources, start_at
        self._reader = OrderReader(flow)

    async def sync(self, item: WorkItem, lease: Lease) -> Recorded:
        """Work one order towards VMS."""
        case = await opened(self._flow, item, self._reader)
        if case.binding.is_bound:
            work = reconcile(Round(self._flow, self._reader, self, item, lease), case)
            return await gone.watched(self._flow, item, case, work)
        if case.binding.keycrm_id is None:
            return Recorded.NOTHING  # known to VMS alone: outbound-sync makes it in KeyCRM
        return await self._introduce(item, lease, case)

    async def write(
        self, case: Case, both: Both[vms.Order, keycrm.Order], writes: Writes, terms: Terms
    ) -> tuple[Look, str]:
        """PUT the whole order with the changes in it."""
        began_at = self._flow.clock()
        changes = compose.vms_order_changes(writes, case.ledger, self._flow.pairs, self._flow.zone)
        answer = await self._flow.vms.put_order(both.vms.record, cast(OrderChanges, changes), terms)
        look = looks.vms_order(answer, None, began_at, self._flow.clock(), self._flow.zone)
        return look, f"PUT /api/Orders/{answer.order_id}"

    async def noted(self, item: WorkItem, case: Case, both: Both[vms.Order, keycrm.Order]) -> Change:
        """Whose the order is by now."""
        order = both.keycrm.record
        return await parents.of_now(self._flow, item, case, order.buyer.id if order.buyer else order.client_id)

    async def _introduce(self, item: WorkItem, lease: Lease, case: Case) -> Recorded:
        terms = Terms(item.lane, lease)
        try:
            source = await self._reader.keycrm(case.binding, terms)
        except GoneError as error:
            return await gone.half(self._flow, item, case, error)
        guid = identities.keycrm_order_is_of(source.record, self._flow.our_source_id)
        if guid is not None:
            return await attach_half(self._flow, item, case, Side.VMS, guid)
        case = replace(case, content=self._reader.content(source.record))
        if case.memory.creation is None:
            admission = admit(source.record, self._sources, await self._start_at())
            if admission.verdict == "refused":
                await commit(self._flow, item, case)
                raise PermanentError(admission.reason, code="no-buyer", field="buyer")
            if admission.verdict == "ignored":
                return await finish(self._flow, item, case, notes=(Note("ignored", reason=admission.reason),))
        broken = rules.currency_of_source(source.record.source_id or 0, self._flow.pairs.currencies, set())
        if broken is not None:
            await commit(self._flow, item, case)
            refuse_all((broken,))
        customer = await self._customer(item, source.record)
        paid = add_keycrm(case.ledger or Ledger(), source.record.payments or (), source.look.began_at, self._flow.times)
        maker = _VmsOrder(self._flow, source, customer, paid, await self._strangers(source.record))
        also = {payments.FIELD: payments.created_deposit(paid)}
        case = replace(case, ledger=paid)
        return await make(self._flow, self._reader.fields, maker, item, lease, case, source, also)

    async def _customer(self, item: WorkItem, order: keycrm.Order) -> Binding:
        buyer_id = order.buyer.id if order.buyer else order.client_id or 0
        return await parents.bound(self._flow, item, Entity.CUSTOMER, Side.KEYCRM, buyer_id)

    async def _strangers(self, order: keycrm.Order) -> tuple[str, ...]:
        """The names of lines that no article stands behind: VMS gets them by name, and somebody should know."""
        rows = lines.rows(lines.of_keycrm(order))
        async with self._flow.database.connection() as conn:
            known = await bindings.find_articles(conn, [row["sku"] for row in rows if row["sku"]])
        skus = {article.sku for article in known}
        return tuple(row["name"] for row in rows if row["sku"] not in skus)


class _VmsOrder:
    """Makes one order in VMS, named `KC-<id>`, looked up under every customer it was called with."""

    def __init__(
        self,
        flow: Flow,
        source: Shown[keycrm.Order],
        customer: Binding,
        paid: Ledger,
        strangers: tuple[str, ...],
    ) -> None:
        self._flow, self._source, self._customer, self._paid = flow, source, customer, paid
        self._strangers = strangers
        self.reference = identities.vms_number(source.record.id)
        self.called_with = customer.vms_id or ""
        self.initial: Mapping[str, object] = {}

    async def find(self, case: Case, terms: Terms) -> Mapping[str, Made]:
        """Orders with our number among the orders of each customer that a create was called with."""
        creation = case.memory.creation
        customers = {self.called_with, *(creation.called_with if creation else ())}
        found: dict[str, Made] = {}
        for customer_id in sorted(customers):
            began_at = self._flow.clock()
            for order in await self._flow.vms.orders_of_customer(int(customer_id), terms):
                if order.number_order == self.reference:
                    found[order.order_id] = self._made(order, began_at)
        return found

    async def create(self, writes: Writes, terms: Terms) -> Made:
        """POST the order with its customer, its lines and what has been paid."""
        began_at, order = self._flow.clock(), self._source.record
        body = compose.vms_order(order, int(self.called_with), writes, self._paid, self._flow.pairs, self._flow.zone)
        answer = await self._flow.vms.create_order(cast(OrderCreateBody, body), terms)
        return self._made(answer, began_at, "POST /api/Orders")

    def _made(self, order: vms.Order, began_at: datetime, call: str = "") -> Made:
        look = looks.vms_order(order, None, began_at, self._flow.clock(), self._flow.zone)
        flag = Note("flagged", Side.VMS, reason=f"lines without an article: {', '.join(self._strangers)}")
        notes = (flag,) if self._strangers else ()
        return Made(order.order_id, look, call, Change(parent_id=self._customer.id), notes=notes)
