"""Records are found by what people know them by, from the words that PostgreSQL keeps with each binding."""

from __future__ import annotations

from typing import Any

import pytest

from libs.contracts.types import Entity, Side
from libs.runtime.database import Connection, Database
from libs.state import identities, labels, search
from libs.state.search import Typed
from tests.component.state.world import GUID, NOW, event, mark

NAME, PHONE, MAIL = "Ґанна Дем’янова-Тестова", "+380501112233", "hanna.test@example.com"


async def set_columns(conn: Connection, number: int, **columns: Any) -> None:
    """What workers would have saved."""
    for name, value in columns.items():
        await conn.execute(f"UPDATE binding SET {name} = $2 WHERE id = $1", number, value)


@pytest.fixture
async def order(conn: Connection) -> int:
    """An order of VMS that KeyCRM knows as 417."""
    number = (await mark(conn, GUID, event=event("e-1", 0, numberOrder="ORD-000123"))).binding_id
    await set_columns(conn, number, keycrm_id=417)
    return number


@pytest.fixture
async def customer(conn: Connection) -> int:
    """A customer whose name and contacts were agreed on."""
    number = (await mark(conn, "7", entity=Entity.CUSTOMER)).binding_id
    image = {"name": NAME, "phone": PHONE, "email": MAIL}
    await set_columns(conn, number, base_vms=image, keycrm_id=900)
    await identities.claim(conn, number, [("phone", PHONE), ("email", MAIL)], NOW)
    return number


@pytest.fixture
async def article(conn: Connection) -> int:
    """An article with a name and an SKU."""
    number = (await mark(conn, "31", entity=Entity.ARTICLE, event=event("e-2", 0, sku="TS-RED-XL"))).binding_id
    await set_columns(conn, number, sku="TS-RED-XL", base_vms={"name": "Футболка червона"})
    return number


async def found(database: Database, text: str, *, is_personal: bool = True, **more: Any) -> list[int]:
    """Whom this text finds, exactly or by words."""
    typed = Typed(text, is_personal=is_personal, **more)
    async with database.transaction() as conn:
        exact = await search.exact(conn, typed)
        return sorted({*exact, *await search.by_words(conn, typed)})


@pytest.mark.parametrize(
    "text", [GUID, GUID[:8], GUID.upper(), "417", "KC-417", "kc417", "ORD-000123", "ord 123", "123", "№ 000123"]
)
async def test_an_order_is_found_by_its_ids_and_its_number(database: Database, order: int, text: str) -> None:
    """VMS's id, KeyCRM's, the number as it is printed, without its zeros, and the name of a KeyCRM order."""
    if text == "kc417":
        assert await found(database, text) == []  # one word: nobody calls it so
    else:
        assert await found(database, text) == [order]
        assert await found(database, text, is_personal=False) == [order]


@pytest.mark.parametrize(
    "text",
    [
        "ганна", "ГАННА", "Ґан", "демян", "дем’янова", "Дем'ЯНОВА", "тестова ганна", "+38 (050) 111-22-33",
        "0501112233", "380501112233", "050111", "2233", "hanna.test@example.com", "hanna",
    ],
)  # fmt: skip
async def test_a_customer_is_found_by_name_and_contacts(database: Database, customer: int, text: str) -> None:
    """In any case and with any apostrophe; a phone as it is written, by its beginning and by its last four digits."""
    assert await found(database, text) == [customer]


@pytest.mark.parametrize("text", ["ганна", "0501112233", "2233", MAIL, "+380501112233", "~ганна", "'~ганна':*"])
async def test_who_sees_nothing_personal_finds_nobody_by_it(database: Database, customer: int, text: str) -> None:
    """Not by name, phone or mail, nor by writing the words as the column has them."""
    contacts = (PHONE, MAIL)
    assert await found(database, text, is_personal=False, contacts=contacts) == []
    assert await found(database, "900", is_personal=False) == [customer]


async def test_an_article_is_found_by_sku_and_name_by_everybody(database: Database, article: int) -> None:
    """Neither says anything about a person."""
    for text in ("TS-RED-XL", "ts-red", "red", "футбол", "червона футболка", "31"):
        assert await found(database, text, is_personal=False) == [article], text


async def test_a_contact_that_stands_in_no_field_is_found_by_its_claim(database: Database, customer: int) -> None:
    """A second phone is claimed, not synchronised."""
    async with database.transaction() as conn:
        await identities.claim(conn, customer, [("phone", "+380671234567")], NOW)
    assert await found(database, "067 123 45 67", contacts=("+380671234567",)) == [customer]


async def test_words_follow_the_record(database: Database, conn: Connection, customer: int) -> None:
    """What it was called before finds it no more, whoever saved the change."""
    await set_columns(conn, customer, base_vms={"name": "Марія Нова"})
    assert await found(database, "Ганна") == []
    assert await found(database, "марія") == [customer]


async def test_what_is_typed_is_never_a_query(database: Database, order: int, customer: int) -> None:
    """Operators, quotes, backslashes and nothing at all are text."""
    for text in ("", "   ", "& | !", "':*", "a' | 'b", "\\", "(", "%", "417 & zzz", "x" * 3000):
        assert await found(database, text) == [], text


async def test_pages_go_back_by_number_and_kinds_are_kept_apart(
    database: Database, conn: Connection, order: int
) -> None:
    """The newest first; each once."""
    numbers = [(await mark(conn, 500_000 + n)).binding_id for n in range(5)]
    async with database.transaction() as inside:
        first = await search.by_words(inside, Typed("5000"), limit=3)
        rest = await search.by_words(inside, Typed("5000"), before=first[-1], limit=3)
    assert [*first, *rest] == numbers[::-1]
    assert await found(database, "5000", entities=(Entity.CUSTOMER,)) == []


async def test_a_label_says_what_it_is_called(conn: Connection, order: int, customer: int, article: int) -> None:
    """Number, name and SKU; the number of a half that was attached leads to where it went."""
    await conn.execute("UPDATE binding SET parent_id = $2 WHERE id = $1", order, customer)
    await conn.execute("INSERT INTO former_binding VALUES (900000, $1, $2)", customer, NOW)

    told = await labels.of(conn, [order, customer, article, 900000, 12345678])

    assert (told[order].number, told[customer].name, told[article].sku) == ("ORD-000123", NAME, "TS-RED-XL")
    assert told[900000].id == customer
    assert set(told) == {order, customer, article, 900000}
    assert [one.id for one in await labels.orders_of(conn, [customer], 5)] == [order]


async def test_an_order_without_an_event_is_called_after_keycrm(conn: Connection) -> None:
    """Until VMS tells its number."""
    number = (await mark(conn, 55, side=Side.KEYCRM)).binding_id
    assert (await labels.of(conn, [number]))[number].number == "KC-55"
