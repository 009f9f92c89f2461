"""Whether what was looked at changes nothing, so that no further look is worth its call.

Promises: `rest` answers a memory only when VMS shows what the two sides last agreed on, nothing is on its way, asked or
left to pay: KeyCRM cannot have to be told anything then, whatever it shows. `concludes_nothing` is about a review whose
two looks joined nothing: they need not belong together (rule 1). `is_carried` tells that a create left nothing over.
"""

from __future__ import annotations

from decimal import Decimal

from libs.contracts.types import Side
from libs.reconcile import normalise, payments
from libs.reconcile.fields import Direction, Fields
from libs.reconcile.ledger import Copy, Ledger, Payment
from libs.reconcile.memory import Memory
from libs.reconcile.review import Review, review
from libs.reconcile.values import Look, Times


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


def is_carried(fields: Fields, memory: Memory, source: Look, made: Look) -> bool:
    """Whether a create left nothing over. What VMS's answer does not show, VMS's own event will."""
    untold = {write.field for write in memory.pending}
    if untold & made.image.keys() or (untold and made.side is Side.KEYCRM):
        return False
    names = [name for name, row in fields.items() if name in source.image and row.direction is not Direction.LEDGER]
    return all(name in untold or _is_landed(memory, name, source, made) for name in names)


def _is_landed(memory: Memory, name: str, *looks: Look) -> bool:
    bases = [memory.bases.of(look.side) for look in looks]
    return all(name in base and base[name] == look.image.get(name) for base, look in zip(bases, looks, strict=True))


def _is_at_base(fields: Fields, memory: Memory, vms: Look) -> bool:
    bases = memory.bases
    names = [name for name, row in fields.items() if name in vms.image and row.direction is not Direction.LEDGER]
    return all(name in bases.keycrm and name in bases.vms and bases.vms[name] == vms.image[name] for name in names)


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
