"""Around every page: what the browser may do with it, the trace, a limit for its body, and the last net for our bugs.

Promises: no script, style, font, picture or connection of another host, none inline, no frame around us; pages are
never cached, static files for a year; an exception nobody foresaw is a page without its message.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any
from urllib.parse import parse_qs

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from console.pages.failures import failed
from console.pages.rendering import STATIC
from console.pages.view import LANGUAGE_COOKIE
from libs.runtime import context
from libs.runtime.outcomes import tell_bug
from libs.wording.languages import chosen

MOST_BYTES = 256 * 1024
"""A form of many questions is a few lines each."""
YEAR_SECONDS = 365 * 24 * 3600
POLICY = "; ".join((
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "font-src 'self'",
    "connect-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
))  # fmt: skip
_HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=()"),
)
_SECURE = (b"strict-transport-security", f"max-age={YEAR_SECONDS}".encode())


class Guard:
    """Wraps the pages; raw ASGI, so that an answer that does not end is passed on as it comes."""

    def __init__(self, app: ASGIApp, state: Any, *, is_secure: bool) -> None:
        """`state` is what the failure's page knows of the application."""
        self._app = app
        self._state = state
        self._is_secure = is_secure

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
                message["headers"] = [*message["headers"], *self._own(scope, message)]
            await send(message)

        with context.bound(trace):
            scope.setdefault("app", self._state)
            if _length(headers) > MOST_BYTES:
                await failed(Request(scope), 413)(scope, receive, sent)
                return
            try:
                await self._app(scope, _limited(receive), sent)
            except Exception as error:  # noqa: BLE001 - a bug of ours: told by its place, never by its message
                tell_bug("pages", error)
                if not is_begun:
                    await failed(Request(scope), 500)(scope, receive, sent)

    def _own(self, scope: Scope, message: MutableMapping[str, Any]) -> list[tuple[bytes, bytes]]:
        """The headers that the answer does not have yet."""
        is_static = scope["path"].startswith(f"{STATIC}/") and message["status"] in (200, 304)
        kept = f"public, max-age={YEAR_SECONDS}, immutable".encode() if is_static else b"no-store"
        own = [*_HEADERS, (b"cache-control", kept), *([_SECURE] if self._is_secure else [])]
        names = {name for name, _ in message["headers"]}
        asked = chosen(parse_qs(scope.get("query_string", b"").decode("latin-1")).get("lang", [""])[0])
        return [header for header in own if header[0] not in names] + ([self._cookie(asked)] if asked else [])

    def _cookie(self, language: str) -> tuple[bytes, bytes]:
        """Whoever has chosen a language keeps it."""
        cookie = f"{LANGUAGE_COOKIE}={language}; Path=/; Max-Age={YEAR_SECONDS}; SameSite=Lax; HttpOnly"
        return b"set-cookie", (cookie + ("; Secure" if self._is_secure else "")).encode()


def _limited(receive: Receive) -> Receive:
    read = 0

    async def limited() -> MutableMapping[str, Any]:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > MOST_BYTES:
            raise HTTPException(413)
        return message

    return limited


def _length(headers: MutableMapping[bytes, bytes]) -> int:
    said = headers.get(b"content-length", b"")
    return int(said) if said.isdigit() else 0


def _text(headers: MutableMapping[bytes, bytes], name: bytes) -> str | None:
    value = headers.get(name)
    return value.decode("latin-1") if value is not None else None
