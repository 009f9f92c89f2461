"""An order due towards KeyCRM: bring KeyCRM to what is decided, or make the order there.

Reads like the way of one order: attach what KeyCRM made, reconcile what is bound, wait for the buyer and the articles,
look for our reference, create. Payments are added after the fields, each once.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import cast

from libs.clients.keycrm.bodies import OrderCreateBody, OrderUpdateBody
from libs.clients.terms import Terms
from libs.clients.vms import Fetched
from libs.contracts import keycrm, vms
from libs.contracts.events import VmsOrderEvent
from libs.contracts.types import Entity, Side
from libs.flow import gone, parents
from libs.flow.account import Account
from libs.flow.attaching import attach_half
from libs.flow.flow import Both, Case, Flow, Shown
from libs.flow.make import Made, Writes, make, refuse_all
from libs.flow.opening import StartAt
from libs.flow.orders import OrderReader, event_of
from libs.flow.record import Note, finish
from libs.flow.round import Round, opened, reconcile
from libs.reconcile import compose, identities, looks, rules
from libs.reconcile.memory import Memory
from libs.reconcile.payments import PaymentPlan
from libs.reconcile.values import Image, Look, Refusal
from libs.runtime.errors import GoneError, PermanentError, TransientError
from libs.runtime.work import Lease, Recorded, WorkItem
from libs.state.bindings import Binding, Change
from outbound_sync.domain import admit
from outbound_sync.handlers.goods import Goods
from outbound_sync.handlers.payments import pay

BUYER_ID = "buyer.id"
"""What KeyCRM calls invalid when the buyer of a new order has vanished."""
BUYER_SECONDS = 2.0
"""How soon an order is tried again whose buyer has vanished: by then his successor is known."""


class KeyCrmOrders:
    """outbound-sync's half of an order."""

    def __init__(self, flow: Flow, goods: Goods, start_at: StartAt, account: Account) -> None:
        self._flow, self._goods, self._start_at, self._account = flow, goods, start_at, account
        self._reader = OrderReader(flow)

    async def sync(self, item: WorkItem, lease: Lease) -> Recorded:
        """Work one order towards KeyCRM."""
        case = await opened(self._flow, item, self._reader)
        if case.binding.is_bound:
            work = reconcile(Round(self._flow, self._reader, self, item, lease), case)
            return await gone.watched(self._flow, item, case, work)
        if case.binding.vms_id is None:
            return Recorded.NOTHING  # known to KeyCRM alone: inbound-apply makes it in VMS
        return await self._introduce(item, lease, case)

    async def write(
        self, case: Case, both: Both[vms.Order, keycrm.Order], writes: Writes, terms: Terms
    ) -> tuple[Look, str]:
        """PUT the fields that changed together, in one call."""
        began_at, order_id = self._flow.clock(), both.keycrm.record.id
        changes = cast(OrderUpdateBody, compose.keycrm_order_changes(writes))
        answer = await self._flow.keycrm.update_order(order_id, changes, terms)
        return looks.keycrm_order(answer, began_at, self._flow.clock()), f"PUT /order/{order_id}"

    async def pay(self, item: WorkItem, lease: Lease, case: Case, plan: PaymentPlan) -> tuple[Case, tuple[Note, ...]]:
        """Add what VMS was paid and KeyCRM lacks, cancel what VMS cancelled."""
        return await pay(self._flow, item, lease, case, plan)

    async def noted(self, item: WorkItem, case: Case, both: Both[vms.Order, keycrm.Order]) -> Change:
        """Whose the order is by now."""
        order = both.keycrm.record
        return await parents.of_now(self._flow, item, case, order.buyer.id if order.buyer else order.client_id)

    async def _introduce(self, item: WorkItem, lease: Lease, case: Case) -> Recorded:
        terms, event = Terms(item.lane, lease), event_of(case.binding)
        keycrm_id = identities.vms_order_is_of(event.number_order) if event is not None else None
        if keycrm_id is not None:
            return await attach_half(self._flow, item, case, Side.KEYCRM, keycrm_id)
        try:
            source = await self._reader.vms(case.binding, terms)
        except GoneError as error:
            return await gone.half(self._flow, item, case, error)
        keycrm_id = identities.vms_order_is_of(source.record.entity.number_order)
        if keycrm_id is not None:
            return await attach_half(self._flow, item, case, Side.KEYCRM, keycrm_id)
        admission = admit(event, await self._start_at())
        if event is None or (admission.verdict == "ignored" and case.memory.creation is None):
            note, change = Note("ignored", reason=admission.reason), Change(seen_vms_at=source.look.began_at)
            return await finish(self._flow, item, case, notes=(note,), change=change)
        broken = rules.currency_of_source(
            self._flow.our_source_id, self._flow.pairs.currencies, {line.currency for line in event.lines}
        )
        refuse_all((broken,) if broken else ())
        customer = await parents.bound(self._flow, item, Entity.CUSTOMER, Side.VMS, event.customer_id)
        unknown = await self._goods.unknown(event.lines, terms)
        if unknown and not self._goods.is_let_through(case, unknown):
            return await self._goods.hold(item, case, unknown)
        case = self._goods.released(case)
        maker = _KeyCrmOrder(self._flow, case.binding, event, source, customer, self._account.first_status)
        try:
            return await make(self._flow, self._reader.fields, maker, item, lease, case, source)
        except PermanentError as error:
            if not isinstance(error, GoneError) and error.field != BUYER_ID:
                raise
            await parents.look_again(self._flow, item, customer)
            raise TransientError(f"{error.reason}: the customer is looked at first", BUYER_SECONDS) from error


