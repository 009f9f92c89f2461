"""A customer due towards VMS: bring VMS to what is decided, find the buyer among VMS's customers, or make him there.

A buyer that KeyCRM has joined with another answers 404: his orders show who he is now, and his old id becomes an alias.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from libs.clients.terms import Terms
from libs.clients.vms.bodies import CustomerBody, CustomerChanges
from libs.contracts import keycrm, vms
from libs.flow import merges
from libs.flow.customers import CustomerReader, contacts, introduce
from libs.flow.flow import Both, Case, Flow, Shown
from libs.flow.make import Made, Writes
from libs.flow.round import Payless, Round, opened, reconcile
from libs.reconcile import compose_cards, identities, looks
from libs.reconcile.values import Image, Look
from libs.runtime.errors import GoneError
from libs.runtime.work import Lease, Recorded, WorkItem
from libs.state.bindings import Change


class VmsCustomers(Payless):
    """inbound-apply's half of a customer."""

    def __init__(self, flow: Flow) -> None:
        self._flow, self._reader = flow, CustomerReader(flow)

    async def sync(self, item: WorkItem, lease: Lease) -> Recorded:
        """Work one customer towards VMS."""
        case = await opened(self._flow, item, self._reader)
        if case.binding.is_bound:
            work = reconcile(Round(self._flow, self._reader, self, item, lease), case)
            return await merges.watched(self._flow, item, lease, case, work)
        if case.binding.keycrm_id is None:
            return Recorded.NOTHING  # known to VMS alone: outbound-sync makes him in KeyCRM
        return await self._introduce(item, lease, case)

    async def write(
        self, case: Case, both: Both[vms.Customer, keycrm.Buyer], writes: Writes, terms: Terms
    ) -> tuple[Look, str]:
        """PUT the whole customer with the changes in it."""
        began_at = self._flow.clock()
        answer = await self._flow.vms.put_customer(
            both.vms.record, cast(CustomerChanges, compose_cards.vms_customer_changes(writes)), terms
        )
        look = looks.vms_customer(answer, None, began_at, self._flow.clock())
        return look, f"PUT /api/Customers/{answer.customer_id}"

    async def noted(self, item: WorkItem, case: Case, both: Both[vms.Customer, keycrm.Buyer]) -> Change:
        """By what the customer is found."""
        await contacts(self._flow, item, case, both)
        return Change()

    async def _introduce(self, item: WorkItem, lease: Lease, case: Case) -> Recorded:
        try:
            source = await self._reader.keycrm(case.binding, Terms(item.lane, lease))
        except GoneError as error:
            return await merges.half(self._flow, item, lease, case, error)
        maker = _VmsCustomer(self._flow, source)
        case = replace(case, content=self._reader.content(source.record))
        return await introduce(self._flow, maker, self._search, item, lease, case, source)

    async def _search(self, image: Image, terms: Terms) -> Mapping[str, Image]:
        return {external_id: made.look.image for external_id, made in (await search(self._flow, image, terms)).items()}


async def search(flow: Flow, image: Image, terms: Terms) -> Mapping[str, Made]:
    """VMS's customers who could be this person: its search is a substring one, so each contact is asked for."""
    found: dict[str, Made] = {}
    for term in search_terms(image):
        began_at = flow.clock()
        for customer in await flow.vms.search_customers(term, terms):
            look = looks.vms_customer(customer, None, began_at, flow.clock())
            found[str(customer.customer_id)] = Made(str(customer.customer_id), look)
    return found


def search_terms(image: Image) -> tuple[str, ...]:
    """What to ask VMS's substring search: it keeps phones as they were typed, so the last digits and the name too."""
    terms = [value[-9:] if kind == "phone" else value for kind, value in identities.claims(image)]
    name = image.get("name")
    return tuple(dict.fromkeys([*terms, *([name] if isinstance(name, str) and terms else [])]))


class _VmsCustomer:
    """Makes one customer in VMS; he is found again by his phone or e-mail."""

    called_with = ""

    def __init__(self, flow: Flow, source: Shown[keycrm.Buyer]) -> None:
        self._flow, self._source = flow, source
        self.reference = f"buyer {source.record.id}"
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
        """POST the customer."""
        began_at = self._flow.clock()
        body = compose_cards.vms_customer(writes, self._source.record.full_name)
        made = cast(CustomerBody, body)
        answer = await self._flow.vms.create_customer(made, terms, reference=self.reference)
        look = looks.vms_customer(answer, None, began_at, self._flow.clock())
        return Made(str(answer.customer_id), look, "POST /api/Customers")
