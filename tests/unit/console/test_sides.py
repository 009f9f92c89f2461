"""Both sides field by field: when they are in step, and when not."""

from __future__ import annotations

from datetime import UTC, datetime

from console.domain import sides
from console.domain.sides import Standing
from libs.contracts.types import Entity, Side
from libs.reconcile.memory import Memory
from libs.reconcile.values import Bases, Image, PendingWrite, Seen

AT = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)


def standing(memory: Memory, field: str = "status", **asked: int) -> Standing:
    """How one field stands."""
    return next(one.standing for one in sides.fields(Entity.ORDER, memory, asked) if one.field == field)


def test_each_side_is_compared_with_its_own_base() -> None:
    """VMS's 2 and KeyCRM's 4 are the same thing; another value of either is a move."""
    agreed = Bases({"status": 2}, {"status": 4})
    seen = {(Side.VMS, "status"): Seen(2, None, None, AT), (Side.KEYCRM, "status"): Seen(4, None, None, AT)}

    assert standing(Memory(agreed, spans=seen)) is Standing.IN_STEP
    assert standing(Memory(agreed)) is Standing.IN_STEP
    moved = seen | {(Side.KEYCRM, "status"): Seen(8, AT, None, AT)}
    assert standing(Memory(agreed, spans=moved)) is Standing.MOVED
    assert standing(Memory(agreed, spans=moved), status=5) is Standing.ASKED


def test_what_was_never_agreed_on_is_no_difference() -> None:
    """A first meeting is still to come; a write on its way is told with its side."""
    seen = {(Side.VMS, "status"): Seen(2, None, None, AT)}
    assert standing(Memory(spans=seen)) is Standing.UNCOMPARED

    write = PendingWrite(Side.KEYCRM, "status", 4, 8, 4, AT, AT)
    both = sides.fields(Entity.ORDER, Memory(Bases({"status": 2}, {"status": 4}), pending=(write,)), {})
    assert [(one.standing, one.towards) for one in both] == [(Standing.ON_ITS_WAY, (Side.KEYCRM,))]
    assert not sides.is_in_step(both)


def test_fields_stand_as_people_read_them_and_inner_ones_are_not_shown() -> None:
    """Status first, comments last, what nobody foresaw at the end."""
    image: Image = {"buyer_comment": "б", "new_one": 1, "status": 2, "payments_total": "3.00"}
    names = [one.field for one in sides.fields(Entity.ORDER, Memory(Bases(image, image)), {})]
    assert names == ["status", "buyer_comment", "new_one"]


def test_where_nothing_was_compared_nothing_is_in_step() -> None:
    """A record known by its number alone is not told to be the same on both sides."""
    assert not sides.is_in_step(())


def test_keycrms_paid_amount_is_what_its_payments_made_when_last_read() -> None:
    """The merge remembers which payments were counted; nobody shall read that. Never read is not known, not zero."""
    agreed = Bases({"deposited_amount": "10.00"}, {"deposited_amount": {"counted": ["P-1"], "offset": "0.00"}})
    both = sides.fields(Entity.ORDER, Memory(agreed), {})

    [paid] = sides.paid_in(both, "10.00")
    assert (paid.vms.value, paid.keycrm.value, paid.standing) == ("10.00", "10.00", Standing.IN_STEP)
    [unread] = sides.paid_in(both, None)
    assert (unread.keycrm.value, unread.keycrm.is_known) == (None, False)


def test_keycrms_paid_amount_when_the_two_agreed_leaves_out_what_a_person_let_stand() -> None:
    """VMS shows 12 since a person said so, though the payments made 10; before the first agreement there is none."""
    agreed = Bases({"deposited_amount": "12.00"}, {"deposited_amount": {"counted": ["P-1"], "offset": "2.00"}})

    assert sides.paid_when_agreed(Memory(agreed)) == "10.00"
    assert sides.paid_when_agreed(Memory()) is None
