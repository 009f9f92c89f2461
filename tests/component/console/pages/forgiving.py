"""What a browser says of answers that are meant to be no success: no complaint about the page."""

from __future__ import annotations

from tests.component.console.pages.visit import House


class _Forgiven(list[str]):
    """Complaints without those that were foreseen, whenever they come."""

    def __init__(self, *parts: str) -> None:
        super().__init__()
        self.parts = set(parts)

    def append(self, complaint: str) -> None:
        """Keep it, if nobody foresaw it."""
        if not any(part in complaint for part in self.parts):
            super().append(complaint)


def forgive(house: House, *parts: str) -> None:
    """From now on, and for what was said so far, these are no complaints: statuses such as 409."""
    known = house.complaints.parts if isinstance(house.complaints, _Forgiven) else set()
    forgiven = _Forgiven(*known, *parts)
    for complaint in house.complaints:
        forgiven.append(complaint)
    house.complaints = forgiven
