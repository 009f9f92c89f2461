"""The JSON looks as System.Text.Json writes it."""

from __future__ import annotations

from tests.sandbox_vms import VmsSide


async def test_json_is_pretty_camel_case_and_escaped(vms: VmsSide) -> None:
    """Indented, `eMail` for EMail, everything but ASCII escaped, whole doubles without a point."""
    await vms.customer(eMail="o@example.com")
    text = (await vms.get("/api/Customers/1")).text

    assert text.startswith('{\n  "customerId": 1,\n')
    assert '"eMail": "o@example.com"' in text
    assert text.isascii()
    assert '"sumOfAllOrders": 0,' in text


async def test_health_is_the_liveness_signal(vms: VmsSide) -> None:
    """The documented shape."""
    health = (await vms.get("/health")).json()

    assert health["status"] == "healthy"
    assert health["timestamp"].endswith("Z")


async def test_a_path_that_does_not_exist_is_404_and_logged_as_unknown(vms: VmsSide) -> None:
    """A caller that misspells a path is seen in the log."""
    assert (await vms.get("/api/Stocks")).status_code == 404

    [call] = (await vms.admin("GET", "/calls"))["calls"]
    assert (call["operation"], call["status"], call["outcome"]) == ("unknown", 404, "refused")
