"""A small shop as staff would meet it: an order with its story, questions of every shape, letters, people alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from libs.contracts.types import Entity, Lane, Side
from libs.reconcile import questions, wire
from libs.reconcile.memory import Memory
from libs.reconcile.values import Bases, Choice, Image, Question, Seen
from libs.runtime.database import Connection
from libs.state import audit, conflicts, events, marks
from libs.state.audit import Entry
from libs.state.bindings import Binding, Status
from libs.state.events import Received
from libs.state.marks import Mark, VmsEvent
from tests.component.console.world import asked, bound, kept, letter, told

NOW = datetime.now(UTC).replace(microsecond=0)
SCRIPT = "<img src=x onerror=\"document.title='broken'\"><script>document.title='broken'</script>передзвоніть о 10:00"
LINES = [
    {"sku": "DEMO-MUG", "name": "Горнятко «Ранок»", "quantity": "2", "unit": "шт", "price": "180.50", "discount": "0"},
    {"sku": "DEMO-TEE", "name": "Футболка червона", "quantity": "1", "unit": "шт", "price": "650.00", "discount": "10"},
]


def guid(number: int) -> str:
    """An order's id in VMS."""
    return f"1f0e2d3c-0000-4000-8000-{number:012d}"


def seen(vms: Image, keycrm: Image, minutes: int = 30) -> dict[tuple[Side, str], Seen]:
    """What both sides showed last, each since so many minutes."""
    at = NOW - timedelta(minutes=minutes)
    spans = {}
    for side, image in ((Side.VMS, vms), (Side.KEYCRM, keycrm)):
        for name, value in image.items():
            spans[(side, name)] = Seen(value, at - timedelta(seconds=40), at, NOW - timedelta(minutes=2))
    return spans


ORDER: Image = {
    "status": 2, "lines": LINES, "deposited_amount": "1011.00", "shipping_date": "2026-01-20", "delivery_service": 7,
    "tracking_code": "20450000000001", "manager_comment": "зателефонувати перед доставкою", "buyer_comment": None,
}  # fmt: skip
OLENA: Image = {
    "name": "Олена Тестова", "phone": "+380501112233", "email": "olena@example.com", "city": "Львів",
    "address": "вул. Зразкова, 7", "postal_code": "79000",
}  # fmt: skip


@dataclass(slots=True)
class Shop:
    """The numbers of what is in it."""

    customer: Binding
    order: Binding
    comment: int
    script: int
    status: int
    amount: int
    alike: int
    by_hand: int
    malformed: int
    exhausted: int


async def opened(conn: Connection) -> Shop:
    """Fill the database."""
    olena = dict(OLENA)
    customer = await bound(
        conn, Entity.CUSTOMER, "7", 900, memory=Memory(Bases(olena, olena), spans=seen(olena, olena, 600))
    )
    order, comment = await _order(conn, customer)
    second = await _another(conn, 2, customer, {"status": 4}, {"status": 9})
    status = await asked(conn, second, _both("status", 2, 8, 1, 1))
    third = await _another(conn, 3, customer, {}, {})
    amount = await asked(conn, third, Question(
        "deposited_amount", "deposited_unexplained", shown_vms="1500.00", shown_keycrm="1011.00",
        params={"vms": "1500.00", "sum": "1011.00"}, choices=(Choice.KEYCRM, Choice.KEEP, Choice.VALUE),
    ))  # fmt: skip
    twin = dict(OLENA, name="Олена Т.", email="o.test@example.com", city="Київ")
    other = await bound(conn, Entity.CUSTOMER, "8", 901, memory=Memory(Bases(twin, twin), spans=seen(twin, twin)))
    told_by_vms = {
        "customerId": 9, "contactName": "Тестова Олена", "phone": "0501112233", "eMail": "o.test@example.com",
        "companyName": "—", "changedAt": NOW.isoformat(),
    }  # fmt: skip
    event = VmsEvent("e-9", NOW, told_by_vms, {"image": {}})
    half = await bound(conn, Entity.CUSTOMER, "9", None, Status.CONFLICT, event=event)
    alike = await asked(conn, half, questions.customers_alike(["900", f"binding {other.id}"]))
    tracking = Question(
        "tracking_code", "tracking_changed", shown_vms="20450000000009", shown_keycrm="20450000000001",
        base_vms="20450000000001", base_keycrm="20450000000001", choices=(),
        params={"vms": "20450000000009", "keycrm": "20450000000001"},
    )  # fmt: skip
    by_hand = await asked(conn, await _another(conn, 4, customer, {}, {}), tracking)
    malformed = await _malformed(conn)
    item = told(kind="item", bindingId=order.id, entity="order", side="vms", code="exhausted")
    exhausted = await kept(
        conn, item, "inbound-apply", binding_id=order.id, entity=Entity.ORDER, side=Side.VMS, code="exhausted"
    )
    script = await asked(conn, third, _both("buyer_comment", "домофон не працює", SCRIPT, None, None))
    await conn.execute("UPDATE binding SET status = 'conflict' WHERE id IN (SELECT binding_id FROM conflict)")
    return Shop(customer, order, comment, script, status, amount, alike, by_hand, malformed, exhausted)


