"""Every call of the API against its contract: a right one is answered as the contract says, a wrong one is caught."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import yaml
from openapi_core import OpenAPI
from openapi_core.datatypes import RequestParameters

from sandbox.keycrm.api import HANDLERS
from sandbox.keycrm.contract import HOST, SPEC_FILE, Asked
from tests.sandbox_keycrm import HEADERS, KeyCrmSide, order_body

OPENAPI = OpenAPI.from_dict(yaml.safe_load(SPEC_FILE.read_text(encoding="utf-8")))
ORDER, PAYMENT, EXPENSE, BUYER, PRODUCT = 1001, 7001, 8001, 5001, 201

# operation → method, path, body, status
RIGHT: dict[str, tuple[str, str, Any, int]] = {
    "listOrders": (
        "GET",
        "/order?filter[source_id]=3&include=buyer,products.offer,payments&limit=50&sort=id",
        None,
        200,
    ),
    "createOrder": (
        "POST",
        "/order",
        order_body(source_uuid="A-2", custom_fields=[{"uuid": "OR_1001", "value": "7"}]),
        201,
    ),
    "importOrders": ("POST", "/order/import", {"orders": [order_body()]}, 201),
    "getOrder": (
        "GET",
        f"/order/{ORDER}?include=buyer,products.offer,payments,shipping,tags,status,expenses",
        None,
        200,
    ),
    "updateOrder": ("PUT", f"/order/{ORDER}", {"status_id": 4, "shipping": {"tracking_code": "T1"}}, 202),
    "addOrderPayment": ("POST", f"/order/{ORDER}/payment", {"payment_method_id": 1, "amount": 5}, 201),
    "updateOrderPayment": ("PUT", f"/order/{ORDER}/payment/{PAYMENT}", {"status": "canceled"}, 202),
    "addOrderExpense": ("POST", f"/order/{ORDER}/expense", {"expense_type_id": 1, "amount": 5}, 201),
    "updateOrderExpense": ("PUT", f"/order/{ORDER}/expense/{EXPENSE}", {"status": "canceled"}, 202),
    "attachOrderTag": ("POST", f"/order/{ORDER}/tag/2", None, 202),
    "detachOrderTag": ("DELETE", f"/order/{ORDER}/tag/1", None, 204),
    "listOrderStatuses": ("GET", "/order/status?sort=-id", None, 200),
    "listOrderSources": ("GET", "/order/source", None, 200),
    "listOrderTags": ("GET", "/order/tag", None, 200),
    "listPaymentMethods": ("GET", "/order/payment-method", None, 200),
    "listDeliveryServices": ("GET", "/order/delivery-service", None, 200),
    "listOrderLineStatuses": ("GET", "/order/product-status", None, 200),
    "listExpenseTypes": ("GET", "/order/expense-type", None, 200),
    "listCustomFields": ("GET", "/custom-fields?filter[model]=order,client", None, 200),
    "listBuyers": ("GET", "/buyer?include=shipping&filter[updated_between]=2020-01-01,2030-01-01", None, 200),
    "createBuyer": (
        "POST",
        "/buyer",
        {"full_name": "Іван", "phone": ["+380670000002"], "email": ["i@shop.example"]},
        201,
    ),
    "importBuyers": ("POST", "/buyer/import", {"buyers": [{"full_name": "Іван"}]}, 201),
    "getBuyer": ("GET", f"/buyer/{BUYER}?include=shipping,custom_fields", None, 200),
    "updateBuyer": ("PUT", f"/buyer/{BUYER}", {"full_name": "Олена", "shipping": [{"city": "Київ"}]}, 202),
    "listProducts": ("GET", "/products?filter[is_archived]=false", None, 200),
    "createProduct": ("POST", "/products", {"name": "Свічка", "sku": "CANDLE", "price": 90}, 201),
    "importProducts": ("POST", "/products/import", {"products": [{"name": "Свічка"}]}, 201),
    "listCategories": ("GET", "/products/categories", None, 200),
    "createCategory": ("POST", "/products/categories", {"name": "Дім"}, 201),
    "getProduct": ("GET", f"/products/{PRODUCT}?include=custom_fields", None, 200),
    "updateProduct": ("PUT", f"/products/{PRODUCT}", {"name": "Футболка"}, 202),
    "createOffers": ("POST", f"/products/{PRODUCT}/offers", {"offers": [{"sku": "DEMO-TSHIRT-S", "price": 450}]}, 201),
    "listOffers": ("GET", "/offers?filter[sku]=DEMO-MUG&include=product", None, 200),
    "updateOffers": ("PUT", "/offers", {"offers": [{"sku": "DEMO-MUG", "price": 190}]}, 202),
    "listStocks": ("GET", "/offers/stocks?filter[details]=true&limit=50", None, 200),
    "setStocks": ("PUT", "/offers/stocks", {"warehouse_id": 1, "stocks": [{"sku": "DEMO-MUG", "quantity": 7}]}, 202),
    "listUsers": ("GET", "/users", None, 200),
}

# operation → method, path, body, status, what the breach says
WRONG: dict[str, tuple[str, str, Any, int, str]] = {
    "listOrders": ("GET", "/order?filter[id]=1", None, 400, "'id' was unexpected"),
    "createOrder": ("POST", "/order", {"buyer": {}}, 422, "'source_id' is a required property"),
    "importOrders": ("POST", "/order/import", {"orders": [order_body()] * 51}, 422, "is too long"),
    "getOrder": ("GET", f"/order/{ORDER}?include=products.warehouse", None, 400, "'products.warehouse' is not one of"),
    "updateOrder": ("PUT", f"/order/{ORDER}", {"status": 4}, 202, "body status: not a field"),
    "addOrderPayment": ("POST", f"/order/{ORDER}/payment", {"payment_method_id": 1}, 422, "'amount' is a required"),
    "updateOrderPayment": ("PUT", f"/order/{ORDER}/payment/{PAYMENT}", {"amount": 7}, 202, "body amount: not a field"),
    "addOrderExpense": ("POST", f"/order/{ORDER}/expense", {"amount": 5}, 422, "not valid under any"),
    "updateOrderExpense": ("PUT", f"/order/{ORDER}/expense/{EXPENSE}", {"status": "paid"}, 422, "'paid' is not one of"),
    "attachOrderTag": ("POST", f"/order/{ORDER}/tag/urgent", None, 404, "Path parameter error: tagId"),
    "detachOrderTag": ("DELETE", f"/order/{ORDER}/tag/urgent", None, 404, "Path parameter error: tagId"),
    "listOrderStatuses": ("GET", "/order/status?per_page=50", None, 200, "query per_page: not a parameter"),
    "listOrderSources": ("GET", "/order/source?limit=500", None, 200, "500 is greater than the maximum"),
    "listOrderTags": ("GET", "/order/tag?sort=name", None, 400, "'name' is not one of"),
    "listPaymentMethods": ("GET", "/order/payment-method?page=0", None, 200, "0 is less than the minimum"),
    "listDeliveryServices": ("GET", "/order/delivery-service?filter[id]=1", None, 200, "query filter[id]: not a param"),
    "listOrderLineStatuses": ("GET", "/order/product-status?limit=many", None, 200, "Query parameter error: limit"),
    "listExpenseTypes": ("GET", "/order/expense-type?limit=0", None, 200, "0 is less than the minimum"),
    "listCustomFields": ("GET", "/custom-fields?filter[uuid]=OR_1001", None, 400, "'uuid' was unexpected"),
    "listBuyers": ("GET", "/buyer?filter[phone]=1", None, 400, "'phone' was unexpected"),
    "createBuyer": ("POST", "/buyer", {"phone": ["+380670000002"]}, 422, "'full_name' is a required property"),
    "importBuyers": ("POST", "/buyer/import", {"buyers": []}, 422, "should be non-empty"),
    "getBuyer": ("GET", f"/buyer/{BUYER}?include=orders", None, 400, "'orders' is not one of"),
    "updateBuyer": ("PUT", f"/buyer/{BUYER}", {"full_name": "Олена", "phone": "+380670000002"}, 422, "is not of type"),
    "listProducts": ("GET", "/products?filter[sku]=DEMO-MUG", None, 400, "'sku' was unexpected"),
    "createProduct": ("POST", "/products", {"sku": "CANDLE"}, 422, "'name' is a required property"),
    "importProducts": ("POST", "/products/import", {"products": [{"name": "С"}] * 101}, 422, "is too long"),
    "listCategories": ("GET", "/products/categories?filter[name]=x", None, 400, "'name' was unexpected"),
    "createCategory": ("POST", "/products/categories", {"name": 7}, 422, "7 is not of type 'string'"),
    "getProduct": ("GET", f"/products/{PRODUCT}?include=offers", None, 400, "'offers' is not one of"),
    "updateProduct": ("PUT", f"/products/{PRODUCT}", {"name": "Ф", "title": "Ф"}, 202, "body title: not a field"),
    "createOffers": ("POST", f"/products/{PRODUCT}/offers", {"offers": [{"sku": 7}]}, 422, "7 is not of type 'string'"),
    "listOffers": ("GET", "/offers?filter[updated_between]=2026-01-01,2026-01-02", None, 400, "was unexpected"),
    "updateOffers": ("PUT", "/offers", {"offers": [{"price": 190}]}, 422, "not valid under any"),
    "listStocks": ("GET", "/offers/stocks?filter[details]=yes", None, 200, "'yes' is not one of"),
    "setStocks": (
        "PUT",
        "/offers/stocks",
        {"stocks": [{"sku": "DEMO-MUG", "quantity": 7}]},
        422,
        "'warehouse_id' is a req",
    ),
    "listUsers": ("GET", "/users?include=role", None, 200, "query include: not a parameter"),
}


async def ask(keycrm: KeyCrmSide, method: str, path: str, body: Any) -> httpx.Response:
    """The call, on an account that has one order with a payment, an expense and a tag."""
    await keycrm.create_order(payments=[{"payment_method_id": 1, "amount": 10}], tags=[1])
    await keycrm.post(f"/order/{ORDER}/expense", {"expense_type_id": 1, "amount": 1})
    assert await keycrm.breaches() == []
    return await keycrm.http.request(method, f"/v1{path}", headers=HEADERS, json=body)


def test_both_tables_name_every_call_that_is_played() -> None:
    """No call of the sandbox is without its right and its wrong request."""
    assert set(RIGHT) == set(HANDLERS)
    assert set(WRONG) == set(HANDLERS)


@pytest.mark.parametrize("operation", RIGHT)
async def test_a_right_request_is_no_breach_and_its_answer_keeps_the_contract(
    keycrm: KeyCrmSide, operation: str
) -> None:
    """The documented request is taken, logged under its name, and the answer fits its schema."""
    method, path, body, status = RIGHT[operation]

    response = await ask(keycrm, method, path, body)

    assert response.status_code == status, response.text
    assert await keycrm.breaches() == []
    calls = (await keycrm.admin("GET", "/calls"))["calls"]
    assert (calls[-1]["operation"], calls[-1]["outcome"]) == (operation, "done")
    if response.content:
        errors = OPENAPI.iter_response_errors(_asked(response), _answered(response))
        assert [getattr(error.__cause__, "schema_errors", error) for error in errors] == []


@pytest.mark.parametrize("operation", WRONG)
async def test_a_wrong_request_is_caught(keycrm: KeyCrmSide, operation: str) -> None:
    """What the real API refuses or overlooks is a breach with the call's name and number, and answered alike."""
    method, path, body, status, text = WRONG[operation]

    response = await ask(keycrm, method, path, body)

    assert response.status_code == status, response.text
    rows = await keycrm.admin("GET", "/breaches")
    calls = (await keycrm.admin("GET", "/calls"))["calls"]
    assert {(row["n"], row["operation"]) for row in rows} == {(calls[-1]["n"], operation)}
    assert text in " ".join(row["message"] for row in rows)


