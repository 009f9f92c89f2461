"""How a customer is read on both sides, and how a half finds the person it already is.

A customer carries no reference of ours, so phone and e-mail are claimed before a create on either side. Promises: two
records of one person become one binding, the second's id an alias; who could be several persons is asked; nobody is
made twice.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from libs.clients.terms import Terms
from libs.clients.vms import Fetched
from libs.contracts.events import VmsCustomerEvent
from libs.contracts.keycrm import Buyer as KeyCrmBuyer
from libs.contracts.types import Entity, Side
from libs.contracts.vms import Customer as VmsCustomer
from libs.flow import facts
from libs.flow.attaching import attach_into, bind_found
from libs.flow.flow import Both, Case, Flow, Shown
from libs.flow.gone import IDENTITY, asking
from libs.flow.make import Maker, make
from libs.flow.record import finish
from libs.reconcile import contents, looks, questions
from libs.reconcile.contents import Content
from libs.reconcile.fields import customer_fields
from libs.reconcile.identities import claims, is_ours, match_customers, ours
from libs.reconcile.values import Choice, Image
from libs.runtime.work import Lease, Recorded, WorkItem
from libs.state import bindings, identities, leases, marks
from libs.state.bindings import Binding
from libs.state.due import MarkBinding

SAME = "the same phone or e-mail"
Search = Callable[[Image, Terms], Awaitable[Mapping[str, Image]]]
"""Who on our side could be this person: ids and their images, already narrowed down by the partner's search."""


class CustomerReader:
    """Reads a customer: VMS's row, KeyCRM's buyer with his addresses."""

    entity = Entity.CUSTOMER

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self.fields = customer_fields()

    async def vms(self, binding: Binding, terms: Terms) -> Shown[Fetched[VmsCustomer]]:
        """VMS's customer. Raises GoneError when it has none."""
        began_at = self._flow.clock()
        fetched = await self._flow.vms.get_customer(int(binding.vms_id or 0), terms)
        return Shown(looks.vms_customer(fetched.entity, event_of(binding), began_at, self._flow.clock()), fetched)

    async def keycrm(self, binding: Binding, terms: Terms) -> Shown[KeyCrmBuyer]:
        """KeyCRM's buyer. Raises GoneError when it has none."""
        began_at = self._flow.clock()
        return self.shown(await self._flow.keycrm.get_buyer(binding.keycrm_id or 0, terms), began_at)

    def shown(self, buyer: KeyCrmBuyer, began_at: datetime) -> Shown[KeyCrmBuyer]:
        """What KeyCRM's buyer shows."""
        return Shown(looks.keycrm_buyer(buyer, began_at, self._flow.clock()), buyer)

    def content(self, record: KeyCrmBuyer) -> Content:
        """What KeyCRM's buyer shows."""
        return contents.of_buyer(record)

    def ledger(self, case: Case, both: Both[VmsCustomer, KeyCrmBuyer]) -> None:
        """No payments."""


async def introduce(
    flow: Flow, maker: Maker, search: Search, item: WorkItem, lease: Lease, case: Case, source: Shown[Any]
) -> Recorded:
    """Find who this half already is, on our books or on the other side; make him there if nobody is."""
    fields, image = customer_fields(), source.look.image
    if case.memory.creation is not None:
        return await make(flow, fields, maker, item, lease, case, source)
    answer = _answer(case)
    if answer is None:
        joined = await known(flow, item, case, image)
        if joined is not None:
            return joined
    found = await search(image, Terms(item.lane, lease)) if answer is None else {}
    match = match_customers(image, found)
    one = answer if answer not in (None, "") else match.one
    if one is not None:
        return await _join(flow, item, _closed(case), str(one))
    if match.several:
        return await _ask(flow, item, case, [str(external_id) for external_id in match.several])
    return await make(flow, fields, maker, item, lease, _closed(case), source)


async def known(flow: Flow, item: WorkItem, case: Case, image: Image) -> Recorded | None:
    """Join the half in hand to who has these contacts on our books; None: nobody has, and they are this half's now."""
    rival = match_customers(image, await _rivals(flow, item, case, claims(image)))
    if rival.one is not None:
        return await attach_into(flow, item, case, rival.one, is_merge=True, reason=SAME)
    if rival.several:
        return await _ask(flow, item, case, [ours(number) for number in rival.several])
    return None


async def contacts(flow: Flow, item: WorkItem, case: Case, both: Both[VmsCustomer, KeyCrmBuyer]) -> None:
    """Keep by what a bound customer is found.

    When KeyCRM's buyer has changed and now has a contact of another customer's, the two were perhaps merged there: the
    other one is looked at too.
    """
    now, held = flow.clock(), [*claims(both.vms.look.image), *claims(both.keycrm.look.image)]
    is_changed = case.content is not None and facts.is_news(case.content.facts(), case.binding.hint)
    async with flow.database.transaction() as conn:
        claim = await identities.claim(conn, case.binding.id, held, now)
        await identities.keep_only(conn, case.binding.id, held)
        due = [MarkBinding(number, (Side.VMS,), item.lane) for number in claim.candidates if is_changed]
        await marks.mark_bindings(conn, due, now)


async def _rivals(
    flow: Flow, item: WorkItem, case: Case, contacts: Sequence[identities.Contact]
) -> Mapping[int, Image]:
    """Claim phones and mails for this half; answer who holds one already, each with all that is his."""
    now = flow.clock()
    async with flow.database.transaction() as conn:
        await leases.hold(conn, item, now)
        claim = await identities.claim(conn, case.binding.id, contacts, now)
        return {number: _image(await identities.of(conn, number)) for number in claim.candidates}


def _image(contacts: Iterable[identities.Contact]) -> Image:
    held = sorted(contacts)
    return {f"{kind}s": [value for name, value in held if name == kind] for kind in ("phone", "email")}


async def _join(flow: Flow, item: WorkItem, case: Case, external_id: str) -> Recorded:
    """The half in hand is this record of our side; if that is bound to another already, both are one person."""
    number = is_ours(external_id)
    if number is not None:
        return await attach_into(flow, item, case, number, is_merge=True, reason=SAME)
    async with flow.database.connection() as conn:
        other = await bindings.find(conn, Entity.CUSTOMER, flow.side, external_id)
    if other is not None and other.id != case.binding.id:
        return await attach_into(flow, item, case, other.id, is_merge=True, reason=SAME)
    return await bind_found(flow, item, case, external_id, SAME)


async def _ask(flow: Flow, item: WorkItem, case: Case, candidates: Sequence[Any]) -> Recorded:
    ask = questions.customers_alike([str(candidate) for candidate in candidates])
    return await finish(flow, item, asking(case, ask))


def event_of(binding: Binding) -> VmsCustomerEvent | None:
    """The newest event that VMS has sent of this customer."""
    return VmsCustomerEvent.model_validate(binding.vms_event) if binding.vms_event else None


def _answer(case: Case) -> str | None:
    """The id a person chose, "" for "none of them: make a new one", None while nobody has answered."""
    question = case.memory.questions.get(IDENTITY)
    if question is None or question.answer is None:
        return None
    return "" if question.answer.choice is Choice.KEEP else str(question.answer.value)


def _closed(case: Case) -> Case:
    """The question of who this is has been answered or has lapsed."""
    if IDENTITY not in case.memory.questions:
        return case
    return replace(case, memory=case.memory.with_questions((), (IDENTITY,)))
