"""What staff do in the screens, what they may do beyond the API, and what a lossy account makes of what it is given."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox_keycrm import KeyCrmSide, order_body


async def test_staff_may_do_to_an_order_what_the_api_may_not(keycrm: KeyCrmSide) -> None:
    """Add and remove lines, replace a tracking code, give it to another buyer, in one edit."""
    order = await keycrm.admin("POST", "/orders", order_body(shipping={"tracking_code": "T1"}, status_id=4))
    buyer = await keycrm.admin("POST", "/buyers", {"full_name": "Іван"})
    edit = {
        "products": [{"sku": "DEMO-TILE", "quantity": 1.5}],
        "remove_products": [order["products"][0]["id"]],
        "shipping": {"tracking_code": "T2"},
        "buyer_id": buyer["id"],
    }

    edited = await keycrm.admin("PATCH", f"/orders/{order['id']}", edit)

    assert (order["status_id"], order["has_reserves"]) == (4, True)
    assert [(line["sku"], line["quantity"]) for line in edited["products"]] == [("DEMO-TILE", 1.5)]
    assert (edited["shipping"]["tracking_code"], edited["client_id"]) == ("T2", buyer["id"])
    assert await keycrm.stock("DEMO-MUG", 1) == (40, 0)
    assert await keycrm.stock("DEMO-TILE", 1) == (120.5, 1.5)


async def test_staff_payments(keycrm: KeyCrmSide) -> None:
    """Entered and cancelled by hand."""
    order = await keycrm.admin("POST", "/orders", order_body())
    paid = await keycrm.admin("POST", f"/orders/{order['id']}/payments", {"amount": 361})
    payment = paid["payments"][0]["id"]
    path = f"/orders/{order['id']}/payments/{payment}"
    cancelled = await keycrm.admin("PATCH", path, {"status": "canceled"})

    assert (paid["payment_status"], cancelled["payment_status"]) == ("paid", "not_paid")


async def test_what_staff_delete_is_gone(keycrm: KeyCrmSide) -> None:
    """An order's and a buyer's id then answer 404 by the API."""
    order = await keycrm.admin("POST", "/orders", order_body())
    await keycrm.admin("DELETE", f"/orders/{order['id']}")
    await keycrm.admin("DELETE", f"/buyers/{order['client_id']}")

    assert (await keycrm.get(f"/order/{order['id']}")).status_code == 404
    assert (await keycrm.get(f"/buyer/{order['client_id']}")).status_code == 404


async def test_a_product_with_stock_renamed(keycrm: KeyCrmSide) -> None:
    """Made with stock in a warehouse, then renamed and repriced."""
    body = {"name": "Свічка", "sku": "CANDLE", "price": 90, "stock": {"2": 5}}
    product = await keycrm.admin("POST", "/products", body)
    renamed = await keycrm.admin("PATCH", f"/products/{product['id']}", {"name": "Свічка велика", "price": 95})

    assert await keycrm.stock("CANDLE", 2) == (5, 0)
    assert (renamed["name"], renamed["offers"][0]["price"]) == ("Свічка велика", 95)


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "message"),
    [
        ("POST", "/orders", {"source_id": 3, "comment": "x"}, 422, "comment: Extra inputs are not permitted"),
        ("POST", "/orders", {"buyer": {}}, 422, "source_id: Field required"),
        ("POST", "/orders", {"source_id": 3, "status_id": 77}, 422, "The selected status_id is invalid."),
        ("POST", "/orders", {"source_id": 3, "created_at": "today"}, 422, "created_at: "),
        ("PATCH", "/orders/77", {}, 404, "Order not found."),
        ("PATCH", "/orders/1001", {"buyer_id": 77}, 422, "The selected buyer_id is invalid."),
        ("POST", "/buyers", {}, 422, "full_name: Field required"),
        ("POST", "/buyers/merge", {"from": 5001, "into": 5001}, 422, "into: "),
        ("PUT", "/stocks", {"warehouse_id": 1, "sku": "NOPE", "quantity": 1}, 404, "Offer or warehouse not found."),
        ("PATCH", "/orders/first", {}, 404, "id must be a number"),
        ("POST", "/reset", {"seed": "farm"}, 422, "seed: "),
        ("PATCH", "/knobs", [], 422, "the body must be a JSON object"),
    ],
)
async def test_a_mistyped_edit_is_refused_by_name(
    keycrm: KeyCrmSide, method: str, path: str, body: Any, status: int, message: str
) -> None:
    """No admin call passes over what it does not understand."""
    await keycrm.admin("POST", "/orders", order_body())

    response = await keycrm.http.request(method, f"/_admin{path}", json=body)

    assert (response.status_code, response.json()["message"][: len(message)]) == (status, message)


async def test_bad_json_to_an_admin_call(keycrm: KeyCrmSide) -> None:
    """A sentence, not a stack trace."""
    response = await keycrm.http.post("/_admin/orders", content=b"{nope")

    assert (response.status_code, response.json()["message"][:24]) == (400, "the body is not JSON: Ex")


async def test_a_lossy_account_cuts_rounds_and_reformats(keycrm: KeyCrmSide) -> None:
    """What comes back is what that account makes of it; writing it again changes nothing."""
    await keycrm.turn(text_cut=10, is_text_trimmed=True, price_decimals=0, phone_format="digits")
    buyer = {"full_name": "  Олена Приклад ", "phone": "+38 (067) 000-00-01"}
    made = await keycrm.create_order(buyer=buyer, products=[{"sku": "DEMO-MUG", "price": 180.5, "quantity": 1}])
    await keycrm.put(f"/order/{made['id']}", {"manager_comment": "Передзвонити завтра"})

    order = await keycrm.order(made["id"])
    assert (order["manager_comment"], order["products"][0]["price"]) == ("Передзвони", 181)
    assert (order["buyer"]["full_name"], order["buyer"]["phone"]) == ("Олена Прик", "380670000001")
    await keycrm.turn(phone_format="plus")
    other = await keycrm.create_order(buyer={"full_name": "Іван", "phone": "38 067 2"})
    assert (await keycrm.order(other["id"]))["buyer"]["phone"] == "+380672"


async def test_a_buyer_may_have_been_known_for_long(keycrm: KeyCrmSide) -> None:
    """Staff say since when; a list of what has changed lately does not show him."""
    buyer = await keycrm.admin("POST", "/buyers", {"full_name": "Іван", "created_at": "2020-01-15T09:00:00Z"})

    assert buyer["created_at"] == buyer["updated_at"] == "2020-01-15T09:00:00.000000Z"
