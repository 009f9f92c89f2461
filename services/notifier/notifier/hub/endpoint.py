"""The hub's address on raw ASGI: who asks is checked first, then the request goes to its transport.

Promises: no request gets past the origin list and the token; while the hub stops nothing new begins; a failure of ours
is a 500 that says nothing, and the log says where.
"""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Iterable, Mapping

from libs.contracts.access import Person
from libs.runtime.health import Receive, Scope, Send
from libs.runtime.outcomes import tell_bug
from notifier.hub import access, long_polling, posting, sse, websocket
from notifier.hub.answers import Gone, Headers, Refused, Request, answer, refuse
from notifier.hub.connection import Connection
from notifier.hub.core import Hub
from notifier.hub.negotiate import negotiate
from notifier.hub.origins import PREFLIGHT, Origins

PATH = "/hubs/keycrm"
Serve = Callable[[Request, Person, Send, Headers], Awaitable[None]]
"""Answers a request of a known person."""


class Endpoint:
    """An ASGI application for `PATH` and what lies below it."""

    def __init__(
        self, hub: Hub, people: access.People, origins: Iterable[str], beside: Mapping[str, Serve] | None = None
    ) -> None:
        """`beside`: further paths under the same origin list and tokens."""
        self._hub = hub
        self._beside = beside or {}
        self._people = people
        self._origins = Origins(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or WebSocket."""
        request = Request(scope)
        headers: Headers = ()
        try:
            headers = self._origins.check(request)
            if request.method == "OPTIONS":
                await answer(send, 204, headers=[*headers, *PREFLIGHT])
                return
            person = access.person_of(request, self._people)
            await self._serve(request, person, receive, send, headers)
        except Refused as refused:
            await refuse(request, receive, send, refused, headers)
        except Gone:
            return
        except Exception as error:  # noqa: BLE001 - the server would print the address, which may hold a token
            tell_bug("hub", error)
            with contextlib.suppress(Exception):  # the answer may have begun, the client may be gone
                await refuse(request, receive, send, Refused(500, "Something of ours failed.", "ours"), headers)

    async def _serve(self, request: Request, person: Person, receive: Receive, send: Send, headers: Headers) -> None:
        if request.path == f"{PATH}/negotiate":
            if request.method != "POST":
                raise Refused(405, "Negotiate with POST.", headers=[(b"allow", b"POST, OPTIONS")])
            self._check_open()
            await negotiate(request, person, self._hub.registry, send, headers)
        elif request.path == PATH:
            await self._transport(request, person, receive, send, headers)
        elif request.path in self._beside and not request.is_websocket:
            await self._beside[request.path](request, person, send, headers)
        else:
            raise Refused(404, f"The hub is at {PATH}.")

    async def _transport(
        self, request: Request, person: Person, receive: Receive, send: Send, headers: Headers
    ) -> None:
        hub = self._hub
        if request.is_websocket:
            self._check_open()
            await websocket.serve(self._for_websocket(request, person), hub.inbound, receive, send)
            return
        connection = self._known(request, person)
        if request.method == "POST":
            await posting.post(connection, hub.inbound, receive, send, headers, hub.limits.body_bytes)
        elif request.method == "DELETE":
            await posting.delete(connection, send, headers)
        elif request.method != "GET":
            raise Refused(405, "GET, POST and DELETE are served here.", headers=[(b"allow", b"GET, POST, DELETE")])
        elif "text/event-stream" in request.headers.get("accept", ""):
            self._check_free(connection, sse.NAME)
            await sse.serve(connection, hub.inbound, receive, send, headers)
        else:
            await self._poll(connection, receive, send, headers)

    async def _poll(self, connection: Connection, receive: Receive, send: Send, headers: Headers) -> None:
        polling = connection.transport
        if isinstance(polling, long_polling.Polling):
            await long_polling.poll(connection, polling, receive, send, headers, self._hub.limits.poll_seconds)
            return
        self._check_free(connection, long_polling.NAME)
        await long_polling.begin(connection, self._hub.inbound, send, headers)

    def _for_websocket(self, request: Request, person: Person) -> Connection:
        """The negotiated connection, or one of its own where the client did not negotiate."""
        if "id" not in request.query:
            return self._hub.add(person)
        connection = self._known(request, person)
        self._check_free(connection, websocket.NAME)
        return connection

    def _known(self, request: Request, person: Person) -> Connection:
        if not request.query.get("id"):
            raise Refused(400, "id: is missing: send the connectionToken that negotiate gave.")
        connection = self._hub.registry.find(request.query["id"], person)
        if connection is None:
            raise Refused(404, "There is no such connection: negotiate first.")
        return connection

    def _check_free(self, connection: Connection, wanted: str) -> None:
        """A connection has one transport, once."""
        self._check_open()
        if (transport := connection.transport) is not None:
            status = 409 if transport.name == wanted else 400
            raise Refused(status, f"This connection is carried by {transport.name} already.")

    def _check_open(self) -> None:
        if self._hub.is_stopping:
            again = [(b"retry-after", b"2")]
            raise Refused(503, "The hub is stopping: come back in a moment.", "stopping", again)
