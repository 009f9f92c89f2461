"""`/api/Customers` behaves as VMS's documentation says."""

from __future__ import annotations

import pytest

from tests.sandbox_vms import VmsSide

NEW = {"companyName": "ТОВ Приклад", "contactName": "Олена Приклад"}


async def test_a_create_gets_the_defaults_of_a_new_customer(vms: VmsSide) -> None:
    """Status 1 and segment 5, a number of the server's, 201 with the address."""
    response = await vms.http.post("/api/Customers", json=NEW | {"phone": "+380501112233", "eMail": "o@example.com"})

    customer = response.json()
    assert response.status_code == 201
    assert response.headers["location"].endswith("/api/Customers/1")
    assert (customer["customerId"], customer["customerStatusId"], customer["customerSegmentId"]) == (1, 1, 5)
    assert customer["phoneDetails"] == [{"phoneNumber": "+380501112233", "isMain": True}]
    assert customer["emailDetails"] == [{"email": "o@example.com", "isMain": True}]
    assert (await vms.get("/api/Customers/1")).json() == customer


async def test_a_put_of_what_was_read_keeps_every_field(vms: VmsSide) -> None:
    """Only the server's own lastRecalculationDate moves; sending back a whole read is no breach."""
    made = await vms.customer(phone="+380501112233", city="Київ", address="вул. Зразкова, 1", postalCode="01001")
    path = f"/api/Customers/{made['customerId']}"
    before = (await vms.get(path)).json()
    after = (await vms.http.put(path, json=before)).json()

    assert {name for name in before if before[name] != after[name]} == {"lastRecalculationDate"}
    assert await vms.breaches() == []


async def test_a_put_that_leaves_fields_out_loses_them(vms: VmsSide) -> None:
    """A phone that is not sent is gone, and a status that is not sent becomes 0, which the database refuses."""
    made = await vms.customer(phone="+380501112233")
    path = f"/api/Customers/{made['customerId']}"

    assert (await vms.http.put(path, json=NEW)).status_code == 500
    sent = NEW | {"customerStatusId": 1, "customerSegmentId": 5}
    assert (await vms.http.put(path, json=sent)).json()["phone"] is None
    messages = [breach["message"] for breach in await vms.breaches()]
    assert sum(message.startswith("phone:") for message in messages) == 2
    assert any(message.startswith("customerStatusId:") for message in messages)


@pytest.mark.parametrize("term", ["50111", "ОЛЕНА", "приклад", "O@EXAMPLE"])
async def test_the_search_is_a_substring_of_four_fields(vms: VmsSide, term: str) -> None:
    """Company, contact, phone and e-mail, whatever the case; the answer is summaries."""
    await vms.customer(companyName="ТОВ Приклад", phone="+380501112233", eMail="o@example.com", city="Київ")
    await vms.customer(contactName="Інша Людина")

    [found] = (await vms.get("/api/Customers/search", searchTerm=term)).json()
    assert (found["customerId"], found["phone"]) == (1, "+380501112233")
    assert "address" not in found


async def test_the_search_compares_phones_as_stored(vms: VmsSide) -> None:
    """A phone stored in another spelling is not found: VMS normalises nothing."""
    await vms.customer(phone="(050) 111-22-33")

    assert (await vms.get("/api/Customers/search", searchTerm="+380501112233")).json() == []


async def test_the_list_shows_all_with_their_sums(vms: VmsSide) -> None:
    """No paging; countOrders and sumOfAllOrders follow the orders."""
    one, _ = await vms.customer(), await vms.customer()
    await vms.order(one["customerId"])

    first, second = (await vms.get("/api/Customers")).json()
    assert (first["countOrders"], first["sumOfAllOrders"]) == (1, 361)
    assert (second["countOrders"], second["sumOfAllOrders"]) == (0, 0)


async def test_a_customer_with_orders_cannot_be_deleted(vms: VmsSide) -> None:
    """500 while orders name it, else 204 and 404."""
    one, two = await vms.customer(), await vms.customer()
    await vms.order(one["customerId"])

    assert (await vms.http.delete(f"/api/Customers/{one['customerId']}")).status_code == 500
    assert (await vms.http.delete(f"/api/Customers/{two['customerId']}")).status_code == 204
    assert (await vms.get(f"/api/Customers/{two['customerId']}")).status_code == 404
