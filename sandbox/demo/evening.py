"""The evening: what no event told is found when both sides are compared, and all that the day made is compared."""

from __future__ import annotations

from typing import Any

from sandbox.demo.side import Sides, until
from sandbox.demo.steps import Step

CITY = "Івано-Франківськ"
WHOLE_SECONDS = 240.0
"""Everything compared, and a second look, half a minute later, at what differed."""


def _moved(sides: Sides) -> None:
    sides.in_vms("PATCH", "knobs", {"lose_events": True})
    sides.in_vms("PATCH", f"customers/{sides.kept['customer']['customerId']}", {"city": CITY})
    sides.in_vms("PATCH", "knobs", {"lose_events": False})
    sides.as_operator("POST", "comparison")


def _has_moved(sides: Sides) -> bool:
    buyer = sides.buyer(sides.kept["customer"]["phone"])
    return buyer is not None and CITY in [address["city"] for address in buyer["shipping"]]


def compared(sides: Sides, patience: float) -> dict[str, Any]:
    """Have everything compared, and wait for the end; its outcome, empty if it never came."""
    asked = sides.as_operator("POST", "comparison")
    found: dict[str, Any] = {}

    def is_over() -> bool:
        found.update(sides.as_operator("GET", f"operations/{asked['id']}"))
        return bool(found["status"] == "done")

    return dict(found["outcome"]) if until(is_over, WHOLE_SECONDS * patience) is not None else {}


STEPS = (
    Step("VMS", "a clerk", "moves a customer to another town, and the event is lost",
         "an operator has both sides compared, and KeyCRM shows it",
         _moved, _has_moved, seconds=WHOLE_SECONDS, is_prompt=False),
)  # fmt: skip
