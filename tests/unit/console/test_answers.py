"""Whether an answer fits its question."""

from __future__ import annotations

from typing import Any

import pytest

from console.domain.answers import answer
from console.domain.refusals import Unusable
from libs.contracts.types import Entity, Side


def question(field: str, *choices: str, **params: Any) -> dict[str, Any]:
    """A question as the database has it."""
    return {"field": field, "choices": list(choices), "params": params}


def test_a_side_or_nothing_is_taken_as_it_is() -> None:
    """A value sent with them is not kept: it would mean nothing."""
    asked = question("status", "vms", "keycrm", "keep")

    for choice in ("vms", "keycrm", "keep"):
        assert answer(Entity.ORDER, asked, choice, "ignored", None) == {"choice": choice}


@pytest.mark.parametrize(
    ("entity", "field", "value", "kept"),
    [
        (Entity.ORDER, "status", 4, 4),
        (Entity.ORDER, "manager_comment", "  двері\r\n зліва ", "двері\n зліва"),
        (Entity.ORDER, "manager_comment", None, None),
        (Entity.ORDER, "deposited_amount", "1011.5", "1011.5"),
        (Entity.ORDER, "deposited_amount", "0", "0"),
        (Entity.CUSTOMER, "phone", "050 111 22 33", "+380501112233"),
        (Entity.CUSTOMER, "email", " Olena@Example.com ", "olena@example.com"),
        (Entity.CUSTOMER, "name", " Олена   Зразкова ", "Олена Зразкова"),
        (Entity.ARTICLE, "name", "Стіл", "Стіл"),
        (Entity.CUSTOMER, "identity", 12, "12"),
    ],
)
def test_a_typed_value_is_kept_as_the_merge_reads_it(entity: Entity, field: str, value: Any, kept: Any) -> None:
    """Spelled as both sides spell it, so that the comparison afterwards finds it equal."""
    asked = question(field, "value", found=["12", "15"] if field == "identity" else None)
    terms = Side.VMS if field == "status" else None

    given = answer(entity, asked, "value", value, terms)
    if field == "manager_comment":  # comments are spelled by the merge itself
        assert given["value"] == value
    else:
        assert given == {"choice": "value", "value": kept, "terms": "vms"}


@pytest.mark.parametrize(
    ("entity", "field", "value", "terms", "named"),
    [
        (Entity.ORDER, "status", 4, None, "terms"),
        (Entity.ORDER, "status", "4", Side.VMS, "value"),
        (Entity.ORDER, "status", True, Side.VMS, "value"),
        (Entity.ORDER, "deposited_amount", "-0.01", None, "value"),
        (Entity.ORDER, "deposited_amount", "NaN", None, "value"),
        (Entity.ORDER, "deposited_amount", "1e30", None, "value"),
        (Entity.ORDER, "deposited_amount", "сто", None, "value"),
        (Entity.ORDER, "deposited_amount", 1011, None, "value"),
        (Entity.ORDER, "manager_comment", ["a"], None, "value"),
        (Entity.ORDER, "anything", {"a": 1}, None, "value"),
        (Entity.CUSTOMER, "phone", "call me", None, "value"),
        (Entity.CUSTOMER, "email", "nowhere", None, "value"),
        (Entity.CUSTOMER, "name", "  ", None, "value"),
        (Entity.CUSTOMER, "name", None, None, "value"),
        (Entity.CUSTOMER, "name", 7, None, "value"),
        (Entity.CUSTOMER, "identity", "13", None, "value"),
    ],
)
def test_a_value_of_another_kind_is_refused(
    entity: Entity, field: str, value: Any, terms: Side | None, named: str
) -> None:
    """The field of the request is named, with what to write; the value is not repeated."""
    asked = question(field, "value", found=["12", "15"] if field == "identity" else None)

    with pytest.raises(Unusable) as caught:
        answer(entity, asked, "value", value, terms)
    assert caught.value.field == named
    assert caught.value.fix
    if isinstance(value, str) and len(value.strip()) > 4:
        assert value not in caught.value.text + caught.value.fix


def test_a_choice_that_is_not_offered_is_refused() -> None:
    """With those that are; a question without any says where to settle it."""
    for choices, hint in ((("vms", "keep"), "vms, keep"), ((), "settle it in VMS or KeyCRM")):
        with pytest.raises(Unusable) as caught:
            answer(Entity.ORDER, question("lines", *choices), "keycrm", None, None)
        assert caught.value.field == "choice"
        assert hint in caught.value.fix
