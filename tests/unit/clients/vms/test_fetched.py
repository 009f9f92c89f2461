"""A full-replace PUT sends back all that was read, with the changes in it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from libs.clients.vms.fetched import camel, with_changes
from libs.contracts.vms import ORDER_WRITABLE
from libs.runtime.errors import PermanentError

RAW = {"orderId": "g", "orderStatus": 1, "externalComment": "keep", "newColumn": [1, {"a": None}], "positions": [{}]}


def test_every_other_field_is_kept() -> None:
    """Also a column that we do not know."""
    body = with_changes(RAW, {"order_status": 4, "deposited_amount": Decimal("10.5")}, ORDER_WRITABLE)

    assert body == {**RAW, "orderStatus": 4, "depositedAmount": Decimal("10.5")}
    assert RAW["orderStatus"] == 1


@pytest.mark.parametrize("name", ["customer_id", "order_date", "orderStatus", "positions"])
def test_a_column_that_the_put_does_not_write_is_refused(name: str) -> None:
    """VMS would answer 200 and change nothing."""
    with pytest.raises(PermanentError) as raised:
        with_changes(RAW, {name: 1}, ORDER_WRITABLE)

    assert (raised.value.code, raised.value.field) == ("not-writable", name)


def test_names_are_vms_own() -> None:
    """`e_mail` is VMS's odd `eMail`, at every depth."""
    body = {"e_mail": "x", "name_ua": "y", "positions": ({"sub_positions": [{"breed_name": "z"}]},)}

    assert camel(body) == {"eMail": "x", "nameUa": "y", "positions": [{"subPositions": [{"breedName": "z"}]}]}
