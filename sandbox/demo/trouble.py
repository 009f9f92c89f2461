"""The afternoon's trouble: a lost answer, a refusal, a partner that is down, a service killed in mid-work."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from sandbox.demo.side import Sides
from sandbox.demo.steps import Step

PHONE = "+380630000003"


def _lost(sides: Sides) -> None:
    sides.in_keycrm("POST", "faults", {"operation": "createOrder", "kind": "lost_answer", "times": 1})
    _order(sides, "lost", "V-2001")


def _order(sides: Sides, key: str, number: str) -> None:
    sides.kept[key] = sides.in_vms(
        "POST", "orders",
        {"customerId": sides.kept["customer"]["customerId"], "numberOrder": number,
         "lines": [{"sku": "DEMO-TSHIRT-L", "quantity": 1, "price": 450}]},
    )["orderId"]  # fmt: skip


def _once(sides: Sides, key: str) -> bool:
    rows = [o for o in sides.in_keycrm("GET", "state")["orders"] if o["source_uuid"] == sides.kept[key]]
    return len(rows) == 1


def _throttled(sides: Sides) -> None:
    body = {"operation": "updateOrder", "kind": "status", "status": 429, "retry_after": 3, "times": 1}
    sides.in_keycrm("POST", "faults", body)
    sides.in_vms("PATCH", f"orders/{sides.kept['lost']}", {"orderStatus": 2})


def _down(sides: Sides) -> None:
    fault = sides.in_vms("POST", "faults", {"operation": "*", "kind": "down", "times": None})["id"]
    order = sides.order_in_keycrm(source_uuid=sides.kept["lost"])
    assert order is not None, "the order has not reached KeyCRM"
    sides.in_keycrm("PATCH", f"orders/{order['id']}", {"status_id": 8})
    time.sleep(10)
    sides.in_vms("DELETE", f"faults/{fault}")


def steps(kill: Callable[[str], None] | None) -> tuple[Step, ...]:
    """The steps; without a way to kill a service (it runs elsewhere) that step is left out."""
    told: list[Any] = [
        Step("the world", "the network", "loses the answer of an order's create", "KeyCRM has the order, once",
             _lost, lambda s: _once(s, "lost"), seconds=120, is_prompt=False),
        Step("the world", "KeyCRM", "answers 429 to a status", "the status arrives a little later",
             _throttled, lambda s: s.order_in_keycrm(source_uuid=s.kept["lost"], status_id=4) is not None,
             is_prompt=False),
        Step("the world", "VMS", "is down for ten seconds, while KeyCRM ships an order", "VMS shows it once it is back",
             _down, lambda s: s.order_in_vms(orderId=s.kept["lost"], orderStatus=4) is not None,
             is_prompt=False),
    ]  # fmt: skip
    if kill is not None:
        told.append(_killed(kill))
    return tuple(told)


def _killed(kill: Callable[[str], None]) -> Step:
    def act(sides: Sides) -> None:
        held = sides.in_keycrm("POST", "faults", {"operation": "createOrder", "kind": "hold", "times": 1})["id"]
        _order(sides, "killed", "V-2002")
        for _ in range(300):
            if sides.in_keycrm("GET", f"faults/{held}")["holding"]:
                break
            time.sleep(0.1)
        kill("outbound-sync")
        sides.in_keycrm("POST", f"faults/{held}/release")

    return Step(
        "the world", "kill -9", "ends outbound-sync while KeyCRM makes an order for it",
        "KeyCRM has the order, once; the service goes on", act, lambda s: _once(s, "killed"), seconds=150,
        is_prompt=False,
    )  # fmt: skip
