"""The account's own lists: statuses, sources, payment methods, delivery services; and the cheapest question there is.

Promises: whole lists, all pages. They are read-only: people make them in KeyCRM's own pages.
"""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel

from libs.clients.keycrm.calls import KEYCRM, PAGE_LIMIT, KeyCrmCalls, get, paged
from libs.clients.terms import Terms
from libs.contracts.keycrm import DictionaryRow, OrderStatus
from libs.runtime.errors import PermanentError

Model = TypeVar("Model", bound=BaseModel)


class DictionaryCalls(KeyCrmCalls):
    """Every call about the account's lists."""

    async def ping(self, terms: Terms) -> None:
        """Ask for one status.

        Raises:
            SyncError: KeyCRM cannot be reached, or refuses our key.
        """
        await self.send(get("ping", "/order/status", paged(1, 1)), terms)

    async def list_statuses(self, terms: Terms) -> tuple[OrderStatus, ...]:
        """The active order statuses."""
        return await self._all("listOrderStatuses", "/order/status", terms, OrderStatus)

    async def list_sources(self, terms: Terms) -> tuple[DictionaryRow, ...]:
        """The order sources, each with its currency."""
        return await self._all("listOrderSources", "/order/source", terms, DictionaryRow)

    async def list_payment_methods(self, terms: Terms) -> tuple[DictionaryRow, ...]:
        """The payment methods."""
        return await self._all("listPaymentMethods", "/order/payment-method", terms, DictionaryRow)

    async def list_delivery_services(self, terms: Terms) -> tuple[DictionaryRow, ...]:
        """The delivery services."""
        return await self._all("listDeliveryServices", "/order/delivery-service", terms, DictionaryRow)

    async def _all(self, operation: str, path: str, terms: Terms, model: type[Model]) -> tuple[Model, ...]:
        rows: list[Model] = []
        number = last_page = 1
        while number <= last_page:
            page = await self.page(get(operation, path, paged(number, PAGE_LIMIT), page=number), terms, model)
            if page.unreadable:
                field = page.unreadable[0].field
                raise PermanentError(f"{KEYCRM.title}'s {path} cannot be read: field {field}", "unreadable", field)
            rows.extend(page.rows)
            last_page = page.last_page
            number += 1
        return tuple(rows)
