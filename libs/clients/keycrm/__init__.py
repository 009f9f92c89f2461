"""KeyCRM: a method for each call we make, drawn from one quota, answered by a contract's model or a fate."""

from __future__ import annotations

import httpx
from pydantic import SecretStr

from libs.clients.http import Http, bearer
from libs.clients.keycrm.buyers import BuyerCalls
from libs.clients.keycrm.calls import KEYCRM, PAGE_LIMIT
from libs.clients.keycrm.catalogue import MOST_ITEMS, CatalogueCalls
from libs.clients.keycrm.dictionaries import DictionaryCalls
from libs.clients.keycrm.filters import BuyerFilter, OrderFilter
from libs.clients.keycrm.orders import ORDER_INCLUDES, OrderCalls
from libs.clients.keycrm.pages import Page, Unreadable
from libs.clients.terms import Quota, Terms
from libs.runtime.work import Clock

__all__ = [
    "MOST_ITEMS",
    "ORDER_INCLUDES",
    "PAGE_LIMIT",
    "BuyerFilter",
    "KeyCrmClient",
    "OrderFilter",
    "Page",
    "Quota",
    "Terms",
    "Unreadable",
]


class KeyCrmClient(OrderCalls, BuyerCalls, CatalogueCalls, DictionaryCalls):
    """One account of KeyCRM. Use it as an async context, or close it.

    Raises:
        ValueError: the key cannot be sent in a header.
    """

    def __init__(
        self,
        base_url: str,
        api_key: SecretStr,
        quota: Quota,
        clock: Clock,
        *,
        timeout_seconds: float = 15.0,
        patience_seconds: float = 120.0,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        http = Http(KEYCRM, base_url, bearer(api_key, KEYCRM.key_setting), transport)
        super().__init__(http, quota, clock, timeout_seconds, patience_seconds)
