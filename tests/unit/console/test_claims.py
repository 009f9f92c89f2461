"""Whom an issuer's word makes: roles by the settings alone, names that nobody can take from another."""

from __future__ import annotations

from typing import Any

import pytest

from console.domain.claims import LONGEST_NAME, person
from libs.contracts.access import Role

ROLES = {"staff": Role.OPERATOR, "guests": Role.VIEWER, "owners": Role.ADMIN}


@pytest.mark.parametrize(
    ("claims", "role"),
    [
        ({"groups": ["guests", "staff"]}, Role.OPERATOR),
        ({"groups": "guests,owners"}, Role.ADMIN),
        ({"groups": "guests other"}, Role.VIEWER),
        ({"groups": ["admin"]}, None),
        ({"groups": [{"staff": 1}, 7]}, None),
        ({"groups": None}, None),
        ({}, None),
    ],
)
def test_the_greatest_role_that_the_settings_give(claims: dict[str, Any], role: Role | None) -> None:
    """What the settings do not name gives nothing, whatever it is called."""
    found = person({"sub": "u1"} | claims, "groups", ROLES)

    assert (found.role if found else None) == role


def test_a_claim_may_lie_deeper() -> None:
    """As in Keycloak."""
    found = person({"sub": "u1", "realm_access": {"roles": ["owners"]}}, "realm_access.roles", ROLES)

    assert found is not None
    assert found.role is Role.ADMIN


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"name": "Олена", "email": "o@example.com", "email_verified": True}, "Олена (o@example.com)"),
        ({"name": "Олена", "email": "o@example.com", "email_verified": False}, "Олена (u1)"),
        ({"name": "sync", "preferred_username": "mallory"}, "sync (mallory)"),
        ({"preferred_username": "sync"}, "sync (OpenID)"),
        ({"name": "admin:00000000"}, "admin:00000000 (u1)"),
        ({"name": "a\u202eb\n"}, "ab (u1)"),
    ],
)
def test_nobody_can_call_himself_somebody_else(claims: dict[str, Any], name: str) -> None:
    """The account that the issuer gives out always stands with the name that one gives oneself."""
    found = person({"sub": "u1", "groups": "staff"} | claims, "groups", ROLES)

    assert found is not None
    assert found.name == name


def test_a_name_has_an_end() -> None:
    """The account stays whole."""
    found = person({"sub": "u1", "groups": "staff", "name": "Я" * 500}, "groups", ROLES)

    assert found is not None
    assert len(found.name) == LONGEST_NAME
    assert found.name.endswith("(u1)")
