"""A wrong request is answered as ASP.NET does and kept as a breach: one for every route, and one for every rule."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.vms.rest import TABLE
from tests.sandbox_vms import VmsSide

OK_CUSTOMER = {"companyName": "ТОВ Приклад", "contactName": "Олена", "customerStatusId": 1, "customerSegmentId": 5}
GUID = "11111111-2222-3333-4444-555555555555"

# Operation, method, path, body, status.
WRONG: list[tuple[str, str, str, Any, int]] = [
    ("health", "GET", "/health?verbose=1", None, 200),
    ("listOrders", "GET", "/api/Orders?page=2", None, 200),
    ("createOrder", "POST", "/api/Orders", {"customerId": 1}, 400),
    ("ordersByDate", "GET", "/api/Orders/date-range?startDate=yesterday&endDate=2026-01-01", None, 400),
    ("ordersByCustomer", "GET", "/api/Orders/customer/me", None, 400),
    ("ordersByStatus", "GET", "/api/Orders/status/256", None, 400),
    ("getOrder", "GET", "/api/Orders/17", None, 400),
    ("updateOrder", "PUT", "/api/Orders/{order}", {"numberOrder": "N-1", "orderStatus": 256}, 400),
    ("deleteOrder", "DELETE", "/api/Orders/17", None, 400),
    ("listCustomers", "GET", "/api/Customers?limit=50", None, 200),
    ("createCustomer", "POST", "/api/Customers", {"contactName": "Олена"}, 400),
    ("searchCustomers", "GET", "/api/Customers/search", None, 400),
    ("getCustomer", "GET", "/api/Customers/2147483648", None, 400),
    ("updateCustomer", "PUT", "/api/Customers/1", OK_CUSTOMER | {"phone": 380501112233}, 400),
    ("deleteCustomer", "DELETE", "/api/Customers/one", None, 400),
    ("customerOrders", "GET", "/api/Customers/x/orders", None, 400),
    ("listArticles", "GET", "/api/Articles?sku=DEMO-MUG", None, 200),
    ("createArticle", "POST", "/api/Articles", {"name": None}, 400),
    ("searchArticles", "GET", "/api/Articles/search?searchTerm=", None, 400),
    ("getArticle", "GET", "/api/Articles/DEMO-MUG", None, 400),
    ("updateArticle", "PUT", "/api/Articles/1", {"name": "Чашка", "articleType": "0"}, 400),
    ("deleteArticle", "DELETE", "/api/Articles/-1", None, 400),
]

# A field of a new order, a wrong value, the key of ASP.NET's error.
WRONG_VALUES: list[tuple[str, Any, str]] = [
    ("numberOrder", "", "NumberOrder"),
    ("numberOrder", None, "NumberOrder"),
    ("numberOrder", "N" * 256, "NumberOrder"),
    ("descriptions", "о" * 1001, "Descriptions"),
    ("externalComment", "🏺" * 501, "ExternalComment"),
    ("orderStatus", None, "$.orderStatus"),
    ("orderStatus", -1, "$.orderStatus"),
    ("orderStatus", 1.0, "$.orderStatus"),
    ("orderStatus", "1", "$.orderStatus"),
    ("orderSum", "12.50", "$.orderSum"),
    ("orderSum", True, "$.orderSum"),
    ("isIndividualOrder", 1, "$.isIndividualOrder"),
    ("dateOfShipment", "2026-01-15 09:30:00", "$.dateOfShipment"),
    ("dateOfShipment", "2026-02-30T09:30:00", "$.dateOfShipment"),
    ("dateOfPayment", 1768462200, "$.dateOfPayment"),
    ("orderId", "17", "$.orderId"),
    ("positions", [{"subPositions": [{"breedName": "ч" * 256}]}], "Positions[0].SubPositions[0].BreedName"),
    ("positions", [{"subPositions": [{"salesCurrency": None}]}], "Positions[0].SubPositions[0].SalesCurrency"),
    ("positions", [{"subPositions": [{"price": "5"}]}], "$.positions[0].subPositions[0].price"),
]


def test_every_route_has_its_wrong_request() -> None:
    """A new route without one fails here."""
    assert [row[2] for row in TABLE] != []
    assert {row[2] for row in TABLE} == {row[0] for row in WRONG}


@pytest.mark.parametrize(("operation", "method", "path", "body", "status"), WRONG)
async def test_a_wrong_request_is_caught(
    vms: VmsSide, operation: str, method: str, path: str, body: Any, status: int
) -> None:
    """It is answered as ASP.NET answers, and kept as a breach under the call's name."""
    customer = await vms.customer()
    order = await vms.order(customer["customerId"])
    response = await vms.http.request(method, path.format(order=order["orderId"]), json=body)

    assert response.status_code == status, response.text
    [breach] = await vms.breaches()
    [call] = (await vms.admin("GET", "/calls"))["calls"]
    assert (breach["operation"], breach["n"]) == (operation, call["n"])
    if status == 400:
        problem = response.json()
        assert response.headers["content-type"].startswith("application/problem+json")
        assert (problem["title"], problem["status"]) == ("One or more validation errors occurred.", 400)
        assert all(isinstance(texts, list) and texts for texts in problem["errors"].values())


