"""Signing in by OpenID Connect: an issuer's word becomes a session like any other.

Promises: what was asked and what was answered are bound by secrets that only this browser has; whoever the issuer
knows but the settings give no role is told so and let in nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from console.domain import claims
from console.handlers.sessions import Sessions
from libs.clients.oidc import Asking
from libs.contracts.access import Role
from libs.runtime.work import Clock
from libs.state.sessions import Session

if TYPE_CHECKING:
    from libs.clients.oidc.issuer import Issuer


class NoRole(Exception):
    """The issuer knows the person; no role of ours goes with what it says."""


class OpenId:
    """The door that an issuer opens."""

    def __init__(
        self, issuer: Issuer, sessions: Sessions, role_claim: str, roles: Mapping[str, Role],
        new_secret: Callable[[], str], clock: Clock,
    ) -> None:  # fmt: skip
        self._issuer = issuer
        self._sessions = sessions
        self._role_claim = role_claim
        self._roles = roles
        self._new_secret = new_secret
        self._clock = clock

    async def begin(self) -> tuple[Asking, str]:
        """What to remember in the browser, and where to send it."""
        asking = Asking(self._new_secret(), self._new_secret(), self._new_secret())
        return asking, await self._issuer.address(asking)

    async def finish(self, asking: Asking, query: str) -> tuple[str, Session]:
        """Cookie and session of whom the issuer names.

        Raises:
            NoRole: the person has no role here.
            Disbelieved: the answer proves nothing.
        """
        told = await self._issuer.claims(asking, query, self._clock())
        person = claims.person(told, self._role_claim, self._roles)
        if person is None:
            raise NoRole
        return await self._sessions.open(person)
