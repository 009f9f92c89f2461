"""The goods of an order that KeyCRM must know before the order is made there.

A line whose SKU KeyCRM does not know would become a one-off line that skips stock. Promises: an article on its way is
waited for; a SKU that nobody makes holds the order as a question (`SYNC_UNKNOWN_SKU=hold`) or passes (`one-off`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Literal

from libs.clients.terms import Terms
from libs.contracts.events import VmsLine
from libs.flow.flow import Case, Flow
from libs.flow.gone import asking
from libs.flow.goods import UNKNOWN_SKU
from libs.flow.record import finish
from libs.reconcile import questions
from libs.runtime.errors import ParentNotBound
from libs.runtime.work import Recorded, WorkItem
from libs.state import bindings

LOOK_AGAIN = timedelta(minutes=10)
LINES = "lines"


class Goods:
    """Looks goods up: first among the bound articles, which costs no call, then in KeyCRM."""

    def __init__(self, flow: Flow, unknown_sku: Literal["hold", "one-off"]) -> None:
        self._flow, self._unknown_sku = flow, unknown_sku

    async def unknown(self, lines: Sequence[VmsLine], terms: Terms) -> tuple[str, ...]:
        """Which of the lines' SKUs KeyCRM lacks; a line without a SKU by its name.

        Raises:
            ParentNotBound: an article with such a SKU is on its way to KeyCRM.
        """
        if self._unknown_sku == "one-off":
            return ()
        named = {line.sku for line in lines if line.sku}
        async with self._flow.database.connection() as conn:
            bound = {a.sku for a in await bindings.find_articles(conn, sorted(named)) if a.is_bound}
        asked = sorted(named - bound)
        offers = await self._flow.keycrm.find_offers_by_sku(asked, terms) if asked else ()
        missing = sorted(set(asked) - {offer.sku for offer in offers})
        await self._wait_for(missing)
        return (*missing, *sorted({line.name for line in lines if not line.sku}))

    def is_let_through(self, case: Case, unknown: Sequence[str]) -> bool:
        """Whether a person has said that these become one-off lines."""
        question = case.memory.questions.get(LINES)
        if question is None or question.reason != UNKNOWN_SKU or question.answer is None:
            return False
        asked_about = question.params.get("found")
        return isinstance(asked_about, list) and set(unknown) <= set(asked_about)

    async def hold(self, item: WorkItem, case: Case, unknown: Sequence[str]) -> Recorded:
        """Ask what to do about the SKUs, and look again in a while."""
        case = asking(case, questions.unknown_sku(unknown))
        return await finish(self._flow, item, case, due_again_at=self._flow.clock() + LOOK_AGAIN)

    def released(self, case: Case) -> Case:
        """The question about unknown SKUs is over."""
        question = case.memory.questions.get(LINES)
        if question is None or question.reason != UNKNOWN_SKU:
            return case
        return replace(case, memory=case.memory.with_questions((), (LINES,)))

    async def _wait_for(self, skus: Sequence[str]) -> None:
        async with self._flow.database.connection() as conn:
            coming = await bindings.find_told_articles(conn, skus) if skus else ()
        if coming:
            raise ParentNotBound(f"article {coming[0].vms_id} is not in KeyCRM yet", coming[0].id)
