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
from libs.flow.flow import Case, Flow
from libs.flow.gone import asking
from libs.flow.record import finish
from libs.reconcile import questions
from libs.runtime.errors import ParentNotBound
from libs.runtime.work import Recorded, WorkItem
from libs.state import bindings

LOOK_AGAIN = timedelta(minutes=10)
LINES = "lines"
UNKNOWN_SKU = "unknown_sku"


class Goods:
    """Looks goods up: first among the bound articles, which costs no call, then in KeyCRM."""

    def __init__(self, flow: Flow, unknown_sku: Literal["hold", "one-off"]) -> None:
        self._flow, self._unknown_sku = flow, unknown_sku

    async def unknown(self, skus: Sequence[str | None], terms: Terms) -> tuple[str, ...]:
        """Which of the lines' SKUs KeyCRM lacks; "" stands for a line without one.

        Raises:
            ParentNotBound: an article with such a SKU is being made in KeyCRM.
        """
        if self._unknown_sku == "one-off":
            return ()
        named = {sku for sku in skus if sku}
        async with self._flow.database.connection() as conn:
            articles = {a.sku: a for a in await bindings.find_articles(conn, sorted(named))}
        asked = sorted(sku for sku in named if sku not in articles or not articles[sku].is_bound)
        offers = await self._flow.keycrm.find_offers_by_sku(asked, terms) if asked else ()
        missing = sorted(set(asked) - {offer.sku for offer in offers})
        for sku in missing:
            if sku in articles:
                raise ParentNotBound(f"article {articles[sku].vms_id} is not in KeyCRM yet", articles[sku].id)
        return tuple(missing) + (("",) if not all(skus) else ())

    async def hold(self, item: WorkItem, case: Case, unknown: Sequence[str]) -> Recorded:
        """Ask what to do about the SKUs, and look again in a while."""
        case = asking(case, questions.unknown_sku(unknown))
        return await finish(self._flow, item, case, due_again_at=self._flow.clock() + LOOK_AGAIN)

    def released(self, case: Case) -> Case:
        """The question about unknown SKUs lapses: KeyCRM knows them all now."""
        question = case.memory.questions.get(LINES)
        if question is None or question.reason != UNKNOWN_SKU:
            return case
        return replace(case, memory=case.memory.with_questions((), (LINES,)))
