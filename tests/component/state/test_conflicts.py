"""Questions: one live question a field, answers valid for what was shown (rule 25)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from libs.contracts.types import Entity, Side
from libs.reconcile.values import Choice, Question, Resolution
from libs.reconcile.wire import dump, load
from libs.runtime.database import Connection, Database
from libs.state import conflicts
from libs.state.errors import StaleQuestion
from tests.component.state.world import NOW, at, mark

QUESTION = Question(
    "comment", "both-moved", shown_vms="подзвонити", shown_keycrm="зателефонувати", base_vms="", params={"a": 1}
)
ANSWER = {"choice": "vms", "value": None, "terms": "vms"}


def question(**changes: Any) -> dict[str, Any]:
    """A question about an order's comment."""
    asked: dict[str, Any] = dump(QUESTION)
    return asked | changes


async def test_a_question_comes_back_as_it_was_asked(conn: Connection) -> None:
    """What the merge wrote is what the merge reads, its answer too."""
    number = (await mark(conn, 7)).binding_id
    asked = await conflicts.ask(conn, number, Entity.ORDER, question(), NOW, changed_vms_at=at(-5))
    await conflicts.answer(conn, asked.id, 1, ANSWER, "operator", at(1))

    found = load(Question, (await conflicts.live(conn, number))[0])
    assert found == replace(QUESTION, answer=Resolution(Choice.VMS, None, Side.VMS))


async def test_a_field_has_one_live_question(conn: Connection) -> None:
    """Asking the same again is no news; staff see one row."""
    number = (await mark(conn, 7)).binding_id
    first = await conflicts.ask(conn, number, Entity.ORDER, question(), NOW)
    again = await conflicts.ask(conn, number, Entity.ORDER, question(), at(1))
    other = await conflicts.ask(conn, number, Entity.ORDER, question(field="status"), at(1))

    assert (first.news, again.news, other.news) == ("opened", "unchanged", "opened")
    assert again.id == first.id
    assert await conflicts.count_open(conn) == {Entity.ORDER: 2}


async def test_new_values_refresh_the_question_and_drop_the_answer(conn: Connection) -> None:
    """An answer was given to what was shown; another value needs another answer."""
    number = (await mark(conn, 7)).binding_id
    asked = await conflicts.ask(conn, number, Entity.ORDER, question(), NOW)
    await conflicts.answer(conn, asked.id, 1, ANSWER, "operator", at(1))
    unchanged = await conflicts.ask(conn, number, Entity.ORDER, question(), at(2))
    refreshed = await conflicts.ask(conn, number, Entity.ORDER, question(shown_vms="інше"), at(3))

    found = await conflicts.get(conn, asked.id)
    assert (unchanged.news, refreshed.news) == ("unchanged", "refreshed")
    assert found is not None
    assert (found.status, found.asked, found.question["answer"], found.answered_by) == ("open", 2, None, None)
    assert found.question["shown_vms"] == "інше"


async def test_an_answer_to_a_question_asked_anew_is_refused(conn: Connection) -> None:
    """The page was open while the values changed: the person is shown the new ones first."""
    number = (await mark(conn, 7)).binding_id
    asked = await conflicts.ask(conn, number, Entity.ORDER, question(), NOW)
    await conflicts.ask(conn, number, Entity.ORDER, question(shown_vms="інше"), at(1))

    with pytest.raises(StaleQuestion):
        await conflicts.answer(conn, asked.id, 1, ANSWER, "operator", at(2))
    assert (await conflicts.answer(conn, asked.id, 2, ANSWER, "operator", at(2))).status == "resolved"


async def test_a_closed_question_takes_no_answer_and_makes_room_for_the_next(conn: Connection) -> None:
    """Closed is history; the same field may be asked about again, as a new question."""
    number = (await mark(conn, 7)).binding_id
    asked = await conflicts.ask(conn, number, Entity.ORDER, question(), NOW)
    assert await conflicts.close(conn, number, ["comment", "status"], "agreed", at(1)) == (asked.id,)
    assert await conflicts.close(conn, number, ["comment"], "agreed", at(2)) == ()
    with pytest.raises(StaleQuestion):
        await conflicts.answer(conn, asked.id, 1, ANSWER, "operator", at(2))

    again = await conflicts.ask(conn, number, Entity.ORDER, question(), at(3))
    assert again.news == "opened"
    assert again.id != asked.id
    assert [one.status for one in await conflicts.page(conn, binding_id=number)] == ["closed", "open"]


async def test_a_raced_value_is_told_from_an_empty_one(conn: Connection) -> None:
    """VMS held an empty comment for a moment: that is a value too."""
    number = (await mark(conn, 7)).binding_id
    await conflicts.ask(conn, number, Entity.ORDER, question(), NOW)
    raced = await conflicts.ask(conn, number, Entity.ORDER, question(raced=None, has_raced=True), at(1))

    assert raced.news == "refreshed"
    assert (await conflicts.live(conn, number))[0]["has_raced"]


async def test_two_people_answer_at_once(conn: Connection, database: Database) -> None:
    """Both answers name the same question; the later one stands, and who gave it."""
    number = (await mark(conn, 7)).binding_id
    asked = await conflicts.ask(conn, number, Entity.ORDER, question(), NOW)

    async def answer(by: str) -> None:
        async with database.transaction() as one:
            await conflicts.answer(one, asked.id, 1, ANSWER, by, at(1))

    await asyncio.gather(answer("anna"), answer("borys"))

    found = await conflicts.page(conn, status="resolved", entity=Entity.ORDER)
    assert [one.answered_by in ("anna", "borys") for one in found] == [True]
