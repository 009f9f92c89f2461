"""Values as people read them, and what differs between two."""

from __future__ import annotations

from console.domain.pairing import Pairing
from console.pages import typed, values
from libs.contracts.types import Side

NAMES = Pairing({"statuses": ({"name": "reserved", "vms": 2, "keycrm": 4},)})


def test_a_number_with_a_name_is_told_by_its_name() -> None:
    """The id stands beside it; one without a name is told as it is."""
    named = values.value("status", Side.KEYCRM, 4, "uk", NAMES)
    assert (named.text, named.note) == ("reserved", "4")
    assert values.value("status", Side.VMS, 9, "uk", NAMES).text == "9"


def test_amounts_days_and_nothing_are_written_as_people_write_them() -> None:
    """In each language; what cannot be read stays as it is."""
    assert values.value("deposited_amount", Side.VMS, "1011.00", "uk", NAMES).text == "1\u00a0011,00"
    assert values.value("deposited_amount", Side.VMS, "1011.00", "en", NAMES).text == "1,011.00"
    assert values.value("deposited_amount", Side.VMS, "багато", "uk", NAMES).text == "багато"
    assert values.value("shipping_date", Side.VMS, "2026-01-20", "en", NAMES).text == "20 January 2026"
    assert values.value("manager_comment", Side.VMS, None, "uk", NAMES).is_empty
    assert values.value("name", Side.VMS, "***", "uk", NAMES).is_hidden


def test_a_phone_is_written_as_it_is_read_out() -> None:
    """Of Ukraine; another country's stays as it is, and what is typed is taken either way."""
    assert values.value("phone", Side.VMS, "+380501112233", "uk", NAMES).text == "+380 50 111 22 33"
    assert values.value("phone", Side.VMS, "+48501112233", "uk", NAMES).text == "+48501112233"


def test_what_differs_is_marked_word_by_word() -> None:
    """Texts with little in common are not picked apart; empty and hidden ones neither."""
    one, other = values.both("manager_comment", "дзвонити після 18:00", "дзвонити після 19:00", "uk", NAMES)
    assert [part.text for part in one.parts if part.is_different] == ["18"]
    assert [part.text for part in other.parts if part.is_different] == ["19"]
    one, other = values.both("manager_comment", "зовсім інше", "nothing alike here", "uk", NAMES)
    assert not any(part.is_different for part in (*one.parts, *other.parts))
    assert values.both("name", "***", "***", "uk", NAMES)[0].is_hidden
    assert values.both("name", None, "Олена", "uk", NAMES)[0].is_empty


def test_lines_that_the_other_side_has_not_are_marked() -> None:
    """By SKU, quantity and price; two spellings of one discount are none."""
    mug = {"sku": "MUG", "name": "Горнятко", "quantity": "2", "unit": "шт", "price": "180.50", "discount": "0"}
    tee = {"sku": "TEE", "name": "Футболка", "quantity": "1", "unit": "шт", "price": "650.00", "discount": "10.00"}
    one, other = values.both("lines", [mug, tee], [dict(mug, quantity="3"), dict(tee, discount="10")], "uk", NAMES)
    assert [line.is_different for line in one.lines] == [True, False]
    assert [line.is_different for line in other.lines] == [True, False]
    assert one.lines[0].price == "180,50"


def test_what_is_typed_becomes_the_fields_kind_of_value() -> None:
    """An amount with spaces and a comma, a number, a text of several lines, nothing."""
    assert typed.value("deposited_amount", "1 011,50") == "1011.50"
    assert typed.value("status", " 4 ") == 4
    assert typed.value("status", "чотири") == "чотири"
    assert typed.value("manager_comment", " перший\r\nдругий ") == "перший\nдругий"
    assert typed.value("name", "   ") is None
