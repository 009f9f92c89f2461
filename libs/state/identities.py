"""Whose phone and mail it is: a customer is claimed by its contacts before it is created anywhere (rule 20).

Safe because a contact stands in a primary key: of two workers that claim one at the same time the second waits for the
first one's commit and then finds the first as its owner. Contacts are normalised by the caller (E.164, lower case).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from libs.runtime.database import Connection

Kind: TypeAlias = Literal["phone", "email"]
Contact: TypeAlias = tuple[Kind, str]


@dataclass(frozen=True, slots=True)
class Claim:
    """Which contacts are this binding's now, and whose the others are."""

    mine: frozenset[Contact] = frozenset()
    others: Mapping[Contact, int] = field(default_factory=dict)

    @property
    def candidates(self) -> tuple[int, ...]:
        """The bindings that own the rest: one may be the same person, several are a question."""
        return tuple(sorted(set(self.others.values())))


async def claim(conn: Connection, binding_id: int, contacts: Iterable[Contact], now: datetime) -> Claim:
    """Claim what is free, in one fixed order; what others own stays theirs."""
    wanted = sorted(set(contacts))
    await conn.execute(
        """INSERT INTO identity (kind, value, binding_id, claimed_at)
           SELECT kind, value, $3, $4 FROM unnest($1::text[], $2::text[]) AS t(kind, value) ORDER BY kind, value
           ON CONFLICT (kind, value) DO NOTHING""",
        [kind for kind, _ in wanted], [value for _, value in wanted], binding_id, now,
    )  # fmt: skip
    found = await owners(conn, wanted)
    return Claim(
        frozenset(contact for contact, owner in found.items() if owner == binding_id),
        {contact: owner for contact, owner in found.items() if owner != binding_id},
    )


async def keep_only(conn: Connection, binding_id: int, contacts: Iterable[Contact]) -> None:
    """Give up what the customer no longer has on either side."""
    kept = list(contacts)
    await conn.execute(
        """DELETE FROM identity i WHERE i.binding_id = $1 AND NOT EXISTS (
               SELECT FROM unnest($2::text[], $3::text[]) AS t(kind, value)
               WHERE t.kind = i.kind AND t.value = i.value)""",
        binding_id, [kind for kind, _ in kept], [value for _, value in kept],
    )  # fmt: skip


async def owners(conn: Connection, contacts: Iterable[Contact]) -> dict[Contact, int]:
    """The binding of each contact that has one."""
    asked = list(contacts)
    rows = await conn.fetch(
        """SELECT i.kind, i.value, i.binding_id FROM identity i
           JOIN unnest($1::text[], $2::text[]) AS t(kind, value) USING (kind, value)""",
        [kind for kind, _ in asked], [value for _, value in asked],
    )  # fmt: skip
    return {(row["kind"], row["value"]): row["binding_id"] for row in rows}


async def of(conn: Connection, binding_id: int) -> frozenset[Contact]:
    """The contacts of one binding."""
    rows = await conn.fetch("SELECT kind, value FROM identity WHERE binding_id = $1", binding_id)
    return frozenset((row["kind"], row["value"]) for row in rows)
