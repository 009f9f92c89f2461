"""Whose request it is: a bearer token in the header, or `access_token` in the address where a browser can set none.

Promises: every request is asked, each poll and each POST too; the token is compared, not kept.
"""

from __future__ import annotations

from typing import Protocol

from libs.contracts.access import Person
from notifier.hub.answers import Refused, Request

_SCHEME = "bearer "


class People(Protocol):
    """Who is known by a token."""

    def person(self, token: str | None) -> Person | None:
        """Whose token this is; None: nobody's."""


def person_of(request: Request, people: People) -> Person:
    """Who asks.

    Raises:
        Refused: nobody who is known.
    """
    person = people.person(_token(request))
    if person is None:
        raise Refused(
            401,
            "Send a known token: Authorization: Bearer <token>, or access_token=<token> in the address.",
            "token",
            [(b"www-authenticate", b"Bearer")],
        )
    return person


def _token(request: Request) -> str | None:
    given = request.headers.get("authorization", "")
    if given[: len(_SCHEME)].lower() == _SCHEME:
        return given[len(_SCHEME) :].strip()
    return request.query.get("access_token")
