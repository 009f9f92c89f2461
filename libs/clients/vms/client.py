"""VMS: a method for each call we make, answered by a contract's model or a fate.

Promises: a PUT sends the whole entity that a GET by id showed (searches answer models, which cannot be put). VMS has
no version check and no paging, and its times are local texts. Refuses `GET /api/Orders`: it shows ten rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
from pydantic import BaseModel, SecretStr

from libs.clients.answers import Partner, judge, read
from libs.clients.http import Connected, Http, bearer
from libs.clients.terms import Terms
from libs.clients.vms.bodies import ArticleChanges, CustomerBody, CustomerChanges, OrderChanges, OrderCreateBody
from libs.clients.vms.fetched import Fetched, camel, with_changes
from libs.clients.wire import Call, Reply, with_query
from libs.contracts.vms import ARTICLE_WRITABLE, CUSTOMER_WRITABLE, ORDER_WRITABLE, Article, Customer, Order
from libs.runtime.errors import OutcomeUnknown, PermanentError, SyncError
from libs.runtime.work import Clock

VMS = Partner("vms", "VMS", "VMS_BASE_URL", "VMS_API_TOKEN", is_plain_spoken=True)

Model = TypeVar("Model", bound=BaseModel)


class VmsClient(Connected):
    """One VMS. Use it as an async context, or close it.

    Raises:
        ValueError: the token cannot be sent in a header.
    """

    def __init__(
        self,
        base_url: str,
        clock: Clock,
        *,
        token: SecretStr | None = None,
        timeout_seconds: float = 15.0,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        headers = bearer(token, VMS.key_setting) if token and token.get_secret_value() else {}
        self._http = Http(VMS, base_url, headers, transport)
        self._clock = clock
        self._timeout_seconds = timeout_seconds

    async def health(self, terms: Terms) -> None:
        """Ask whether VMS lives.

        Raises:
            SyncError: it cannot be reached, or is not well.
        """
        await self._send(Call("health", "GET", "/health"), terms)

    # ---- orders ----------------------------------------------------------------------------------------------------

    async def get_order(self, order_id: str, terms: Terms) -> Fetched[Order]:
        """One order with its lines.

        Raises:
            GoneError: VMS has no such order.
        """
        return await self._fetch("getOrder", f"/api/Orders/{order_id}", {"order_id": order_id}, terms, Order)

    async def put_order(
        self, order: Fetched[Order], changes: OrderChanges, terms: Terms, *, reference: str = ""
    ) -> Order:
        """Write the whole order back with the changes in it; read it immediately before."""
        body = with_changes(order.raw, changes, ORDER_WRITABLE)
        order_id = order.entity.order_id
        ids = {"order_id": order_id}
        return await self._read(
            Call("updateOrder", "PUT", f"/api/Orders/{order_id}", body, ids=ids, reference=reference), terms, Order
        )

    async def create_order(self, body: OrderCreateBody, terms: Terms) -> Order:
        """A new order; VMS gives it id, date and change time.

        Raises:
            OutcomeUnknown: it may have happened; look its number up among the customer's orders before any repeat.
        """
        call = Call("createOrder", "POST", "/api/Orders", camel(body), reference=body["number_order"])
        return await self._create(call, terms, Order)

    async def orders_of_customer(self, customer_id: int, terms: Terms) -> tuple[Order, ...]:
        """All orders of a customer, without their lines (VMS's lists do not show them)."""
        call = Call("ordersByCustomer", "GET", f"/api/Orders/customer/{customer_id}", ids={"customer_id": customer_id})
        return _without_lines(await self._list(call, terms, Order))

    async def orders_by_date_range(self, start: str, end: str, terms: Terms) -> tuple[Order, ...]:
        """Orders, without their lines, whose order date (VMS's local wall clock) lies in the range."""
        path = with_query("/api/Orders/date-range", {"startDate": start, "endDate": end})
        return _without_lines(await self._list(Call("ordersByDate", "GET", path), terms, Order))

    # ---- customers -------------------------------------------------------------------------------------------------

    async def get_customer(self, customer_id: int, terms: Terms) -> Fetched[Customer]:
        """One customer.

        Raises:
            GoneError: VMS has no such customer.
        """
        ids = {"customer_id": customer_id}
        return await self._fetch("getCustomer", f"/api/Customers/{customer_id}", ids, terms, Customer)

    async def put_customer(self, customer: Fetched[Customer], changes: CustomerChanges, terms: Terms) -> Customer:
        """Write the whole customer back with the changes in it; read it immediately before."""
        body = with_changes(customer.raw, changes, CUSTOMER_WRITABLE)
        customer_id = customer.entity.customer_id
        ids = {"customer_id": customer_id}
        return await self._read(
            Call("updateCustomer", "PUT", f"/api/Customers/{customer_id}", body, ids=ids), terms, Customer
        )

    async def create_customer(self, body: CustomerBody, terms: Terms, *, reference: str = "") -> Customer:
        """A new customer.

        Raises:
            OutcomeUnknown: it may have happened; search by phone and e-mail before any repeat.
        """
        call = Call("createCustomer", "POST", "/api/Customers", camel(body), reference=reference)
        return await self._create(call, terms, Customer)

    async def search_customers(self, term: str, terms: Terms) -> tuple[Customer, ...]:
        """Customers with the term somewhere in a name, phone or e-mail, as VMS keeps it; the caller compares."""
        path = with_query("/api/Customers/search", {"searchTerm": term})
        return await self._list(Call("searchCustomers", "GET", path, sent=term), terms, Customer)

    # ---- articles --------------------------------------------------------------------------------------------------

    async def get_article(self, article_id: int, terms: Terms) -> Fetched[Article]:
        """One article with its accounting rows.

        Raises:
            GoneError: VMS has no such article.
        """
        ids = {"article_id": article_id}
        return await self._fetch("getArticle", f"/api/Articles/{article_id}", ids, terms, Article)

    async def put_article(self, article: Fetched[Article], changes: ArticleChanges, terms: Terms) -> Article:
        """Write the whole article back with the changes in it; read it immediately before."""
        body = with_changes(article.raw, changes, ARTICLE_WRITABLE)
        article_id = article.entity.article_id
        ids = {"article_id": article_id}
        return await self._read(
            Call("updateArticle", "PUT", f"/api/Articles/{article_id}", body, ids=ids), terms, Article
        )

    async def search_articles(self, term: str, terms: Terms) -> tuple[Article, ...]:
        """Articles with the term somewhere, as VMS looks; the caller compares."""
        path = with_query("/api/Articles/search", {"searchTerm": term})
        return await self._list(Call("searchArticles", "GET", path, sent=term), terms, Article)

    # ---- the way of a call -----------------------------------------------------------------------------------------

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()

    async def _exchange(self, call: Call, terms: Terms) -> tuple[Any, Reply]:
        seconds = await terms.seconds_for_a_call(self._timeout_seconds)
        reply = await self._http.exchange(call, seconds)
        return judge(VMS, call, reply, self._clock()), reply

    async def _send(self, call: Call, terms: Terms) -> Any:
        return (await self._exchange(call, terms))[0]

    async def _create(self, call: Call, terms: Terms, model: type[Model]) -> Model:
        """What was made: from the answer's body, else read from where `Location` points."""
        created, reply = await self._exchange(call, terms)
        if created:
            return read(VMS, call, model, created)
        path = urlsplit(reply.headers.get("location", "")).path
        if not path.startswith(call.path):
            raise OutcomeUnknown(f"VMS did not say what {call.operation} made", call.reference)
        try:
            return await self._read(Call(f"{call.operation}.read", "GET", path), terms, model)
        except SyncError as error:
            raise OutcomeUnknown(f"what {call.operation} made cannot be read yet", call.reference) from error

    async def _read(self, call: Call, terms: Terms, model: type[Model]) -> Model:
        return read(VMS, call, model, await self._send(call, terms))

    async def _fetch(
        self, operation: str, path: str, ids: Mapping[str, str | int], terms: Terms, model: type[Model]
    ) -> Fetched[Model]:
        call = Call(operation, "GET", path, ids=ids)
        raw = await self._send(call, terms)
        return Fetched(read(VMS, call, model, raw), raw)

    async def _list(self, call: Call, terms: Terms, model: type[Model]) -> tuple[Model, ...]:
        rows = await self._send(call, terms)
        if not isinstance(rows, list):
            raise PermanentError(f"VMS's answer to {call.operation} is no list", code="unreadable", field="(the whole)")
        return tuple(read(VMS, call, model, row) for row in rows)


def _without_lines(orders: tuple[Order, ...]) -> tuple[Order, ...]:
    """Lists show an empty `positions`: that means unknown there, not empty."""
    return tuple(order.model_copy(update={"positions": None}) for order in orders)
