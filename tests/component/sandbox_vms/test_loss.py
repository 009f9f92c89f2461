"""A lossy VMS: what it is given comes back cut, trimmed, rounded or rewritten, where the knobs say so."""

from __future__ import annotations

from typing import Any

from tests.sandbox_vms import VmsSide


async def put(vms: VmsSide, path: str, **changes: Any) -> dict[str, Any]:
    """Read-modify-write."""
    body = (await vms.get(path)).json()
    after: dict[str, Any] = (await vms.http.put(path, json=body | changes)).json()
    return after


async def test_doubles_are_doubles(vms: VmsSide) -> None:
    """Payments of 0.1 and 0.2 add up as doubles do; the event tells the amount to four places."""
    customer = await vms.customer()
    order = await vms.order(customer["customerId"])
    for amount in (0.1, 0.2):
        paid = await vms.admin("POST", f"/orders/{order['orderId']}/payments", {"amount": amount})

    assert paid["order"]["depositedAmount"] == 0.1 + 0.2 != 0.3
    assert (await vms.events())[-1]["data"]["depositedAmount"] == 0.3


async def test_numbers_are_rounded_and_texts_cut(vms: VmsSide) -> None:
    """Both on a PUT; the order's number, which is a reference, is never cut."""
    customer = await vms.customer()
    order = await vms.order(customer["customerId"])
    await vms.turn(decimals=1, text_cut=5, is_text_trimmed=True)
    path = f"/api/Orders/{order['orderId']}"
    after = await put(vms, path, orderSum=10.26, descriptions="  довгий опис", numberOrder="KC-123456")

    assert (after["orderSum"], after["descriptions"], after["numberOrder"]) == (10.3, "довги", "KC-123456")


async def test_line_breaks_and_blanks_are_trimmed(vms: VmsSide) -> None:
    """As a text box of a desktop program does."""
    customer = await vms.customer()
    order = await vms.order(customer["customerId"])
    await vms.turn(is_text_trimmed=True)
    after = await put(vms, f"/api/Orders/{order['orderId']}", externalComment=" два  слова\r\nрядок ")

    assert after["externalComment"] == "два слова\nрядок"


async def test_phones_are_rewritten(vms: VmsSide) -> None:
    """Local spelling, digits alone, or as sent."""
    customer = await vms.customer(phone="+380501112233")
    path = f"/api/Customers/{customer['customerId']}"
    assert customer["phone"] == "+380501112233"

    await vms.turn(phone_format="local")
    assert (await put(vms, path, phone="+380501112233"))["phone"] == "(050) 111-22-33"
    await vms.turn(phone_format="digits")
    assert (await put(vms, path, phone="+380501112233"))["phone"] == "380501112233"


async def test_an_unknown_knob_or_value_is_refused_and_turns_nothing(vms: VmsSide) -> None:
    """All of a request or none of it, and the answer names the knob."""
    for body, name in (({"text_cut": 3, "speed": 1}, "speed"), ({"text_cut": 3, "time_zone": "Kyiv"}, "time_zone")):
        response = await vms.http.patch("/_admin/knobs", json=body)
        assert response.status_code == 422
        assert name in response.json()["message"]

    assert (await vms.admin("GET", "/knobs"))["text_cut"] is None
