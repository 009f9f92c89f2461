"""Bearer tokens, each with a role, as the console and the hub know them.

Promises: a token is compared by its digest with every known one, in constant time, so neither its length nor its
beginning can be found by measuring. No token is logged, told or kept.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from typing import Protocol

from pydantic import SecretStr

from libs.contracts.access import Person, Role

NAME_DIGITS = 8


class TwoRoles(ValueError):
    """One token stands twice with different roles, names or groups."""


class Entry(Protocol):
    """A token and whose it is, as settings hold it."""

    @property
    def role(self) -> str:
        """viewer, operator or admin."""

    @property
    def name(self) -> str | None:
        """What the audit says; None: made from role and digest."""

    @property
    def groups(self) -> frozenset[str] | None:
        """The hub's groups it may listen to; None: all."""

    @property
    def token(self) -> SecretStr:
        """The secret."""


class Access:
    """The tokens of this process."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        """All that are known.

        Raises:
            TwoRoles: a token belongs to two people.
        """
        self._people: dict[bytes, Person] = {}
        for entry in entries:
            digest = hashlib.sha256(entry.token.get_secret_value().encode())
            name = entry.name or f"{entry.role}:{digest.hexdigest()[:NAME_DIGITS]}"
            found = Person(name, Role(entry.role), entry.groups)
            if self._people.setdefault(digest.digest(), found) != found:
                raise TwoRoles

    def person(self, token: str | None) -> Person | None:
        """Whose token this is; None: nobody's."""
        found = self.digested(token)
        return found[1] if found else None

    def digested(self, token: str | None) -> tuple[bytes, Person] | None:
        """The token's digest and whose it is."""
        given = hashlib.sha256((token or "").encode()).digest()
        found = None
        for digest, person in self._people.items():  # all of them, whichever fits
            if hmac.compare_digest(digest, given):
                found = digest, person
        return found

    def still(self, digest: bytes) -> Person | None:
        """Whose token has this digest now; None: the token has been taken away."""
        return self._people.get(digest)
