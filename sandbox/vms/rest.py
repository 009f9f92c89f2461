"""The table of VMS's REST routes: method, path, the call's name in the log, its handler."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Scope

from sandbox.vms import articles, customers, orders
from sandbox.vms.answers import Answered, json_answer
from sandbox.vms.system import Vms

Handler = Callable[[Vms, Request], Awaitable[Response]]


async def health(vms: Vms, request: Request) -> Response:
    """The only liveness signal."""
    timestamp = vms.clock.now().astimezone(UTC).isoformat().replace("+00:00", "Z")
    return json_answer({"status": "healthy", "timestamp": timestamp})


# Fixed words stand before ids: the first match wins.
TABLE: tuple[tuple[str, str, str, Handler], ...] = (
    ("GET", "/health", "health", health),
    ("GET", "/api/Orders", "listOrders", orders.list_orders),
    ("POST", "/api/Orders", "createOrder", orders.create_order),
    ("GET", "/api/Orders/date-range", "ordersByDate", orders.orders_by_date),
    ("GET", "/api/Orders/customer/{customerId}", "ordersByCustomer", orders.orders_by_customer),
    ("GET", "/api/Orders/status/{status}", "ordersByStatus", orders.orders_by_status),
    ("GET", "/api/Orders/{id}", "getOrder", orders.get_order),
    ("PUT", "/api/Orders/{id}", "updateOrder", orders.update_order),
    ("DELETE", "/api/Orders/{id}", "deleteOrder", orders.delete_order),
    ("GET", "/api/Customers", "listCustomers", customers.list_customers),
    ("POST", "/api/Customers", "createCustomer", customers.create_customer),
    ("GET", "/api/Customers/search", "searchCustomers", customers.search_customers),
    ("GET", "/api/Customers/{id}", "getCustomer", customers.get_customer),
    ("PUT", "/api/Customers/{id}", "updateCustomer", customers.update_customer),
    ("DELETE", "/api/Customers/{id}", "deleteCustomer", customers.delete_customer),
    ("GET", "/api/Customers/{id}/orders", "customerOrders", customers.customer_orders),
    ("GET", "/api/Articles", "listArticles", articles.list_articles),
    ("POST", "/api/Articles", "createArticle", articles.create_article),
    ("GET", "/api/Articles/search", "searchArticles", articles.search_articles),
    ("GET", "/api/Articles/{id}", "getArticle", articles.get_article),
    ("PUT", "/api/Articles/{id}", "updateArticle", articles.update_article),
    ("DELETE", "/api/Articles/{id}", "deleteArticle", articles.delete_article),
)

# Every other parameter is ignored: there is no paging, no sorting, no further filter.
QUERIES = {
    "ordersByDate": {"startDate", "endDate"},
    "searchCustomers": {"searchTerm"},
    "searchArticles": {"searchTerm"},
}


def rest_routes(vms: Vms) -> list[Route]:
    """The routes of one VMS; a route's name is the call's name in the log."""
    return [
        Route(path, _endpoint(vms, operation, handler), methods=[method], name=operation)
        for method, path, operation, handler in TABLE
    ]


def _endpoint(vms: Vms, operation: str, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        request.scope["operation"] = operation
        if operation != "health" and not _is_let_in(vms, request):
            return Response(status_code=401, headers={"WWW-Authenticate": "Bearer"})
        for name in request.query_params.keys() - QUERIES.get(operation, set()):
            vms.breaches.add(request, f"{name}: VMS has no such parameter and ignores it")
        try:
            return await handler(vms, request)
        except Answered as answered:
            return answered.response

    return endpoint


def _is_let_in(vms: Vms, request: Request) -> bool:
    """A proxy in front of VMS may ask for a bearer token; VMS itself asks for nothing."""
    return not vms.knobs.token or request.headers.get("authorization") == f"Bearer {vms.knobs.token}"


def operation_of(routes: list[Route]) -> Callable[[Scope], str | None]:
    """Names a call by its route; one under `/api` that fits none is `unknown`, pages and admin calls have no name."""

    def name_of(scope: Scope) -> str | None:
        for route in routes:
            if route.matches(scope)[0] == Match.FULL:
                return route.name
        return "unknown" if scope["path"].startswith("/api") else None

    return name_of
