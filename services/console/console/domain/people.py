"""Who asks: a person behind a token, with a role.

Promises: each role may do what the one below it may; a viewer reads and is shown no personal data, an operator acts,
an admin may do everything.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a token allows; written in the order of power."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"

    def covers(self, needed: Role) -> bool:
        """Whether this role may do what `needed` may."""
        order = list(Role)
        return order.index(self) >= order.index(needed)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who asks; `name` is what the audit says: the role and the first digits of the token's SHA-256."""

    name: str
    role: Role

    @property
    def sees_personal(self) -> bool:
        """Whether names, phones, addresses and comments are shown."""
        return self.role.covers(Role.OPERATOR)
