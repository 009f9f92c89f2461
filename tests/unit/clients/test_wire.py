"""What goes over the wire: literal brackets, decimals as numbers, instants in UTC."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import httpx
import pytest

from libs.clients.wire import Call, Reply, json_bytes, utc_text, with_query


def test_brackets_reach_the_wire_literally() -> None:
    """KeyCRM may refuse encoded brackets; httpx must not encode them for us either."""
    path = with_query("/order", {"filter[source_uuid]": "a b+c,d:e&f", "page": 2, "include": None})

    assert path == "/order?filter[source_uuid]=a+b%2Bc,d:e%26f&page=2"
    assert httpx.Request("GET", f"http://127.0.0.1{path}").url.raw_path == path.encode()


def test_bodies_are_json_as_the_partners_read_it() -> None:
    """A whole decimal is an integer, an instant is UTC with a space, a day is a day."""
    body = {
        "amount": Decimal("1011.00"),
        "price": Decimal("180.50"),
        "payment_date": datetime(2026, 1, 15, 11, 30, tzinfo=timezone(timedelta(hours=2))),
        "shipping_date": date(2026, 1, 16),
        "products": ({"sku": "DEMO-MUG"},),
        "note": None,
    }

    assert json.loads(json_bytes(body)) == {
        "amount": 1011,
        "price": 180.5,
        "payment_date": "2026-01-15 09:30:00",
        "shipping_date": "2026-01-16",
        "products": [{"sku": "DEMO-MUG"}],
        "note": None,
    }


def test_an_instant_without_an_offset_is_refused() -> None:
    """A naive time would be sent as whatever zone the process runs in."""
    with pytest.raises(ValueError, match="offset"):
        utc_text(datetime(2026, 1, 15))  # noqa: DTZ001 - a naive time is what is refused


def test_no_value_shows_in_a_repr() -> None:
    """A call or an answer in a traceback tells neither query, body nor header."""
    call = Call("createOrder", "POST", "/order?filter[buyer_phone]=canary", {"name": "canary"}, sent="canary")

    assert "canary" not in repr(call)
    assert "canary" not in repr(Reply(200, {"x": "canary"}, b"canary"))


def test_the_later_rate_reset_is_seconds_from_now() -> None:
    """`X-RateLimit-Reset` is a Unix time."""
    now = datetime(2026, 1, 15, tzinfo=UTC)

    assert Reply(429, {"x-ratelimit-reset": str(int(now.timestamp()) + 30)}).retry_after_seconds(now) == 30.0
    assert Reply(429).retry_after_seconds(now) is None
