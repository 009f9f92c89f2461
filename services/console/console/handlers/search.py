"""Records found by what a person types, with what each is called and how it stands.

Promises: whose id or contact it is exactly comes first, then what has such words, newest first; who sees nothing
personal finds nobody by it. A customer brings his newest orders along: that is what people mostly look for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from console.handlers.desk import Desk
from libs.contracts.access import Person
from libs.contracts.types import Entity
from libs.reconcile import normalise
from libs.state import labels, search
from libs.state.labels import Label
from libs.state.search import Typed

ORDERS_EACH, CUSTOMERS_WITH_ORDERS = 5, 5


@dataclass(frozen=True, slots=True)
class Found:
    """One page of what was found; `next` is what to go on before, None at the end."""

    records: tuple[Label, ...]
    orders: dict[int, tuple[Label, ...]]
    """The newest orders of the first customers, by the customer's number."""
    next: int | None
    is_exact: bool = False
    """Whether the first record is what was typed, not only something that begins so."""


async def find(
    desk: Desk,
    person: Person,
    text: str,
    *,
    entities: Sequence[Entity] = tuple(Entity),
    before: int | None = None,
    limit: int = 20,
) -> Found:
    """Records for a text; nothing typed finds nothing."""
    typed = Typed(text, _contacts(text), tuple(entities), person.sees_personal)
    async with desk.database.transaction() as conn:
        exact = await search.exact(conn, typed) if before is None else ()
        worded = await search.by_words(conn, typed, before=before, limit=limit + 1)
        shown = worded[:limit]
        called = await labels.of(conn, dict.fromkeys([*exact, *shown]))
        records = tuple(called.values())
        customers = [one.id for one in records if one.entity is Entity.CUSTOMER][:CUSTOMERS_WITH_ORDERS]
        orders = await labels.orders_of(conn, customers, ORDERS_EACH) if Entity.ORDER in entities else ()
    ordered = sorted(records, key=lambda one: (one.id not in exact, -one.id))
    return Found(
        tuple(ordered),
        {number: tuple(one for one in orders if one.parent_id == number) for number in customers},
        shown[-1] if len(worded) > limit else None,
        bool(exact),
    )


async def lately(desk: Desk, limit: int = 20) -> tuple[Label, ...]:
    """The records that something was done to lately, the newest first."""
    async with desk.database.transaction() as conn:
        numbers = await labels.lately_changed(conn, limit)
        called = await labels.of(conn, numbers)
    return tuple(dict.fromkeys(called[number] for number in numbers if number in called))


async def called(desk: Desk, numbers: Sequence[int]) -> dict[int, Label]:
    """What these bindings are called, as far as they are there."""
    async with desk.database.connection() as conn:
        return await labels.of(conn, dict.fromkeys(numbers))


def _contacts(text: str) -> tuple[str, ...]:
    """The phone and the mail that the text may be, as claims are spelled."""
    phone, email = normalise.phone(text[: search.MOST_TYPED]), normalise.email(text[: search.MOST_TYPED])
    return tuple(contact for contact in (phone, email) if contact)