class _KeyCrmOrder:
    """Makes one order in KeyCRM under our source, with VMS's order GUID as its source_uuid."""

    def __init__(
        self,
        flow: Flow,
        binding: Binding,
        event: VmsOrderEvent,
        source: Shown[Fetched[vms.Order]],
        customer: Binding,
        first_status: int | None,
    ) -> None:
        self._flow, self._event, self._source, self._customer = flow, event, source, customer
        self.reference = binding.vms_id or ""
        self.called_with = ""
        self.initial: Image = {"status": first_status} if first_status is not None else {}

    async def find(self, case: Case, terms: Terms) -> Mapping[str, Made]:
        """Orders under our source that carry our reference; copies (parent_id) are not ours."""
        began_at = self._flow.clock()
        rows = await self._flow.keycrm.find_orders_by_source_uuid(self._flow.our_source_id, self.reference, terms)
        ours = [row for row in rows if identities.keycrm_order_is_of(row, self._flow.our_source_id) == self.reference]
        return {str(row.id): self._made(row, began_at) for row in ours}

    async def create(self, writes: Writes, terms: Terms) -> Made:
        """POST the order with its buyer as KeyCRM has him, lines by SKU, payments known so far left to the ledger."""
        buyer = {**await self._buyer(terms), "id": self._customer.keycrm_id}
        body = compose.keycrm_order(self._event, self._flow.our_source_id, writes, buyer, (), self._flow.pairs)
        if isinstance(body, Refusal):
            raise PermanentError(body.text, code=body.rule, field=body.field)
        began_at = self._flow.clock()
        answer = await self._flow.keycrm.create_order(cast(OrderCreateBody, body), terms)
        return self._made(answer, began_at, "POST /order")

    async def _buyer(self, terms: Terms) -> Image:
        """His contacts as KeyCRM showed them last; they are asked for only if he was bound a moment ago."""
        shown = Memory.from_json(self._customer.memory).last_shown(Side.KEYCRM)
        if shown.get("name"):
            return shown
        buyer = await self._flow.keycrm.get_buyer(self._customer.keycrm_id or 0, terms)
        return looks.keycrm_buyer(buyer, self._flow.clock(), self._flow.clock()).image

    def _made(self, order: keycrm.Order, began_at: datetime, call: str = "") -> Made:
        look = looks.keycrm_order(order, began_at, self._flow.clock())
        buyer_id = order.buyer.id if order.buyer else order.client_id
        alias = None
        if buyer_id is not None and buyer_id != self._customer.keycrm_id:
            alias = (self._customer, buyer_id)
        return Made(order.id, look, call, Change(parent_id=self._customer.id), alias)
