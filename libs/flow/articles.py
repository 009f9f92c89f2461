"""How an article is read on both sides: VMS's article, KeyCRM's product.

A product with several variants belongs to several articles at once, so its name is nobody's: it is left unknown.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from libs.clients.terms import Terms
from libs.clients.vms import Fetched
from libs.contracts.events import VmsArticleEvent
from libs.contracts.keycrm import Product as KeyCrmProduct
from libs.contracts.types import Entity
from libs.contracts.vms import Article as VmsArticle
from libs.flow.flow import Both, Case, Flow, Shown
from libs.reconcile import contents, looks
from libs.reconcile.contents import Content
from libs.reconcile.fields import article_fields
from libs.state.bindings import Binding


class ArticleReader:
    """Reads an article; stock and price are levels and are not read here."""

    entity = Entity.ARTICLE

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self.fields = article_fields()

    async def vms(self, binding: Binding, terms: Terms) -> Shown[Fetched[VmsArticle]]:
        """VMS's article. Raises GoneError when it has none."""
        began_at = self._flow.clock()
        fetched = await self._flow.vms.get_article(int(binding.vms_id or 0), terms)
        look = looks.vms_article(fetched.entity, event_of(binding), began_at, self._flow.clock())
        return Shown(look, fetched)

    async def keycrm(self, binding: Binding, terms: Terms) -> Shown[KeyCrmProduct]:
        """KeyCRM's product of the bound offer. Raises GoneError when it has none."""
        began_at = self._flow.clock()
        product = await self._flow.keycrm.get_product(binding.product_id or 0, terms)
        return self.shown(product, began_at)

    def content(self, record: KeyCrmProduct) -> Content:
        """What KeyCRM's product shows."""
        return contents.of_product(record)

    def ledger(self, case: Case, both: Both[VmsArticle, KeyCrmProduct]) -> None:
        """No payments."""

    def shown(self, product: KeyCrmProduct, began_at: datetime) -> Shown[KeyCrmProduct]:
        """What a product shows."""
        look = looks.keycrm_product(product, began_at, self._flow.clock())
        return Shown(replace(look, image={}) if product.has_offers else look, product)


def event_of(binding: Binding) -> VmsArticleEvent | None:
    """The newest event that VMS has sent of this article."""
    return VmsArticleEvent.model_validate(binding.vms_event) if binding.vms_event else None