@pytest.mark.parametrize("path", ["/order", "/order/1001", "/buyer", "/offers/stocks"])
async def test_bad_json_is_refused(keycrm: KeyCrmSide, path: str) -> None:
    """A body that is not JSON is a breach and a 422, never taken as empty."""
    await keycrm.create_order()
    method = "POST" if path in ("/order", "/buyer") else "PUT"
    headers = HEADERS | {"Content-Type": "application/json"}

    response = await keycrm.http.request(method, f"/v1{path}", headers=headers, content=b"{nope")

    assert response.status_code == 422
    assert len(await keycrm.breaches()) == 1


async def test_a_body_of_another_type_is_refused(keycrm: KeyCrmSide) -> None:
    """A form instead of JSON is a breach and a 422."""
    response = await keycrm.http.post("/v1/order", headers=HEADERS, data={"source_id": "3"})

    assert response.status_code == 422
    assert (await keycrm.admin("GET", "/state"))["orders"] == []
    assert await keycrm.breaches()


async def test_a_path_that_does_not_exist_is_an_html_page(keycrm: KeyCrmSide) -> None:
    """`/orders` is a classic mistake: the answer is HTML, and the breach names the path."""
    response = await keycrm.get("/orders")

    assert (response.status_code, response.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert await keycrm.breaches() == ["unknownRoute: GET /v1/orders: no such call here"]


async def test_without_accept_errors_come_as_html(keycrm: KeyCrmSide) -> None:
    """A caller that does not accept JSON gets pages for errors, and a breach for every call."""
    response = await keycrm.http.get("/v1/order/77", headers={"Authorization": HEADERS["Authorization"]})

    assert (response.status_code, response.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "Accept" in (await keycrm.breaches())[0]


@pytest.mark.parametrize("key", ["", "Bearer", "Bearer wrong", "sandbox-key-2"])
async def test_a_wrong_key_is_refused(keycrm: KeyCrmSide, key: str) -> None:
    """Without a known key nothing is done and nothing counted."""
    headers = HEADERS | {"Authorization": key}

    response = await keycrm.http.post("/v1/order", headers=headers, json=order_body())

    assert (response.status_code, response.json()) == (401, {"message": "Unauthenticated."})
    assert (await keycrm.admin("GET", "/state"))["orders"] == []


@pytest.mark.parametrize("query", ["filter[status_id]=1", "filter%5Bstatus_id%5D=1"])
async def test_both_spellings_of_brackets_are_understood(keycrm: KeyCrmSide, query: str) -> None:
    """Literal and percent-encoded brackets filter alike and are no breach."""
    await keycrm.create_order()

    assert [row["status_id"] for row in await keycrm.rows(f"/order?{query}")] == [1]
    assert await keycrm.rows(f"/order?{query}9") == []
    assert await keycrm.breaches() == []


async def test_encoded_brackets_can_be_refused(keycrm: KeyCrmSide) -> None:
    """The knob plays an account that understands literal brackets only."""
    await keycrm.turn(encoded_brackets="refused")

    assert (await keycrm.get("/order?filter[status_id]=1")).status_code == 200
    assert (await keycrm.get("/order?filter%5Bstatus_id%5D=1")).status_code == 400


async def test_ten_thousand_stock_values_in_one_call(keycrm: KeyCrmSide) -> None:
    """The documented maximum passes the contract, one more does not."""
    await keycrm.turn(unknown_sku_in_stocks="skipped")
    items = [{"sku": f"SKU-{n}", "quantity": n} for n in range(10_001)]

    most = await keycrm.put("/offers/stocks", {"warehouse_id": 1, "stocks": items[:-1]})
    over = await keycrm.put("/offers/stocks", {"warehouse_id": 1, "stocks": items})

    assert (most.status_code, over.status_code) == (202, 422)
    assert len(await keycrm.breaches()) == 1


def _asked(response: httpx.Response) -> Asked:
    request = response.request
    return Asked(request.method.lower(), request.url.path, RequestParameters(), None, "application/json", HOST)


class _Answer:
    """A response as openapi-core reads it."""

    def __init__(self, response: httpx.Response) -> None:
        self.status_code = response.status_code
        self.content_type = response.headers["content-type"]
        self.headers = dict(response.headers)
        self.data = response.content


def _answered(response: httpx.Response) -> Any:
    return _Answer(response)
