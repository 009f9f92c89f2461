"""VMS's times: local wall clock without an offset, with all that follows from it."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from tests.sandbox_vms import VmsSide

KYIV = ZoneInfo("Europe/Kyiv")


async def set_clock(vms: VmsSide, moment: datetime) -> None:
    """Let VMS's clock show `moment` now."""
    await vms.turn(clock_offset_seconds=(moment - datetime.now(UTC)).total_seconds())


async def test_times_are_local_without_an_offset(vms: VmsSide) -> None:
    """In summer 09:00 UTC is written 12:00, and nothing says so; another zone, another hour."""
    await set_clock(vms, datetime(2026, 7, 1, 9, 0, tzinfo=UTC))
    customer = await vms.customer()
    summer = await vms.order(customer["customerId"])
    assert summer["lastDateChange"][:16] == "2026-07-01T12:00"
    assert datetime.fromisoformat(summer["lastDateChange"]).tzinfo is None

    await vms.turn(time_zone="UTC")
    assert (await vms.get(f"/api/Orders/{summer['orderId']}")).json()["lastDateChange"][:16] == "2026-07-01T09:00"


async def test_the_october_hour_is_written_twice_alike(vms: VmsSide) -> None:
    """An hour apart, the same wall-clock text; only the events' times, with their offsets, tell the order."""
    customer = await vms.customer()
    order = await vms.order(customer["customerId"])
    after, texts = await vms.last_event_number(), []
    await vms.turn(time_resolution="second")
    for hour in (0, 1):
        await set_clock(vms, datetime(2026, 10, 25, hour, 30, 0, 500_000, tzinfo=UTC))
        edited = await vms.admin("PATCH", f"/orders/{order['orderId']}", {"descriptions": f"о {hour}"})
        texts.append(edited["lastDateChange"])

    assert texts[0][:16] == texts[1][:16] == "2026-10-25T03:30"
    first, second = [datetime.fromisoformat(event["data"]["changedAt"]) for event in await vms.events(after)]
    assert first.utcoffset() != second.utcoffset()
    assert 3590 < (second.astimezone(UTC) - first.astimezone(UTC)).total_seconds() < 3610


async def test_a_clock_of_seconds_shows_no_fraction(vms: VmsSide) -> None:
    """With this knob two writes in a second carry the same time."""
    await vms.turn(time_resolution="second")
    customer = await vms.customer()

    assert "." not in customer["lastRecalculationDate"]


async def test_a_time_sent_with_an_offset_is_misread_as_dotnet_does(vms: VmsSide) -> None:
    """`Z` keeps its digits and so is hours off, `+02:00` becomes local time; both are breaches."""
    customer = await vms.customer()
    order = await vms.order(customer["customerId"])
    path = f"/api/Orders/{order['orderId']}"
    body = (await vms.get(path)).json()
    times = {"dateOfShipment": "2026-07-01T09:00:00Z", "dateOfPayment": "2026-07-01T09:00:00+02:00"}
    after = (await vms.http.put(path, json=body | times)).json()

    assert after["dateOfShipment"] == "2026-07-01T09:00:00"
    assert after["dateOfPayment"] == "2026-07-01T10:00:00"
    assert len(await vms.breaches()) == 2


async def test_a_date_range_with_an_offset_is_shifted(vms: VmsSide) -> None:
    """Model binding takes it to UTC and drops the offset: the order of 10:00 is not found from 10:00+03:00 on."""
    customer = await vms.customer()
    await vms.order(customer["customerId"], orderDate="2026-07-01T10:00:00")

    async def count(start: str, end: str) -> int:
        return len((await vms.get("/api/Orders/date-range", startDate=start, endDate=end)).json())

    assert await count("2026-07-01T10:00:00", "2026-07-01T10:30:00") == 1
    assert await count("2026-07-01T10:00:00+03:00", "2026-07-01T10:30:00+03:00") == 0
    assert len(await vms.breaches()) == 2


async def test_a_persons_time_is_kept_as_the_wall_clock_shows_it(vms: VmsSide) -> None:
    """An admin call may name an instant with an offset; REST shows it local, the event with VMS's offset."""
    customer = await vms.customer()
    order = await vms.order(customer["customerId"])
    body = {"dateOfShipment": "2026-01-15T07:30:00+00:00"}
    edited = await vms.admin("PATCH", f"/orders/{order['orderId']}", body)

    assert edited["dateOfShipment"] == "2026-01-15T09:30:00"
    told = datetime.fromisoformat((await vms.events())[-1]["data"]["dateOfShipment"])
    assert told == datetime(2026, 1, 15, 9, 30, tzinfo=KYIV)
    assert told.utcoffset() is not None
