"""What an OpenID Connect issuer says of somebody, as a person of ours.

Promises: nobody gets a role that the settings do not give to what the issuer says; of several the greatest. The name
has what the issuer alone gives out, so nobody can call himself somebody else in the audit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from libs.contracts.access import Person, Role

LONGEST_NAME = 80
_SEPARATORS = (",", " ")


def person(claims: Mapping[str, Any], role_claim: str, roles: Mapping[str, Role]) -> Person | None:
    """Who it is; None: the issuer says nothing that has a role here."""
    found = [roles[value] for value in _values(_at(claims, role_claim)) if value in roles]
    if not found:
        return None
    order = list(Role)
    return Person(_name(claims), max(found, key=order.index))


def _name(claims: Mapping[str, Any]) -> str:
    """The name that people know, with the account that the issuer knows."""
    called = _text(claims.get("name"))
    mail = _text(claims.get("email")) if claims.get("email_verified") is True else ""
    account = mail or _text(claims.get("preferred_username")) or _text(claims.get("sub"))
    if not called or called == account:
        return f"{account} (OpenID)"[:LONGEST_NAME]
    return f"{called[: LONGEST_NAME - len(account) - 3]} ({account})"[:LONGEST_NAME]


def _text(value: Any) -> str:
    return "".join(letter for letter in str(value or "") if letter.isprintable()).strip()


def _at(claims: Mapping[str, Any], path: str) -> Any:
    """A claim by its name, or by a path: Keycloak has its roles at `realm_access.roles`."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for part in path.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _values(claim: Any) -> list[str]:
    if isinstance(claim, str):
        return [part for part in claim.replace(*_SEPARATORS).split() if part]
    return [one for one in claim if isinstance(one, str)] if isinstance(claim, list) else []
