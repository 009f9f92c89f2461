"""An article due towards KeyCRM: its name, or a product with its offer where KeyCRM has none of this SKU."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from libs.clients.keycrm.bodies import ProductBody, ProductChangeBody
from libs.clients.terms import Terms
from libs.contracts import keycrm, vms
from libs.contracts.events import VmsArticleEvent
from libs.contracts.types import Side
from libs.flow import gone, goods
from libs.flow.articles import ArticleReader, event_of
from libs.flow.flow import Both, Case, Flow
from libs.flow.make import Made, Then, Writes, make
from libs.flow.record import Note, finish
from libs.flow.round import Noteless, Payless, Round, opened, reconcile
from libs.reconcile import compose_cards, looks
from libs.reconcile.values import Look
from libs.runtime.database import Connection
from libs.runtime.errors import GoneError, OutcomeUnknown
from libs.runtime.work import Lease, Recorded, WorkItem
from libs.state import level_figures
from libs.state.bindings import Change
from libs.state.level_figures import Figure
from libs.state.levels import Kind
from outbound_sync.domain import NO_SKU


class KeyCrmArticles(Payless, Noteless):
    """outbound-sync's half of an article."""

    def __init__(self, flow: Flow) -> None:
        self._flow, self._reader = flow, ArticleReader(flow)

    async def sync(self, item: WorkItem, lease: Lease) -> Recorded:
        """Work one article towards KeyCRM."""
        case = await opened(self._flow, item, self._reader)
        if case.binding.is_bound:
            return await gone.watched(
                self._flow, item, case, reconcile(Round(self._flow, self._reader, self, item, lease), case)
            )
        event = event_of(case.binding)
        if event is None or not event.sku:
            return await finish(self._flow, item, case, notes=(Note("ignored", reason=NO_SKU),))
        return await self._introduce(item, lease, case, event, event.sku)

    async def write(
        self, case: Case, both: Both[vms.Article, keycrm.Product], writes: Writes, terms: Terms
    ) -> tuple[Look, str]:
        """PUT the product's name; what is left out stays as it was."""
        began_at, product_id = self._flow.clock(), both.keycrm.record.id
        answer = await self._flow.keycrm.update_product(
            product_id, cast(ProductChangeBody, compose_cards.keycrm_product_changes(writes)), terms
        )
        return looks.keycrm_product(answer, began_at, self._flow.clock()), f"PUT /products/{product_id}"

    async def _introduce(self, item: WorkItem, lease: Lease, case: Case, event: VmsArticleEvent, sku: str) -> Recorded:
        try:
            source = await self._reader.vms(case.binding, Terms(item.lane, lease))
        except GoneError as error:
            return await gone.half(self._flow, item, case, error)
        maker = _Product(self._flow, self._reader, event, sku)
        return await make(self._flow, self._reader.fields, maker, item, lease, case, source)


class _Product:
    """Makes one product without variants; its SKU is its reference, its offer what is bound."""

    called_with = ""

    def __init__(self, flow: Flow, reader: ArticleReader, event: VmsArticleEvent, sku: str) -> None:
        self._flow, self._reader, self._event = flow, reader, event
        self.reference = sku
        self.initial: Mapping[str, Any] = {}

    async def find(self, case: Case, terms: Terms) -> Mapping[str, Made]:
        """The offers of this SKU; what their product shows is read only if a create of ours may have made it."""
        offers = await self._flow.keycrm.find_offers_by_sku([self.reference], terms)
        return {str(offer.id): await self._found(offer, case, terms) for offer in offers}

    async def create(self, writes: Writes, terms: Terms) -> Made:
        """POST the product, then look up the offer that KeyCRM made of it."""
        body = cast(ProductBody, compose_cards.keycrm_product(self._event, writes, self._flow.pairs))
        product = await self._flow.keycrm.create_product(body, terms, reference=self.reference)
        offers = await self._flow.keycrm.find_offers_by_sku([self.reference], terms)
        for offer in offers:
            if offer.product_id == product.id:
                made = self._of(offer, self._reader.shown(product, self._flow.clock()).look)
                return replace(made, then=self._priced(offer))
        raise OutcomeUnknown(f"product {product.id} shows no offer yet", self.reference)

    async def _found(self, offer: keycrm.Offer, case: Case, terms: Terms) -> Made:
        began_at = self._flow.clock()
        if case.memory.creation is None:
            return self._of(offer, Look(Side.KEYCRM, {}, began_at, began_at))
        product = await self._flow.keycrm.get_product(offer.product_id or 0, terms)
        return self._of(offer, self._reader.shown(product, began_at).look)

    def _of(self, offer: keycrm.Offer, look: Look) -> Made:
        change = Change(sku=self.reference, product_id=offer.product_id)
        return Made(offer.id, look, "POST /products", change, then=self._arrived)

    async def _arrived(self, conn: Connection, now: datetime) -> None:
        await goods.arrived(conn, [self.reference], now)

    def _priced(self, offer: keycrm.Offer) -> Then:
        """The new offer has its price already: it is not sent again."""

        async def then(conn: Connection, now: datetime) -> None:
            await self._arrived(conn, now)
            if offer.price is not None:
                figure = Figure(self.reference, "", offer.price, now)
                await level_figures.see(conn, Kind.PRICE, [figure], now, self._flow.times.level_settle.total_seconds())

        return then
