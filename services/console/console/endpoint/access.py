"""Who asks the API: bearer tokens, each with a role.

Promises: without a known token nothing is answered but 401; a role that is too small is told which one is needed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from console.handlers.desk import Desk
from libs.contracts.access import Person, Role
from libs.runtime.access import Access

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
