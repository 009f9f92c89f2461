"""HTTP on raw ASGI, as far as the hub needs it: requests read within bounds, answers, refusals as problems.

Promises: a body over the limit is refused before it has been read; no refusal repeats what was sent; the same refusal
reaches a WebSocket's client before the upgrade, with its status.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

import orjson

from libs.runtime import metrics
from libs.runtime.health import Receive, Scope, Send

JSON, PROBLEM, BYTES = "application/json", "application/problem+json", "application/octet-stream"
Headers = Sequence[tuple[bytes, bytes]]
_FIELDS = 20


class Refused(Exception):
    """A request that cannot be served: status, what a person reads, and why it is counted."""

    def __init__(self, status: int, detail: str, reason: str = "request", headers: Headers = ()) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.reason = reason
        self.headers = headers


class Gone(Exception):
    """The client went away in the middle of its request."""


class Request:
    """What was asked for, read once."""

    __slots__ = ("headers", "is_websocket", "method", "path", "query", "scope")

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.is_websocket = scope["type"] == "websocket"
        self.method = "GET" if self.is_websocket else str(scope["method"])
        self.path = str(scope["path"])
        self.headers: dict[str, str] = {
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
        }
        self.query = _query(scope.get("query_string", b"").decode("latin-1"))


def _query(text: str) -> dict[str, str]:
    """The first value of each field; of an address with more fields than anybody needs nothing is taken."""
    try:
        found = parse_qs(text, keep_blank_values=True, max_num_fields=_FIELDS)
    except ValueError:
        return {}
    return {name: values[0] for name, values in found.items()}


async def body(receive: Receive, most: int) -> bytes:
    """A request's whole body.

    Raises:
        Refused: it is larger than allowed.
        Gone: the client went away.
    """
    parts, size, is_more = [], 0, True
    while is_more:
        event = await receive()
        if event["type"] == "http.disconnect":
            raise Gone
        part = event.get("body", b"")
        size += len(part)
        if size > most:
            raise Refused(413, f"A request here has at most {most} bytes.", "size")
        parts.append(part)
        is_more = event.get("more_body", False)
    return b"".join(parts)


async def answer(
    send: Send, status: int, content: bytes = b"", kind: str = "text/plain", headers: Headers = ()
) -> None:
    """One whole answer."""
    own = [(b"content-length", str(len(content)).encode()), (b"cache-control", b"no-store")]
    if content:
        own.append((b"content-type", kind.encode()))
    await send({"type": "http.response.start", "status": status, "headers": [*own, *headers]})
    await send({"type": "http.response.body", "body": content})


async def refuse(request: Request, receive: Receive, send: Send, refused: Refused, headers: Headers = ()) -> None:
    """A problem (RFC 9457); for a WebSocket in place of the upgrade."""
    metrics.HUB_REFUSED.labels(refused.reason).inc()
    content = orjson.dumps(problem(refused.status, refused.detail))
    every = [*refused.headers, *headers]
    if not request.is_websocket:
        await answer(send, refused.status, content, PROBLEM, every)
        return
    await receive()  # the server gives `websocket.connect` first
    if "websocket.http.response" not in request.scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008})
        return
    own = [(b"content-length", str(len(content)).encode()), (b"content-type", PROBLEM.encode())]
    await send({"type": "websocket.http.response.start", "status": refused.status, "headers": [*own, *every]})
    await send({"type": "websocket.http.response.body", "body": content})


def problem(status: int, detail: str) -> Mapping[str, Any]:
    """A refusal as RFC 9457 has it."""
    return {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
