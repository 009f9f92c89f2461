"""A filter becomes KeyCRM's own parameter names, in UTC."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from libs.clients.keycrm.filters import BuyerFilter, OrderFilter, one_of
from libs.clients.wire import with_query
from libs.runtime.errors import PermanentError

KYIV = timezone(timedelta(hours=2))
PERIOD = (datetime(2026, 1, 15, 2, 0, tzinfo=KYIV), datetime(2026, 1, 15, 3, 0, tzinfo=KYIV))


def test_a_period_is_sent_in_utc() -> None:
    """An aware time of any zone is what KeyCRM compares with."""
    path = with_query("/order", OrderFilter(updated_between=PERIOD, status_ids=(1, 4)).query())

    assert path == "/order?filter[status_id]=1,4&filter[updated_between]=2026-01-15+00:00:00,2026-01-15+01:00:00"


def test_an_empty_filter_asks_for_nothing() -> None:
    """No parameter without a value: KeyCRM would compare with an empty text."""
    assert with_query("/buyer", BuyerFilter().query()) == "/buyer"


def test_a_plus_in_a_phone_stays_a_plus() -> None:
    """An unencoded plus would arrive as a space."""
    path = with_query("/buyer", BuyerFilter(phones=("+380670000001", "380670000001")).query())

    assert path == "/buyer?filter[buyer_phone]=%2B380670000001,380670000001"


def test_a_comma_in_a_value_is_refused() -> None:
    """KeyCRM would look for two values, find neither, and we would create a double."""
    with pytest.raises(PermanentError) as raised:
        one_of(("A,B",), "sku")

    assert raised.value.field == "sku"
    assert "A" not in raised.value.reason.replace("KeyCRM", "")
