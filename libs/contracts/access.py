"""Who asks: a person behind a token or a session, with a role.

Promises: each role may do what the one below it may; a viewer reads and is shown no personal data, an operator acts,
an admin may do everything.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What somebody may do; written in the order of power."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"

    def covers(self, needed: Role) -> bool:
        """Whether this role may do what `needed` may."""
        order = list(Role)
        return order.index(self) >= order.index(needed)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who asks; `name` is what the audit says.

    Where a token has no name of its own it is the role and the first digits of the token's SHA-256. `groups` are the
    only ones of the hub's groups that a token may listen to; None: all.
    """

    name: str
    role: Role
    groups: frozenset[str] | None = None

    @property
    def sees_personal(self) -> bool:
        """Whether names, phones, addresses and comments are shown."""
        return self.role.covers(Role.OPERATOR)
