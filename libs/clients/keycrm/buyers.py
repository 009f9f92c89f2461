"""KeyCRM's buyers.

Promises: a buyer found by phone or e-mail really has it. KeyCRM joins and merges buyers by itself, so an id may
vanish; `GoneError` says so.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from libs.clients.keycrm.bodies import BuyerBody
from libs.clients.keycrm.calls import PAGE_LIMIT, KeyCrmCalls, get, paged
from libs.clients.keycrm.filters import BuyerFilter
from libs.clients.keycrm.pages import Page
from libs.clients.keycrm.walk import certain, last_page_first
from libs.clients.terms import Terms
from libs.clients.wire import Call
from libs.contracts.keycrm import Buyer

_INCLUDE = "shipping"


class BuyerCalls(KeyCrmCalls):
    """Every call about buyers."""

    async def get_buyer(self, buyer_id: int, terms: Terms) -> Buyer:
        """One buyer with its addresses.

        Raises:
            GoneError: deleted, or merged into another.
        """
        call = get("getBuyer", f"/buyer/{buyer_id}", {"include": _INCLUDE}, buyer_id=buyer_id)
        return await self.read(call, terms, Buyer)

    async def list_buyers(
        self, filter: BuyerFilter, terms: Terms, *, page: int = 1, limit: int = PAGE_LIMIT
    ) -> Page[Buyer]:
        """One page, with addresses."""
        query = {**paged(page, limit), "include": _INCLUDE, **filter.query()}
        return await self.page(get("listBuyers", "/buyer", query, page=page), terms, Buyer)

    def walk_buyers(self, filter: BuyerFilter, terms: Terms, *, limit: int = PAGE_LIMIT) -> AsyncIterator[Page[Buyer]]:
        """Every page of a fixed past interval, last page first: a row may come twice, none is skipped."""
        return last_page_first(lambda page: self.list_buyers(filter, terms, page=page, limit=limit))

    async def find_buyers_by_phone(self, phone: str, terms: Terms) -> tuple[Buyer, ...]:
        """The buyers that have this phone (E.164).

        It is asked for with and without its plus, since accounts differ in how they keep it.

        Raises:
            PermanentError: KeyCRM ignored the filter or showed a row that cannot be read.
        """
        digits = _digits(phone)
        page = await self.list_buyers(BuyerFilter(phones=(f"+{digits}", digits)), terms)
        return certain(page, lambda row: any(_digits(found) == digits for found in row.phone), "buyer_phone")

    async def find_buyers_by_email(self, email: str, terms: Terms) -> tuple[Buyer, ...]:
        """The buyers that have this e-mail address, whatever its case; asked for as given and in lower case.

        Raises:
            PermanentError: KeyCRM ignored the filter or showed a row that cannot be read.
        """
        wanted = email.strip().casefold()
        spellings = tuple(dict.fromkeys((email.strip(), email.strip().lower())))
        page = await self.list_buyers(BuyerFilter(emails=spellings), terms)
        return certain(page, lambda row: any(found.strip().casefold() == wanted for found in row.email), "buyer_email")

    async def create_buyer(self, body: BuyerBody, terms: Terms, *, reference: str = "") -> Buyer:
        """A new buyer.

        Raises:
            OutcomeUnknown: it may have happened; look the phone and e-mail up before any repeat.
        """
        call = Call("createBuyer", "POST", "/buyer", body, reference=reference)
        return await self.read(call, terms, Buyer)

    async def update_buyer(self, buyer_id: int, body: BuyerBody, terms: Terms) -> Buyer:
        """Change a buyer; a list in the body replaces the whole list."""
        call = Call("updateBuyer", "PUT", f"/buyer/{buyer_id}", body, ids={"buyer_id": buyer_id})
        return await self.read(call, terms, Buyer)


def _digits(phone: str) -> str:
    return "".join(character for character in phone if character.isdecimal())
