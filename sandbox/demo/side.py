"""The day's own eyes and hands: what people do in the two sandbox systems, what the other side shows afterwards.

The day believes nothing but the two systems; our database and logs are not asked.
"""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.system import admin

Row = dict[str, Any]

# The day's own table of what means the same on both sides; not read from any file of the product.
STATUS_PAIRS = {1: {1}, 2: {4}, 3: {4}, 4: {8, 11}, 5: {12}, 9: {19}}
WAREHOUSES = {"main": 1, "shop": 2}


@dataclass(slots=True)
class Sides:
    """KeyCRM and VMS, by address; `operator` is the console's address and a token, where there is one."""

    keycrm: str
    vms: str
    operator: tuple[str, str] | None = None
    patience_seconds: float = 0.0
    """How long the day waits for the person at the keyboard where it is their turn; 0: nobody is there."""
    your_turn: Callable[[str], None] = lambda _address: None
    """Called with the page that waits for them."""
    kept: dict[str, Any] = field(default_factory=dict)
    """What one step remembers for a later one: ids and numbers."""

    def in_keycrm(self, method: str, path: str, body: Any = None) -> Any:
        """A person's work in KeyCRM."""
        return admin(self.keycrm, method, path, body)

    def in_vms(self, method: str, path: str, body: Any = None) -> Any:
        """A person's work in VMS."""
        return admin(self.vms, method, path, body)

    def as_operator(self, method: str, path: str, body: Any = None) -> Any:
        """What the person at the console does over the operator API."""
        assert self.operator is not None, "the day was given no operator API"
        address, token = self.operator
        data = None if body is None else json.dumps(body).encode()
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        request = urllib.request.Request(f"{address}/api/keycrm/{path}", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=15) as answer:
            return json.loads(answer.read())

    def order_in_keycrm(self, **wanted: Any) -> Row | None:
        """KeyCRM's order with these columns."""
        return _first(self.in_keycrm("GET", "state")["orders"], wanted)

    def order_in_vms(self, **wanted: Any) -> Row | None:
        """VMS's order with these columns."""
        return _first(self.in_vms("GET", "state")["orders"], wanted)

    def buyer(self, phone: str) -> Row | None:
        """KeyCRM's buyer with this phone."""
        rows = self.in_keycrm("GET", "state")["buyers"]
        return next((row for row in rows if any(same_phone(p, phone) for p in row["phone"])), None)

    def customer(self, phone: str) -> Row | None:
        """VMS's customer with this phone."""
        rows = self.in_vms("GET", "state")["customers"]
        return next((row for row in rows if same_phone(row.get("phone") or "", phone)), None)

    def stock_in_keycrm(self, sku: str, warehouse: str) -> float | None:
        """KeyCRM's quantity of a SKU in a warehouse."""
        rows = self.in_keycrm("GET", "state")["stocks"]
        row = _first(rows, {"sku": sku, "warehouse_id": WAREHOUSES[warehouse]})
        return float(row["quantity"]) if row else None

    def article(self, sku: str) -> Row | None:
        """VMS's article of a SKU."""
        return _first(self.in_vms("GET", "state")["articles"], {"sku": sku})

    def offer(self, sku: str) -> Row | None:
        """KeyCRM's offer of a SKU, with its product beside it."""
        for product in self.in_keycrm("GET", "state")["products"]:
            for offer in product["offers"]:
                if offer["sku"] == sku:
                    return {**offer, "product": product}
        return None


def until(look: Callable[[], Any], seconds: float) -> float | None:
    """How many seconds it took until the look answered something true; None: it never did."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        if look():
            return time.monotonic() - began
        time.sleep(0.1)
    return None


def _first(rows: list[Row], wanted: Row) -> Row | None:
    return next((row for row in rows if all(row.get(name) == value for name, value in wanted.items())), None)


def same_phone(left: str, right: str) -> bool:
    return _digits(left)[-9:] == _digits(right)[-9:]


def _digits(text: str) -> str:
    return "".join(letter for letter in text if letter.isdigit())
