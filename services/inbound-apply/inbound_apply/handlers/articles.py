"""An article due towards VMS: a product that was renamed in KeyCRM. Products born in KeyCRM stay there."""

from __future__ import annotations

from typing import cast

from libs.clients.terms import Terms
from libs.clients.vms.bodies import ArticleChanges
from libs.contracts import keycrm, vms
from libs.flow import gone
from libs.flow.articles import ArticleReader
from libs.flow.flow import Both, Case, Flow
from libs.flow.make import Writes
from libs.flow.round import Noteless, Payless, Round, opened, reconcile
from libs.reconcile import compose_cards, looks
from libs.reconcile.values import Look
from libs.runtime.work import Lease, Recorded, WorkItem


class VmsArticles(Payless, Noteless):
    """inbound-apply's half of an article."""

    def __init__(self, flow: Flow) -> None:
        self._flow, self._reader = flow, ArticleReader(flow)

    async def sync(self, item: WorkItem, lease: Lease) -> Recorded:
        """Work one article towards VMS."""
        case = await opened(self._flow, item, self._reader)
        if not case.binding.is_bound:
            return Recorded.NOTHING
        return await gone.watched(
            self._flow, item, case, reconcile(Round(self._flow, self._reader, self, item, lease), case)
        )

    async def write(
        self, case: Case, both: Both[vms.Article, keycrm.Product], writes: Writes, terms: Terms
    ) -> tuple[Look, str]:
        """PUT the whole article with the changes in it."""
        began_at, held = self._flow.clock(), both.vms.record
        answer = await self._flow.vms.put_article(
            held, cast(ArticleChanges, compose_cards.vms_article_changes(writes, held.entity)), terms
        )
        look = looks.vms_article(answer, None, began_at, self._flow.clock())
        return look, f"PUT /api/Articles/{answer.article_id}"
