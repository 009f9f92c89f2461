"""A record whose writes a partner leaves unanswered again and again is for a person: no further call, a dead letter.

Promises: a partner that answers nobody is away, and its outage counts against no record; the count begins anew with the
letter, so that its replay, or the record's next change, is tried again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from libs.clients.terms import Terms
from libs.contracts.types import Side
from libs.flow.flow import Case, Flow
from libs.flow.record import commit
from libs.reconcile import creates, writing
from libs.reconcile.memory import Memory
from libs.runtime.errors import PermanentError, TransientError, WorldUnavailable
from libs.runtime.work import WorkItem
from libs.wording import names

CODE = "unanswered"


async def on_writes(flow: Flow, item: WorkItem, case: Case, fields: Iterable[str], terms: Terms) -> None:
    """Before fields are written.

    Raises:
        PermanentError: they were written often enough, and nothing came of it.
        WorldUnavailable: nor does the partner answer anything else.
    """
    hopeless = writing.given_up(case.memory, flow.side, fields)
    if hopeless:
        await _give_up(flow, item, case, writing.counted_anew(case.memory, flow.side, hopeless), hopeless, terms)


async def on_create(flow: Flow, item: WorkItem, case: Case, terms: Terms) -> None:
    """Before a record is made.

    Raises:
        PermanentError: its create was called often enough, and nothing came of it.
        WorldUnavailable: nor does the partner answer anything else.
    """
    if creates.is_given_up(case.memory):
        await _give_up(flow, item, case, creates.refused(case.memory), (), terms)


async def _give_up(
    flow: Flow, item: WorkItem, case: Case, memory: Memory, fields: tuple[str, ...], terms: Terms
) -> None:
    await _answers_others(flow, terms)
    await commit(flow, item, replace(case, memory=memory))
    side, what = names.side(flow.side), ", ".join(fields) or "the new record"
    raise PermanentError(
        f"{side} left {writing.UNANSWERED_LIMIT} writes of {what} in a row unanswered, and nothing came of them: "
        f"see {side}'s log for what it met, then replay this letter",
        code=CODE,
        field=fields[0] if fields else None,
    )


async def _answers_others(flow: Flow, terms: Terms) -> None:
    try:
        await (flow.vms.health(terms) if flow.side is Side.VMS else flow.keycrm.ping(terms))
    except TransientError as error:
        raise WorldUnavailable(error.reason, flow.side) from error
