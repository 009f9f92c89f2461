"""The ledger: every payment once, whichever side and however often it is told of (rules 15, 23)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import asyncpg
import pytest

from libs.contracts.types import Side
from libs.runtime.database import Connection
from libs.state import payments
from libs.state.payments import KeyCrmSeen, PaymentChange, State, VmsSeen
from tests.component.state.world import NOW, at, mark


def seen(binding_id: int, payment_id: str = "p1", seconds: float = 0, amount: int = 100) -> VmsSeen:
    """A payment of a VMS event of that moment."""
    return VmsSeen(binding_id, payment_id, Decimal(amount), NOW, 2, False, at(seconds))


async def test_an_event_read_twice_adds_nothing(conn: Connection) -> None:
    """The second time is no news."""
    number = (await mark(conn, "guid-1")).binding_id
    assert await payments.observe_vms(conn, [seen(number)], NOW) == {number}
    assert await payments.observe_vms(conn, [seen(number), seen(number)], NOW) == set()

    ledger = await payments.of(conn, number)
    assert [(one.origin, one.amount, one.state, one.vms_payment_type) for one in ledger] == [
        (Side.VMS, Decimal("100.0000"), State.KNOWN, 2)
    ]


async def test_an_older_event_adds_what_nobody_knew_and_takes_nothing_back(conn: Connection) -> None:
    """Rule 15: a replayed event's payment is kept; the newer state of a known one stays."""
    number = (await mark(conn, "guid-1")).binding_id
    await payments.observe_vms(conn, [replace(seen(number, seconds=10), is_cancelled=True)], NOW)
    assert await payments.observe_vms(conn, [seen(number, seconds=5), seen(number, "p0", 5)], NOW) == {number}

    ledger = {one.vms_payment_id: one.is_cancelled for one in await payments.of(conn, number)}
    assert ledger == {"p1": True, "p0": False}


async def test_a_newer_event_changes_a_known_payment(conn: Connection) -> None:
    """Cancelled in VMS later: the row says so, and it is news."""
    number = (await mark(conn, "guid-1")).binding_id
    await payments.observe_vms(conn, [seen(number)], NOW)
    assert await payments.observe_vms(conn, [replace(seen(number, seconds=1), is_cancelled=True)], NOW) == {number}


async def test_the_same_payment_number_on_two_orders_is_two_payments(conn: Connection) -> None:
    """VMS's number counts within its order."""
    one = (await mark(conn, "guid-1")).binding_id
    two = (await mark(conn, "guid-2")).binding_id

    assert await payments.observe_vms(conn, [seen(one), seen(two)], NOW) == {one, two}


async def test_two_payments_on_two_sides_at_once_are_both_kept(conn: Connection) -> None:
    """VMS +100 and KeyCRM +50 are two rows, not one number."""
    number = (await mark(conn, "guid-1")).binding_id
    await payments.observe_vms(conn, [seen(number)], NOW)
    theirs = KeyCrmSeen(70, Decimal(50), method_id=1, status="paid")
    ledger = await payments.observe_keycrm(conn, number, [theirs], NOW, NOW)

    assert sorted((one.origin.value, one.amount) for one in ledger) == [
        ("keycrm", Decimal(50)),
        ("vms", Decimal(100)),
    ]


async def test_a_payment_of_ours_is_known_by_its_reference(conn: Connection) -> None:
    """Rule 23: the create's answer had no id; the next look finds ours, and it is not a second payment."""
    number = (await mark(conn, "guid-1")).binding_id
    await payments.observe_vms(conn, [seen(number)], NOW)
    mine = (await payments.of(conn, number))[0]
    begun = PaymentChange(state=State.CREATING, creating={"since": 1}, reference="SYNC-1")
    await payments.change(conn, mine.id, begun, NOW)
    ledger = await payments.observe_keycrm(
        conn, number, [KeyCrmSeen(70, Decimal(99), reference="SYNC-1", status="paid")], at(1), at(2)
    )
    again = await payments.observe_keycrm(
        conn, number, [KeyCrmSeen(70, Decimal(99), reference=None, status="canceled", is_cancelled=True)], at(3), at(3)
    )

    assert [(one.keycrm_payment_id, one.origin, one.amount) for one in ledger] == [(70, Side.VMS, Decimal(100))]
    assert [(one.keycrm_status, one.is_cancelled, one.seen_keycrm_at) for one in again] == [("canceled", False, at(3))]


async def test_a_copied_reference_is_another_payment(conn: Connection) -> None:
    """A person copied our description to a second payment in KeyCRM: it is theirs, under no reference."""
    number = (await mark(conn, "guid-1")).binding_id
    await payments.observe_vms(conn, [seen(number)], NOW)
    mine = (await payments.of(conn, number))[0]
    await payments.change(conn, mine.id, PaymentChange(reference="SYNC-1"), NOW)
    ledger = await payments.observe_keycrm(
        conn, number, [KeyCrmSeen(70, Decimal(100), "SYNC-1"), KeyCrmSeen(71, Decimal(5), "SYNC-1")], NOW, NOW
    )

    found = [(one.keycrm_payment_id, one.reference, one.origin) for one in ledger]
    assert found == [(70, "SYNC-1", Side.VMS), (71, None, Side.KEYCRM)]


async def test_a_change_touches_only_what_it_names(conn: Connection) -> None:
    """Asked about, then cancelled: each on its own."""
    number = (await mark(conn, "guid-1")).binding_id
    await payments.observe_vms(conn, [seen(number)], NOW)
    mine = (await payments.of(conn, number))[0]
    await payments.change(conn, mine.id, PaymentChange(state=State.QUESTION), NOW)
    await payments.change(conn, mine.id, PaymentChange(is_cancelled=True), NOW)

    found = (await payments.of(conn, number))[0]
    assert (found.is_cancelled, found.state) == (True, State.QUESTION)


async def test_creating_without_its_facts_is_refused(conn: Connection) -> None:
    """A create that left no trace could be made twice."""
    number = (await mark(conn, "guid-1")).binding_id
    await payments.observe_vms(conn, [seen(number)], NOW)
    mine = (await payments.of(conn, number))[0]

    with pytest.raises(asyncpg.CheckViolationError):
        await payments.change(conn, mine.id, PaymentChange(state=State.CREATING), NOW)
