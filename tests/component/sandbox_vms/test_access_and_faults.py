"""The bearer token of a proxy, the call log, and the faults that both sandboxes share, seen on VMS."""

from __future__ import annotations

import httpx
import pytest

from tests.sandbox_vms import VmsSide

NEW = {"companyName": "ТОВ Приклад", "contactName": "Олена Приклад"}


async def test_without_the_token_nothing_is_read_or_done(vms: VmsSide) -> None:
    """401 for none, a wrong one and another scheme; health and admin calls stay open."""
    await vms.turn(token="example-token")
    for authorization in (None, "Bearer other", "Basic example-token"):
        headers = {"authorization": authorization} if authorization else {}
        assert (await vms.http.post("/api/Customers", json=NEW, headers=headers)).status_code == 401
    assert (await vms.get("/health")).status_code == 200
    assert (await vms.admin("GET", "/state"))["customers"] == []

    let_in = await vms.http.post("/api/Customers", json=NEW, headers={"authorization": "Bearer example-token"})
    assert let_in.status_code == 201


async def test_calls_are_logged_by_name_without_secrets_or_bodies(vms: VmsSide) -> None:
    """Operation, status and a digest of the key; neither the key nor what was sent."""
    await vms.http.post("/api/Customers", json=NEW, headers={"authorization": "Bearer example-token"})
    await vms.get("/api/Customers/1")
    await vms.get("/api/Orders/customer/1")

    answer = await vms.http.get("/_admin/calls")
    assert [call["operation"] for call in answer.json()["calls"]] == [
        "createCustomer",
        "getCustomer",
        "ordersByCustomer",
    ]
    assert "example-token" not in answer.text
    assert "Приклад" not in str(answer.json()["calls"])
    first = answer.json()["calls"][0]["n"]
    assert await vms.admin("GET", f"/calls/count?after={first}") == {"getCustomer": 1, "ordersByCustomer": 1}


async def test_a_lost_answer_leaves_the_customer_made(vms: VmsSide) -> None:
    """The connection is cut, the work is done and its event emitted: whoever repeats it makes a second one."""
    await vms.admin("POST", "/faults", {"operation": "createCustomer", "kind": "lost_answer"})
    with pytest.raises(httpx.RemoteProtocolError):
        await vms.http.post("/api/Customers", json=NEW)

    assert len((await vms.get("/api/Customers")).json()) == 1
    assert [event["type"] for event in await vms.events()] == ["vms.customer.created"]
    [call, _] = (await vms.admin("GET", "/calls"))["calls"]
    assert (call["operation"], call["outcome"]) == ("createCustomer", "lost")


@pytest.mark.parametrize(("phase", "made"), [("before", 0), ("after", 1)])
async def test_a_500_may_follow_a_write_that_happened(vms: VmsSide, phase: str, made: int) -> None:
    """Nothing in the answer tells which."""
    await vms.admin("POST", "/faults", {"operation": "createCustomer", "kind": "status", "status": 500, "phase": phase})
    answer = await vms.http.post("/api/Customers", json=NEW)
    assert answer.status_code == 500
    assert answer.headers["content-type"].startswith("text/plain")

    assert len((await vms.get("/api/Customers")).json()) == made


async def test_vms_can_be_down(vms: VmsSide) -> None:
    """Every call is cut and nothing is done until the fault is removed; admin calls still work."""
    await vms.admin("POST", "/faults", {"kind": "down", "times": None})
    for _ in range(2):
        with pytest.raises(httpx.TransportError):
            await vms.get("/health")
    await vms.admin("DELETE", "/faults")

    assert (await vms.get("/health")).status_code == 200
