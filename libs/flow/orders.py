"""How an order is read on both sides."""

from __future__ import annotations

from datetime import datetime

from libs.clients.terms import Terms
from libs.clients.vms import Fetched
from libs.contracts.events import VmsOrderEvent
from libs.contracts.keycrm import Order as KeyCrmOrder
from libs.contracts.types import Entity
from libs.contracts.vms import Order as VmsOrder
from libs.flow.flow import Both, Case, Flow, Shown
from libs.reconcile import contents, looks
from libs.reconcile.contents import Content
from libs.reconcile.fields import order_fields
from libs.reconcile.ledger import Ledger, add_keycrm
from libs.state.bindings import Binding


class OrderReader:
    """Reads an order: VMS's row with what its newest event told, KeyCRM's with all that is included."""

    entity = Entity.ORDER

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self.fields = order_fields(flow.pairs)

    async def vms(self, binding: Binding, terms: Terms) -> Shown[Fetched[VmsOrder]]:
        """VMS's order. Raises GoneError when it has none."""
        began_at = self._flow.clock()
        fetched = await self._flow.vms.get_order(binding.vms_id or "", terms)
        return self.shown_vms(binding, fetched, began_at)

    async def keycrm(self, binding: Binding, terms: Terms) -> Shown[KeyCrmOrder]:
        """KeyCRM's order. Raises GoneError when it has none."""
        began_at = self._flow.clock()
        return self.shown(await self._flow.keycrm.get_order(binding.keycrm_id or 0, terms), began_at)

    def content(self, record: KeyCrmOrder) -> Content:
        """What KeyCRM's order shows."""
        return contents.of_order(record)

    def ledger(self, case: Case, both: Both[VmsOrder, KeyCrmOrder]) -> Ledger | None:
        """VMS's payments as its events told them, with KeyCRM's as this read shows them."""
        shown, look = both.keycrm.record.payments, both.keycrm.look
        if case.ledger is None or shown is None:
            return case.ledger
        return add_keycrm(case.ledger, shown, look.began_at, self._flow.times)

    def shown(self, order: KeyCrmOrder, began_at: datetime) -> Shown[KeyCrmOrder]:
        """What KeyCRM's order shows."""
        return Shown(looks.keycrm_order(order, began_at, self._flow.clock()), order)

    def shown_vms(self, binding: Binding, fetched: Fetched[VmsOrder], began_at: datetime) -> Shown[Fetched[VmsOrder]]:
        """What VMS's order shows, with the newest event's lines, payments and tracking code."""
        look = looks.vms_order(fetched.entity, event_of(binding), began_at, self._flow.clock(), self._flow.zone)
        return Shown(look, fetched)


def event_of(binding: Binding) -> VmsOrderEvent | None:
    """The newest event that VMS has sent of this order."""
    return VmsOrderEvent.model_validate(binding.vms_event) if binding.vms_event else None
