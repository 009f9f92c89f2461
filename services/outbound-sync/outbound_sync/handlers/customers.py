"""A customer due towards KeyCRM: bring KeyCRM to what is decided, find him among the buyers, or make him there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from libs.clients.keycrm.bodies import BuyerBody
from libs.clients.terms import Terms
from libs.clients.vms import Fetched
from libs.contracts import keycrm, vms
from libs.flow import gone, merges
from libs.flow.customers import CustomerReader, contacts, event_of, introduce, known
from libs.flow.flow import Both, Case, Flow, Shown
from libs.flow.gone import IDENTITY
from libs.flow.make import Made, Writes
from libs.flow.round import Payless, Round, opened, reconcile
from libs.reconcile import compose_cards, identities, looks
from libs.reconcile.values import Image, Look
from libs.runtime.errors import GoneError
from libs.runtime.work import Lease, Recorded, WorkItem
from libs.state.bindings import Change


class KeyCrmCustomers(Payless):
    """outbound-sync's half of a customer."""

    def __init__(self, flow: Flow) -> None:
        self._flow, self._reader = flow, CustomerReader(flow)

    async def sync(self, item: WorkItem, lease: Lease) -> Recorded:
        """Work one customer towards KeyCRM."""
        case = await opened(self._flow, item, self._reader)
        if case.binding.is_bound:
            work = reconcile(Round(self._flow, self._reader, self, item, lease), case)
            return await merges.watched(self._flow, item, lease, case, work)
        if case.binding.vms_id is None:
            return Recorded.NOTHING  # known to KeyCRM alone: inbound-apply makes him in VMS
        return await self._introduce(item, lease, case)

    async def write(
        self, case: Case, both: Both[vms.Customer, keycrm.Buyer], writes: Writes, terms: Terms
    ) -> tuple[Look, str]:
        """PUT the buyer; the rest of his lists is sent back as it was."""
        began_at, buyer = self._flow.clock(), both.keycrm.record
        answer = await self._flow.keycrm.update_buyer(
            buyer.id, cast(BuyerBody, compose_cards.keycrm_buyer(writes, buyer)), terms
        )
        return looks.keycrm_buyer(answer, began_at, self._flow.clock()), f"PUT /buyer/{buyer.id}"

    async def noted(self, item: WorkItem, case: Case, both: Both[vms.Customer, keycrm.Buyer]) -> Change:
        """By what the customer is found."""
        await contacts(self._flow, item, case, both)
        return Change()

    async def _introduce(self, item: WorkItem, lease: Lease, case: Case) -> Recorded:
        event = event_of(case.binding)
        if event is not None and IDENTITY not in case.memory.questions:
            # The event of our own create, come before it is bound: whose contacts they are is known without a look.
            joined = await known(self._flow, item, case, looks.customer_event(event).image)
            if joined is not None:
                return joined
        try:
            source = await self._reader.vms(case.binding, Terms(item.lane, lease))
        except GoneError as error:
            return await gone.half(self._flow, item, case, error)
        maker = _Buyer(self._flow, source)
        return await introduce(self._flow, maker, self._search, item, lease, case, source)

    async def _search(self, image: Image, terms: Terms) -> Mapping[str, Image]:
        return {external_id: made.look.image for external_id, made in (await search(self._flow, image, terms)).items()}


async def search(flow: Flow, image: Image, terms: Terms) -> Mapping[str, Made]:
    """KeyCRM's buyers with this phone or this e-mail; the second is asked for only when the first finds nobody."""
    found: dict[str, Made] = {}
    for kind, value in identities.claims(image):
        ask = flow.keycrm.find_buyers_by_phone if kind == "phone" else flow.keycrm.find_buyers_by_email
        began_at = flow.clock()
        for buyer in await ask(value, terms):
            found[str(buyer.id)] = Made(buyer.id, looks.keycrm_buyer(buyer, began_at, flow.clock()))
        if found:
            break
    return found


class _Buyer:
    """Makes one buyer in KeyCRM; he is found again by his phone or e-mail."""

    called_with = ""

    def __init__(self, flow: Flow, source: Shown[Fetched[vms.Customer]]) -> None:
        self._flow, self._source = flow, source
        self.reference = f"customer {source.record.entity.customer_id}"
        self.initial: Mapping[str, Any] = {}

    async def find(self, case: Case, terms: Terms) -> Mapping[str, Made]:
        """Whom a create of ours could have made."""
        if case.memory.creation is None:
            return {}
        found = await search(self._flow, self._source.look.image, terms)
        match = identities.match_customers(
            self._source.look.image, {key: made.look.image for key, made in found.items()}
        )
        ids = (match.one,) if match.one else match.several
        return {str(external_id): found[str(external_id)] for external_id in ids}

    async def create(self, writes: Writes, terms: Terms) -> Made:
        """POST the buyer."""
        began_at = self._flow.clock()
        answer = await self._flow.keycrm.create_buyer(
            cast(BuyerBody, compose_cards.keycrm_buyer(writes, None)), terms, reference=self.reference
        )
        return Made(answer.id, looks.keycrm_buyer(answer, began_at, self._flow.clock()), "POST /buyer")
