"""Around every request: the trace it continues or begins, a limit for its body, and the last net for our own bugs.

Promises: no request line is logged (an address may hold what somebody typed); answers are never cached and never
sniffed; an exception nobody foresaw is a 500 without its message, counted and told by its place.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from console.endpoint import problems
from libs.runtime import context
from libs.runtime.outcomes import tell_bug

_HEADERS = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
)


class Guard:
    """Wraps the application; raw ASGI, so that nothing of the framework's own error pages is left."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; what is no HTTP is not served."""
        if scope["type"] != "http":
            return
        headers = dict(scope["headers"])
        trace = context.start(_text(headers, b"x-correlation-id"), _text(headers, b"traceparent"))
        is_begun = False

        async def sent(message: MutableMapping[str, Any]) -> None:
            nonlocal is_begun
            if message["type"] == "http.response.start":
                is_begun = True
                own = [*_HEADERS, (b"x-correlation-id", trace.correlation_id.encode())]
                names = {name for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(header for header in own if header[0] not in names)]
            await send(message)

        with context.bound(trace):
            if _length(headers) > problems.MOST_BYTES:
                await problems.answer(413, problems.TOO_LARGE)(scope, receive, sent)
                return
            try:
                await self._app(scope, _limited(receive), sent)
            except Exception as error:  # noqa: BLE001 - a bug of ours: told by its place, never by its message
                tell_bug("http", error)
                if not is_begun:
                    await problems.answer(500, problems.OURS)(scope, receive, sent)


def _limited(receive: Receive) -> Receive:
    read = 0

    async def limited() -> MutableMapping[str, Any]:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > problems.MOST_BYTES:
            raise problems.TooLarge
        return message

    return limited


def _length(headers: MutableMapping[bytes, bytes]) -> int:
    said = headers.get(b"content-length", b"")
    return int(said) if said.isdigit() else 0


def _text(headers: MutableMapping[bytes, bytes], name: bytes) -> str | None:
    value = headers.get(name)
    return value.decode("latin-1") if value is not None else None