@pytest.mark.parametrize(("field", "value", "key"), WRONG_VALUES)
async def test_a_wrong_value_is_refused_by_name(vms: VmsSide, field: str, value: Any, key: str) -> None:
    """Types as strict as .NET's, lengths in UTF-16 units; the error names the field, and nothing is made."""
    customer = await vms.customer()
    body = {"customerId": customer["customerId"], "numberOrder": "KC-1"} | {field: value}
    response = await vms.http.post("/api/Orders", json=body)

    assert response.status_code == 400
    assert key in response.json()["errors"]
    assert len(await vms.breaches()) == 1
    assert (await vms.get("/api/Orders")).json() == []


@pytest.mark.parametrize("address", ["олена", "@example.com", "o@", "a@b@c"])
async def test_an_e_mail_must_be_one(vms: VmsSide, address: str) -> None:
    """As .NET's attribute judges it: one @, not at an end."""
    response = await vms.http.post("/api/Customers", json=OK_CUSTOMER | {"eMail": address})

    assert response.json()["errors"] == {"EMail": ["The EMail field is not a valid e-mail address."]}


async def test_unknown_fields_are_ignored_and_told(vms: VmsSide) -> None:
    """Another spelling of a name is unknown too; at any depth; nothing of it is kept."""
    customer = await vms.customer()
    line = {"breedName": "Чашка", "sku": "DEMO-MUG"}
    body = {"customerId": customer["customerId"], "numberOrder": "KC-1", "number_order": "?"}
    response = await vms.http.post("/api/Orders", json=body | {"positions": [{"subPositions": [line]}]})

    assert response.status_code == 201
    assert "sku" not in response.text
    told = [breach["message"].split(":")[0] for breach in await vms.breaches()]
    assert told == ["number_order", "positions[].subPositions[].sku"]


@pytest.mark.parametrize(
    ("content", "media_type", "status"),
    [
        (b"{", "application/json", 400),
        (b'{"customerId": NaN}', "application/json", 400),
        (b"[]", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"{}", "text/plain", 415),
    ],
)
async def test_what_is_no_json_object_is_refused(vms: VmsSide, content: bytes, media_type: str, status: int) -> None:
    """400 with a problem body, 415 for another media type."""
    response = await vms.http.post("/api/Orders", content=content, headers={"content-type": media_type})

    assert response.status_code == status
    assert response.json()["status"] == status
    assert len(await vms.breaches()) == 1


async def test_another_orders_body_is_a_breach(vms: VmsSide) -> None:
    """VMS goes by the path, so a body of another order would overwrite this one."""
    customer = await vms.customer()
    order = await vms.order(customer["customerId"])
    path = f"/api/Orders/{order['orderId']}"
    body = (await vms.get(path)).json() | {"orderId": GUID}
    await vms.http.put(path, json=body)

    assert [breach["message"].split(":")[0] for breach in await vms.breaches()] == ["orderId"]


async def test_breaches_can_be_forgiven(vms: VmsSide) -> None:
    """A test that breaks a rule on purpose can go on afterwards."""
    await vms.get("/api/Orders", page="2")
    await vms.admin("DELETE", "/breaches")

    assert await vms.breaches() == []
