"""Payments of an order, added to KeyCRM each once and cancelled there when VMS cancelled them (rule 23).

Promises: *creating* is committed before the call, which carries our reference; an unknown outcome is never repeated
before two empty looks; a refused payment is a dead letter and leaves the others alone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from libs.clients.keycrm.bodies import PaymentBody
from libs.clients.terms import Terms
from libs.contracts.types import Side
from libs.flow.flow import Case, Flow, lands_by
from libs.flow.record import Note, commit
from libs.reconcile import compose, ledger
from libs.reconcile.ledger import Ledger, Payment
from libs.reconcile.payments import PaymentPlan
from libs.reconcile.values import Refusal
from libs.runtime.errors import NEVER_HAPPENED, OutcomeUnknown, PermanentError, SyncError
from libs.runtime.work import Lease, WorkItem


async def pay(flow: Flow, item: WorkItem, lease: Lease, case: Case, plan: PaymentPlan) -> tuple[Case, tuple[Note, ...]]:
    """Do what the plan says; the ledger in the answer tells how it went."""
    notes: list[Note] = []
    for payment in plan.adds:
        case = await _add(flow, item, lease, case, payment)
        notes.append(Note("payment", Side.KEYCRM, reason=ledger.reference(payment.ref), call="POST /order/payment"))
    for payment in plan.cancels:
        case = await _cancel(flow, item, lease, case, payment)
        notes.append(Note("payment", Side.KEYCRM, reason=f"{ledger.reference(payment.ref)} cancelled"))
    return case, tuple(notes)


async def _add(flow: Flow, item: WorkItem, lease: Lease, case: Case, payment: Payment) -> Case:
    body = compose.keycrm_payment(payment, flow.pairs)
    if isinstance(body, Refusal):
        raise PermanentError(body.text, code=body.rule, field=body.field)
    until, seen = lands_by(lease.ends_at, flow.times), case.content
    foreseen = seen.paid_in(payment.amount, body["payment_method_id"], payment.ref) if seen is not None else None
    begun = _with(case, ledger.begin_add(_ledger(case), payment.ref, until))
    case = await commit(flow, item, replace(begun, content=foreseen))
    try:
        answer = await flow.keycrm.add_payment(
            case.binding.keycrm_id or 0,
            cast(PaymentBody, body),
            Terms(item.lane, lease),
            reference=ledger.reference(payment.ref),
        )
    except SyncError as fate:
        shown = foreseen if isinstance(fate, OutcomeUnknown) else seen
        await commit(flow, item, replace(_with(case, _failed(flow, case, payment, fate)), content=shown))
        raise
    return _with(case, ledger.added(_ledger(case), payment.ref, answer.id))


def _failed(flow: Flow, case: Case, payment: Payment, fate: SyncError) -> Ledger:
    if isinstance(fate, OutcomeUnknown):
        return ledger.lost(_ledger(case), payment.ref, flow.clock() + flow.times.request_life)
    if isinstance(fate, NEVER_HAPPENED):
        return ledger.refused(_ledger(case), payment.ref)
    return _ledger(case)


async def _cancel(flow: Flow, item: WorkItem, lease: Lease, case: Case, payment: Payment) -> Case:
    """Cancelling twice changes nothing, so an unknown outcome is simply done again at the next look."""
    foreseen = case.content.taken_back(payment.ref) if case.content is not None else None
    case = await commit(flow, item, replace(case, content=foreseen))
    order_id, payment_id = case.binding.keycrm_id or 0, payment.copy_id or 0
    await flow.keycrm.update_payment(order_id, payment_id, {"status": "canceled"}, Terms(item.lane, lease))
    return case


def _ledger(case: Case) -> Ledger:
    return case.ledger or Ledger()


def _with(case: Case, changed: Ledger) -> Case:
    return replace(case, ledger=changed)
