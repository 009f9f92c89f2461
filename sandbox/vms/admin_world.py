"""The admin calls about the whole of VMS: state, knobs, reset, breaches, events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from pydantic import ValidationError
from starlette.requests import Request
from starlette.routing import BaseRoute

from sandbox.admin import Refused, admin_route, after_of, model_of, object_of
from sandbox.vms.admin_articles import article_state
from sandbox.vms.admin_customers import customer_state
from sandbox.vms.admin_orders import order_state
from sandbox.vms.changes import tell_article, tell_customer, tell_order
from sandbox.vms.directories import DELIVERY_METHODS, ORDER_STATUSES
from sandbox.vms.edits import Announcement, Replay, Reset
from sandbox.vms.system import Vms
from sandbox.vms.world import Seed, newest_first


class AdminWorld:
    """`clear` empties what lies outside VMS, the call log and the faults, at a reset."""

    def __init__(self, vms: Vms, clear: Callable[[], None]) -> None:
        self._vms = vms
        self._clear = clear

    def routes(self) -> list[BaseRoute]:
        """All of them."""
        return [
            admin_route("/health", self._health),
            admin_route("/state", self._state),
            admin_route("/knobs", self._knobs),
            admin_route("/knobs", self._turn, "PATCH"),
            admin_route("/reset", self._reset, "POST"),
            admin_route("/breaches", self._breaches),
            admin_route("/breaches", self._forgive, "DELETE"),
            admin_route("/events", self._events),
            admin_route("/events/replay", self._replay, "POST"),
            admin_route("/events/announce", self._announce, "POST"),
        ]

    async def _health(self, request: Request) -> Any:
        waiting = len(self._vms.emitter.queue)
        return {"status": "healthy", "is_kafka_connected": self._vms.is_connected, "events_waiting": waiting}

    async def _state(self, request: Request) -> Any:
        vms = self._vms
        orders = vms.world.orders_by_customer()
        return {
            "orders": [order_state(vms, row) for row in newest_first(list(vms.world.orders.values()))],
            "customers": [customer_state(vms, row, orders.get(id_, [])) for id_, row in vms.world.customers.items()],
            "articles": [article_state(vms, row) for row in vms.world.articles.values()],
            "warehouses": vms.world.warehouses,
            "orderStatuses": ORDER_STATUSES,
            "deliveryMethods": DELIVERY_METHODS,
            "now": vms.clock.text(vms.clock.now()),
        }

    async def _knobs(self, request: Request) -> Any:
        return self._vms.knobs.model_dump()

    async def _turn(self, request: Request) -> Any:
        try:
            return self._vms.turn(await object_of(request)).model_dump()
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            raise Refused(422, f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}") from error

    async def _reset(self, request: Request) -> Any:
        wanted = await model_of(request, Reset)
        self._vms.reset(cast("Seed | None", wanted.seed), wanted.first_id)
        self._clear()
        return {}

    async def _breaches(self, request: Request) -> Any:
        return self._vms.breaches.shown()

    async def _forgive(self, request: Request) -> Any:
        self._vms.breaches.clear()
        return {}

    async def _events(self, request: Request) -> Any:
        return self._vms.emitter.shown(after_of(request))

    async def _replay(self, request: Request) -> Any:
        wanted = await model_of(request, Replay)
        try:
            return {"n": [event.n for event in self._vms.emitter.replay(wanted.n)]}
        except KeyError as error:
            raise Refused(404, f"n: no event has the number {error}") from error

    async def _announce(self, request: Request) -> Any:
        vms, wanted = self._vms, await model_of(request, Announcement)
        before = len(vms.emitter.events)
        for customer in vms.world.customers.values() if "customer" in wanted.entities else ():
            tell_customer(vms, customer, wanted.changed_by, "updated")
        for article in vms.world.articles.values() if "article" in wanted.entities else ():
            tell_article(vms, article, wanted.changed_by, ["updated"])
        for order in vms.world.orders.values() if "order" in wanted.entities else ():
            tell_order(vms, order, wanted.changed_by, ["updated"])
        return {"events": len(vms.emitter.events) - before}
