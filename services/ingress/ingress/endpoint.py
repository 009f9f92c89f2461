"""The webhook paths as one raw ASGI callable: bytes in within limits, problems (RFC 9457) out.

Promises: exactly 200 once the handler says that the event is safe, 503 with `Retry-After` when it is not; never a
200 without that, never a 4xx for a failure of ours. No answer and no log repeats a path, a query, a header or a body.
Raw, because a framework around it costs more than all the rest (docs/benchmarks.md).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import cache
from http import HTTPStatus

import orjson
from prometheus_client import Counter, Histogram

from ingress import domain
from ingress.handlers import Outcome
from libs.runtime import metrics
from libs.runtime.errors import WorldUnavailable
from libs.runtime.health import Receive, Scope, Send

MOST_BYTES = 512 * 1024
"""The largest body; a topic takes 1 MiB, and a dead letter is a body and its reason."""
MOST_IN_FLIGHT = 2000
"""Beyond it a webhook is sent away at once: with the broker away each waits for the whole time limit."""
BODY_SECONDS = 10.0
RETRY_AFTER_SECONDS = 5
NO_PATH = "unknown"

Handler = Callable[[domain.Webhook, domain.Moment], Awaitable[Outcome]]
Begin = Callable[[str | None, str | None], domain.Moment]
"""A moment from the request's correlation id and traceparent, where it has them."""

Header = tuple[bytes, bytes]
_JSON = (b"application/json", b"+json")
_OK = b'{"status":"ok"}'
_OK_HEADERS = ((b"content-type", b"application/json"), (b"content-length", str(len(_OK)).encode()))


class Problem(Exception):
    """An answer that is not 200; `detail` says what to do and holds nothing of the request."""

    def __init__(self, status: int, detail: str, *headers: Header, outcome: Outcome = Outcome.REFUSED) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = headers
        self.outcome = outcome


class Disconnected(Exception):
    """The sender went away before its body was whole: there is nobody to answer."""


class Endpoint:
    """Serves every path below `/api/keycrm/webhook`."""

    def __init__(
        self, handle: Handler, begin: Begin, body_seconds: float = BODY_SECONDS, most_in_flight: int = MOST_IN_FLIGHT
    ) -> None:
        self._handle = handle
        self._begin = begin
        self._body_seconds = body_seconds
        self._most_in_flight = most_in_flight
        self._in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; what is no HTTP is not served."""
        if scope["type"] != "http":
            return
        started = time.perf_counter()
        found = domain.door(scope["raw_path"])
        outcome = Outcome.REFUSED
        self._in_flight += 1
        try:
            outcome = await self._serve(scope, receive, send, found)
        except Problem as problem:
            outcome = problem.outcome
            await _tell(send, problem)
        except Disconnected:
            pass
        finally:
            self._in_flight -= 1
            counter, seconds = _metrics(found[0] if found else NO_PATH, outcome)
            counter.inc()
            seconds.observe(time.perf_counter() - started)

    async def _serve(
        self, scope: Scope, receive: Receive, send: Send, found: tuple[domain.Hook, tuple[bytes, ...]] | None
    ) -> Outcome:
        if found is None:
            raise Problem(404, f"There is no such webhook; they are listed below {domain.ROOT} in the README.")
        if scope["method"] != "POST":
            raise Problem(405, "A webhook is sent by POST.", (b"allow", b"POST"))
        if self._in_flight > self._most_in_flight:
            raise _unavailable("Too many webhooks are waiting")
        headers = _Headers(scope["headers"])
        tokens, warehouse = domain.query(scope["query_string"])
        body = await _body(receive, headers.length, self._body_seconds)
        webhook = domain.Webhook(found[0], body, tuple(headers.signatures), (*found[1], *tokens), warehouse)
        moment = self._begin(headers.correlation_id, headers.traceparent)
        outcome = await self._outcome(webhook, moment, headers.is_json)
        trace = (b"x-correlation-id", moment.correlation_id.encode())
        await send({"type": "http.response.start", "status": 200, "headers": [*_OK_HEADERS, trace]})
        await send({"type": "http.response.body", "body": _OK})
        return outcome

    async def _outcome(self, webhook: domain.Webhook, moment: domain.Moment, is_json: bool) -> Outcome:
        try:
            outcome = await self._handle(webhook, moment)
        except domain.NotJson:
            status, detail = (400, "The body is not valid JSON.") if is_json else (415, "Send the body as JSON.")
            raise Problem(status, detail) from None
        except domain.BadWarehouse:
            raise Problem(400, "Parameter 'warehouse' must be KeyCRM's id of a warehouse: digits only.") from None
        except WorldUnavailable as error:
            raise _unavailable("The event could not be stored in time") from error
        if outcome is Outcome.REFUSED:
            raise Problem(
                401,
                "Sign the raw body (X-KeyCRM-Signature: hex HMAC-SHA256), or end the path with /t/<secret>.",
                (b"www-authenticate", b"KeyCRM-Signature"),
            )
        return outcome


@cache
def _metrics(path: str, outcome: Outcome) -> tuple[Counter, Histogram]:
    """Looked up once for each pair: labels cost more than counting."""
    return metrics.WEBHOOKS.labels(path, outcome), metrics.WEBHOOK_SECONDS.labels(outcome)


class _Headers:
    """The few headers we look at, in one pass."""

    __slots__ = ("correlation_id", "is_json", "length", "signatures", "traceparent")

    def __init__(self, headers: list[Header]) -> None:
        self.length = 0
        self.is_json = True
        self.signatures: list[bytes] = []
        self.correlation_id: str | None = None
        self.traceparent: str | None = None
        for name, value in headers:
            if name == b"x-keycrm-signature":
                self.signatures.append(value)
            elif name == b"content-length":
                self.length = int(value) if value.isdigit() else 0
            elif name == b"content-type":
                self.is_json = value.partition(b";")[0].strip().lower().endswith(_JSON)
            elif name == b"x-correlation-id":
                self.correlation_id = value.decode("latin-1")
            elif name == b"traceparent":
                self.traceparent = value.decode("latin-1")


async def _body(receive: Receive, said_length: int, seconds: float) -> bytes:
    if said_length > MOST_BYTES:
        raise _too_large()
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body", False):
        body: bytes = message.get("body", b"")
        if len(body) > MOST_BYTES:
            raise _too_large()
        return body
    try:
        async with asyncio.timeout(seconds):
            return await _further(receive, message)
    except TimeoutError:
        raise Problem(408, "The body did not come in time.", (b"connection", b"close")) from None


async def _further(receive: Receive, message: Scope) -> bytes:
    parts = bytearray()
    while True:
        if message["type"] != "http.request":
            raise Disconnected
        parts += message.get("body", b"")
        if len(parts) > MOST_BYTES:
            raise _too_large()
        if not message.get("more_body", False):
            return bytes(parts)
        message = await receive()


def _too_large() -> Problem:
    # The connection stays: closed with bytes unread it is reset, and the sender never sees the answer.
    return Problem(413, f"A webhook has at most {MOST_BYTES} bytes.")


def _unavailable(why: str) -> Problem:
    retry_after = (b"retry-after", str(RETRY_AFTER_SECONDS).encode())
    return Problem(503, f"{why}: send the webhook again.", retry_after, outcome=Outcome.UNAVAILABLE)


async def _tell(send: Send, problem: Problem) -> None:
    title = HTTPStatus(problem.status).phrase
    body = orjson.dumps({"type": "about:blank", "title": title, "status": problem.status, "detail": problem.detail})
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
        *problem.headers,
    ]
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