async def _malformed(conn: Connection) -> int:
    """A letter whose record could not be read."""
    return await kept(
        conn, letter(body='{"orderId": "1f0e2d3c", "contactName": "Олена Тестова", "orderStatus": "два"}'.encode(),
                     headers=(("ce_type", b"vms.order.updated"), ("ce_id", b"e-77")),
                     error="orderStatus: is no whole number: write it as a number"),
    )  # fmt: skip


async def _order(conn: Connection, customer: Binding) -> tuple[Binding, int]:
    """An order with a question about its comment and a story."""
    vms = dict(ORDER, manager_comment="зателефонувати перед доставкою, після 18:00", buyer_comment=SCRIPT)
    keycrm = dict(ORDER, status=4, manager_comment="зателефонувати перед доставкою, домофон 12", buyer_comment=SCRIPT)
    counted = {"counted": ["P-1"], "offset": "0.00"}  # what the merge remembers of KeyCRM's payments is no sum
    theirs = dict(ORDER, status=4, buyer_comment=SCRIPT, deposited_amount=counted)
    bases = Bases(dict(ORDER, buyer_comment=SCRIPT), theirs)
    del keycrm["deposited_amount"]
    changed = {"numberOrder": "V-000417", "orderId": guid(1), "changedBy": "k.koval", "customerId": 7}
    event = VmsEvent("e-1", NOW - timedelta(minutes=30), changed, {"image": {}})
    order = await bound(conn, vms_id=guid(1), keycrm_id=417, memory=Memory(bases, spans=seen(vms, keycrm)), event=event)
    paid = {"payments_total": "1011.00"}
    await conn.execute("UPDATE binding SET parent_id = $2, hint = $3 WHERE id = $1", order.id, customer.id, paid)
    await _story(conn, order)
    was = ORDER["manager_comment"]
    shown = _both("manager_comment", vms["manager_comment"], keycrm["manager_comment"], was, was)
    return order, await asked(conn, order, shown)


async def _story(conn: Connection, order: Binding) -> None:
    """What happened to the order: made, another status, a payment."""
    shared: dict[str, Any] = {"entity": Entity.ORDER, "binding_id": order.id, "vms_id": order.vms_id, "keycrm_id": 417}
    for hours, chain, kind, entries in (
        (26, "c-1", "vms.order.created", [
            Entry("outbound-sync", "created", side=Side.KEYCRM, call="POST /order", **shared)]),
        (3, "c-2", "keycrm.order.status-changed", [Entry(
            "inbound-apply", "updated", "changed", side=Side.VMS, field="status", before=1, after=2, **shared)]),
        (1, "c-3", "vms.order.updated", [
            Entry("outbound-sync", "updated", "changed", side=Side.KEYCRM, field="deposited_amount", before="500.00",
                  after="1011.00", **shared),
            Entry("outbound-sync", "updated", "changed", side=Side.KEYCRM, field="shipping_date", before=None,
                  after="2026-01-20", **shared)]),
    ):  # fmt: skip
        at = NOW - timedelta(hours=hours)
        received = Received(
            "/test", f"e-{chain}", kind, Entity.ORDER, guid(1), binding_id=order.id, correlation_id=chain
        )
        await events.record(conn, [received], at)
        told_of = [Entry(**{n: getattr(e, n) for n in Entry.__slots__} | {"correlation_id": chain}) for e in entries]
        await audit.append(conn, told_of, at + timedelta(seconds=3))


async def _another(conn: Connection, number: int, customer: Binding, vms: Image, keycrm: Image) -> Binding:
    """A further order of the customer."""
    bases = Bases(dict(ORDER), dict(ORDER, status=4))
    memory = Memory(bases, spans=seen({**ORDER, **vms}, {**ORDER, "status": 4, **keycrm}))
    event = VmsEvent(
        f"n-{number}", NOW, {"numberOrder": f"V-{417 + number:06d}", "orderId": guid(number)}, {"image": {}}
    )
    order = await bound(conn, vms_id=guid(number), keycrm_id=417 + number, memory=memory, event=event)
    await conn.execute("UPDATE binding SET parent_id = $2 WHERE id = $1", order.id, customer.id)
    return order


def _both(field: str, vms: Any, keycrm: Any, base_vms: Any, base_keycrm: Any) -> Question:
    return Question(
        field, "both_changed", shown_vms=vms, shown_keycrm=keycrm, base_vms=base_vms, base_keycrm=base_keycrm,
        params={"vms": vms, "keycrm": keycrm},
    )  # fmt: skip


async def crowd(conn: Connection, count: int) -> list[int]:
    """So many orders with the same question; the numbers of the questions."""
    now, numbers = datetime.now(UTC), []
    async with conn.transaction():
        rows = [Mark(Entity.ORDER, Side.VMS, guid(1000 + n), (), Lane.ORDER) for n in range(count)]
        marked = await marks.mark(conn, rows, now)
    await conn.execute("UPDATE binding SET keycrm_id = 1000000 + id WHERE keycrm_id IS NULL AND entity = 'order'")
    for one in marked:
        async with conn.transaction():
            question = wire.dump(_both("status", 2, 8, 1, 1))
            numbers.append((await conflicts.ask(conn, one.binding_id, Entity.ORDER, question, now)).id)
    return numbers
