"""Whose phone and mail it is: claimed once, whoever comes at the same moment."""

from __future__ import annotations

import asyncio

from libs.contracts.types import Entity
from libs.runtime.database import Connection, Database
from libs.state import identities
from libs.state.identities import Claim, Contact
from tests.component.state.world import NOW, mark

PHONE: Contact = ("phone", "+380501112233")
MAIL: Contact = ("email", "maria@example.com")


async def test_of_two_claims_at_once_one_wins_and_the_other_learns_of_it(conn: Connection, database: Database) -> None:
    """Two services create the same customer from both sides: one owner, and the loser sees who it is."""
    numbers = [(await mark(conn, key, entity=Entity.CUSTOMER)).binding_id for key in ("41", 7)]

    async def claim(binding_id: int) -> Claim:
        async with database.transaction() as one:
            made = await identities.claim(one, binding_id, [MAIL, PHONE], NOW)
            await asyncio.sleep(0.1)
            return made

    claims = await asyncio.gather(*(claim(number) for number in numbers))

    winner = next(n for n, made in zip(numbers, claims, strict=True) if made.mine)
    won, lost = (claims[numbers.index(n)] for n in (winner, *[n for n in numbers if n != winner]))
    assert won.mine == {PHONE, MAIL}
    assert won.candidates == ()
    assert lost.mine == frozenset()
    assert lost.candidates == (winner,)


async def test_several_owners_are_several_candidates(conn: Connection) -> None:
    """A phone of one and a mail of another: a question for a person; what is free is claimed."""
    one, two, three = [(await mark(conn, n, entity=Entity.CUSTOMER)).binding_id for n in (1, 2, 3)]
    await identities.claim(conn, one, [PHONE], NOW)
    await identities.claim(conn, two, [MAIL], NOW)
    other: Contact = ("phone", "+380679998877")

    made = await identities.claim(conn, three, [PHONE, MAIL, other], NOW)

    assert made.candidates == (one, two)
    assert made.mine == {other}
    assert made.others == {PHONE: one, MAIL: two}


async def test_claiming_again_is_no_news(conn: Connection) -> None:
    """A repeated create claims what it has."""
    number = (await mark(conn, 1, entity=Entity.CUSTOMER)).binding_id
    await identities.claim(conn, number, [PHONE], NOW)

    assert (await identities.claim(conn, number, [PHONE], NOW)).mine == {PHONE}
    assert (await identities.claim(conn, number, [], NOW)) == Claim()


async def test_a_contact_that_was_given_up_is_free(conn: Connection) -> None:
    """A customer who changed the phone lets the old one go to its new owner."""
    one, two = [(await mark(conn, n, entity=Entity.CUSTOMER)).binding_id for n in (1, 2)]
    await identities.claim(conn, one, [PHONE, MAIL], NOW)
    await identities.keep_only(conn, one, [MAIL])

    assert await identities.of(conn, one) == {MAIL}
    assert (await identities.claim(conn, two, [PHONE], NOW)).mine == {PHONE}
    assert await identities.owners(conn, [PHONE, MAIL]) == {PHONE: two, MAIL: one}
