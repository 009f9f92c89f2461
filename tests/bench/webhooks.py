"""KeyCRM's webhook as the ingress gets it: an order's bare row, 1.5 KB, signed; so many different orders in turn."""

from __future__ import annotations

import hmac
import json
from pathlib import Path
from typing import Any

FIXTURE = Path(__file__).parents[1] / "fixtures/keycrm/webhooks/order.change_order_status.reserved.json"
PATH = "/api/keycrm/webhook/order-status-changed"
SECRET = "example-hmac-secret-0001"
ORDERS = 200


def bodies(number: int = ORDERS) -> list[bytes]:
    """So many orders' webhooks."""
    row: dict[str, Any] = json.loads(FIXTURE.read_text(encoding="utf-8"))
    made = []
    for order_id in range(900_001, 900_001 + number):
        row["context"]["id"] = order_id
        made.append(json.dumps(row, ensure_ascii=False).encode())
    return made


def signature(body: bytes, secret: str = SECRET) -> str:
    """What `X-KeyCRM-Signature` must be."""
    return hmac.digest(secret.encode(), body, "sha256").hex()


def requests(host: str, number: int = ORDERS) -> list[bytes]:
    """The same as whole HTTP requests."""
    return [_request(host, body) for body in bodies(number)]


def _request(host: str, body: bytes) -> bytes:
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
        f"X-KeyCRM-Signature: {signature(body)}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
