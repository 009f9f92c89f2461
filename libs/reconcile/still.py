"""Whether what was looked at changes nothing, so that no further look is worth its call.

Promises: `rest` answers a memory only when VMS shows what the two sides last agreed on, nothing is on its way, asked or
left to pay: KeyCRM cannot have to be told anything then, whatever it shows. `concludes_nothing` is about a review whose
two looks joined nothing: they need not belong together (rule 1). `made` is about a create that left nothing over.
"""

from __future__ import annotations

from decimal import Decimal

from libs.contracts.types import Side
from libs.reconcile import normalise, payments
from libs.reconcile.fields import Direction, Fields
from libs.reconcile.ledger import Copy, Ledger, Payment
from libs.reconcile.memory import Memory
from libs.reconcile.review import Review, review
from libs.reconcile.values import Look, Times, Value


def rest(fields: Fields, memory: Memory, vms: Look, times: Times, ledger: Ledger | None) -> Memory | None:
    """The memory after a look at VMS alone; None: KeyCRM must be looked at as well."""
    unseen = Look(Side.KEYCRM, {}, vms.began_at, vms.began_at)
    seen = review(fields, memory, vms, unseen, times).memory
    if seen.pending or seen.questions or seen.creation is not None or not _is_at_base(fields, seen, vms):
        return None
    return seen if ledger is None or _is_paid(seen, ledger, vms) else None


def concludes_nothing(before: Memory, result: Review) -> bool:
    """Whether a review writes, asks, agrees and waits for nothing."""
    plan = result.payments
    is_owed = plan is not None and bool(plan.adds or plan.cancels or plan.write)
    is_waiting = result.held_until is not None or result.due_at is not None
    is_same = result.memory.bases == before.bases and not result.asked and not result.closed
    return result.decision.is_nothing and is_same and not is_owed and not is_waiting


def made(fields: Fields, memory: Memory, source: Look, answer: Look, times: Times) -> Memory | None:
    """The memory after a create whose answer leaves nothing to do; None: both sides must be looked at.

    Nobody has changed a new record yet, so its answer and the look that it was made from belong together: what the
    create cannot carry is a first meeting (6). What VMS's answer does not show, VMS's own event of the create will.
    """
    is_told = all(name in answer.image or name in memory.bases.keycrm for name in fields)
    if memory.pending or (answer.side is Side.KEYCRM and not is_told):
        return None
    looks = {source.side: source, answer.side: answer}
    met = review(fields, memory, looks[Side.VMS], looks[Side.KEYCRM], times)
    is_over = not met.decision.to_vms and not met.decision.to_keycrm and not met.decision.refusals
    return met.memory if is_over and met.held_until is None else None


def _is_at_base(fields: Fields, memory: Memory, vms: Look) -> bool:
    names = [name for name, row in fields.items() if name in vms.image and row.direction is not Direction.LEDGER]
    return all(_is_agreed(memory, name, vms.image[name]) for name in names)


def _is_agreed(memory: Memory, name: str, value: Value) -> bool:
    """Whether VMS shows what was agreed on; where they have not met, what VMS leaves empty tells KeyCRM nothing."""
    bases = memory.bases
    if not bases.has(name):
        return value in (None, [])
    return name in bases.keycrm and name in bases.vms and bases.vms[name] == value


def _is_paid(memory: Memory, ledger: Ledger, vms: Look) -> bool:
    """Whether VMS's paid amount is the one agreed on, and KeyCRM has every payment of VMS's."""
    shown, meaning = vms.image.get(payments.FIELD), memory.bases.keycrm.get(payments.FIELD)
    if not isinstance(shown, str) or not isinstance(meaning, dict) or memory.bases.vms.get(payments.FIELD) != shown:
        return False
    wanted = payments.total(ledger) + Decimal(meaning.get("offset", "0"))
    is_counted = meaning.get("counted") == payments.counted_refs(ledger)
    is_even = normalise.cents(shown) == normalise.cents(normalise.money(wanted))
    return is_counted and is_even and all(_is_settled(row) for row in ledger.of(Side.VMS))


def _is_settled(row: Payment) -> bool:
    if row.is_cancelled:
        return row.copy in (Copy.NONE, Copy.CANCELLED)
    return row.copy is Copy.SHOWN or Decimal(row.amount) == 0
