"""Who asks: bearer tokens, each with a role.

Promises: a token is compared by its digest with every known one, in constant time, so neither its length nor its
beginning can be found by measuring. No token is logged, told or kept; a person's name in the audit is the role and the
first digits of the token's SHA-256.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable, Iterable
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from console.domain.people import Person, Role
from console.handlers.desk import Desk

NAME_DIGITS = 8
_bearer = HTTPBearer(
    auto_error=False, scheme_name="token", description="A token of CONSOLE_TOKENS; its role decides what it may do."
)


class Unknown(Exception):
    """No token, or none that is known."""


class Forbidden(Exception):
    """The token's role may not do this."""

    def __init__(self, person: Person, needed: Role) -> None:
        super().__init__(f"needs role {needed}")
        self.person = person
        self.needed = needed


class TwoRoles(ValueError):
    """One token stands twice with different roles."""


class Access:
    """The tokens of this process."""

    def __init__(self, tokens: Iterable[tuple[str, str]]) -> None:
        """Pairs of role and token.

        Raises:
            TwoRoles: a token has two roles.
        """
        self._people: dict[bytes, Person] = {}
        for role, token in tokens:
            digest = hashlib.sha256(token.encode())
            name = f"{role}:{digest.hexdigest()[:NAME_DIGITS]}"
            person = self._people.setdefault(digest.digest(), Person(name, Role(role)))
            if person.role is not Role(role):
                raise TwoRoles

    def person(self, token: str | None) -> Person | None:
        """Whose token this is; None: nobody's."""
        given = hashlib.sha256((token or "").encode()).digest()
        found = None
        for digest, person in self._people.items():  # all of them, whichever fits
            if hmac.compare_digest(digest, given):
                found = person
        return found


def require(needed: Role) -> Callable[..., Awaitable[Person]]:
    """A dependency that answers the person, or refuses one whose role is too small."""

    async def person(
        request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]
    ) -> Person:
        access: Access = request.app.state.access
        found = access.person(credentials.credentials if credentials else None)
        if found is None:
            raise Unknown
        if not found.role.covers(needed):
            raise Forbidden(found, needed)
        return found

    return person


def desk(request: Request) -> Desk:
    """The handlers' tools."""
    tools: Desk = request.app.state.desk
    return tools


Viewer = Annotated[Person, Depends(require(Role.VIEWER))]
Operator = Annotated[Person, Depends(require(Role.OPERATOR))]
Tools = Annotated[Desk, Depends(desk)]
