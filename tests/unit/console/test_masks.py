"""What a viewer sees."""

from __future__ import annotations

from string import Formatter

import pytest

from console.domain.masks import MASK, is_personal, seen
from console.domain.sentences import sentence
from libs.contracts.access import Person, Role
from libs.contracts.types import Entity
from libs.reconcile.fields import article_fields, customer_fields
from libs.wording.questions import TEXTS

VIEWER, OPERATOR = Person("viewer:1", Role.VIEWER), Person("operator:1", Role.OPERATOR)


def test_every_field_of_a_customer_is_personal_and_none_of_an_article() -> None:
    """Also a field that a later release adds to customers."""
    assert all(is_personal(Entity.CUSTOMER, name) for name in [*customer_fields(), "birthday"])
    assert not any(is_personal(Entity.ARTICLE, name) for name in [*article_fields(), "stock main", "price"])
    assert is_personal(Entity.CUSTOMER, "stock main")


def test_of_an_order_only_what_is_known_to_be_harmless_is_shown() -> None:
    """Comments are free text; an unknown field may be one."""
    shown = ("status", "lines", "tracking_code", "deposited_amount", "payment p-1", "identity")
    hidden = ("manager_comment", "buyer_comment", "payments", "note", None)

    assert not any(is_personal(Entity.ORDER, name) for name in shown)
    assert all(is_personal(Entity.ORDER, name) for name in hidden)
    assert is_personal(None, "status")


def test_an_empty_value_is_shown_empty() -> None:
    """That one side has nothing is no secret, and often the whole question."""
    assert seen(VIEWER, Entity.CUSTOMER, "phone", None) is None
    assert seen(VIEWER, Entity.CUSTOMER, "phone", "+380501112233") == MASK
    assert seen(OPERATOR, Entity.CUSTOMER, "phone", "+380501112233") == "+380501112233"


@pytest.mark.parametrize("reason", TEXTS)
def test_no_sentence_tells_a_viewer_a_personal_value(reason: str) -> None:
    """Whatever the reason names: sides and counts are told, values are not, and the sentence stays one."""
    names = [name for _, name, _, _ in Formatter().parse(TEXTS[reason]) if name]
    params = dict.fromkeys([*names, "refused"], "Канарейка") | {"side": "vms", "times": 3, "copies": 2}
    row = {"field": "name", "reason": reason, "params": params, "choices": ["vms"]}

    told = sentence(VIEWER, Entity.CUSTOMER, row)
    assert "Канарейка" not in told
    assert told.endswith(".")
    assert "Канарейка" in sentence(OPERATOR, Entity.CUSTOMER, row)


def test_a_reason_of_a_newer_release_is_told_by_its_key() -> None:
    """The page still opens."""
    row = {"field": "manager_comment", "reason": "moon_phase", "choices": []}

    assert sentence(VIEWER, Entity.ORDER, row) == "Manager's comment: moon phase"
    assert (
        sentence(VIEWER, Entity.ORDER, row | {"reason": "both_changed"}) == "Manager's comment: changed on both sides"
    )


def test_each_role_covers_those_below_it() -> None:
    """Viewer, operator, admin: in this order."""
    covers = [[role.covers(needed) for needed in Role] for role in Role]

    assert covers == [[True, False, False], [True, True, False], [True, True, True]]
