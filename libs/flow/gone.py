"""A record that answers 404.

Promises: a bound id that is gone becomes a question for a person and is never created anew; a half whose only record
is gone asks nothing and waits for nothing: a forged hint ends here.
"""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import replace

from libs.contracts.types import Side
from libs.flow.flow import Case, Flow
from libs.flow.record import Note, finish
from libs.reconcile import questions
from libs.reconcile.values import Question
from libs.runtime.errors import GoneError
from libs.runtime.work import Recorded, WorkItem
from libs.state.bindings import Change, Status

IDENTITY = "identity"


async def watched(flow: Flow, item: WorkItem, case: Case, work: Awaitable[Recorded]) -> Recorded:
    """Do the work of a bound binding; if one of its records is gone, ask."""
    try:
        return await work
    except GoneError as error:
        return await ask(flow, item, case, error)


async def ask(flow: Flow, item: WorkItem, case: Case, error: GoneError) -> Recorded:
    """Ask a person what has become of the record."""
    side = Side(error.partner)
    record = str(case.binding.id_on(side) or "")
    is_creating = case.memory.creation is not None
    question = (questions.vanished_in_creating if is_creating else questions.gone)(side, record)
    return await finish(flow, item, asking(case, question))


async def half(flow: Flow, item: WorkItem, case: Case, error: GoneError) -> Recorded:
    """The only record of a half is gone; if it was being created, that is a question (rule 22)."""
    if case.memory.creation is not None:
        return await ask(flow, item, case, error)
    note = Note("ignored", reason=error.reason)
    change = Change(status=Status.ERROR, error=error.reason)
    return await finish(flow, item, case, notes=(note,), change=change)


def asking(case: Case, *questions: Question) -> Case:
    """The case with these questions open."""
    return replace(case, memory=case.memory.with_questions(questions))
