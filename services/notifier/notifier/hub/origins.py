"""Which web pages may use the hub from a browser.

Promises: a page of an origin that is not listed is refused, on WebSockets too, which browsers leave unchecked; a
program that is no browser sends no origin and is not asked for one. A page of the hub's own address needs no entry.
"""

from __future__ import annotations

from collections.abc import Iterable

from notifier.hub.answers import Headers, Refused, Request

_METHODS = b"GET, POST, DELETE, OPTIONS"
_HEADERS = b"authorization, content-type, x-requested-with, x-signalr-user-agent"
_KEPT_SECONDS = b"600"


class Origins:
    """The list, and what is answered by it."""

    def __init__(self, allowed: Iterable[str]) -> None:
        self._allowed = frozenset(allowed)

    def check(self, request: Request) -> Headers:
        """The headers that let the page read the answer; none where there is no page or it is ours.

        Raises:
            Refused: the page's origin is not listed.
        """
        origin = request.headers.get("origin")
        if origin is None or _is_own(origin, request):
            return ()
        if origin not in self._allowed:
            raise Refused(403, "Pages of this origin may not use the hub: HUB_ORIGINS lists those that may.", "origin")
        return [
            (b"access-control-allow-origin", origin.encode("latin-1")),
            (b"access-control-allow-credentials", b"true"),
            (b"vary", b"Origin"),
        ]


def _is_own(origin: str, request: Request) -> bool:
    """Whether the page came from the address it now asks: its scheme may be a balancer's."""
    _, _, host = origin.partition("://")
    return bool(host) and host == request.headers.get("host")


PREFLIGHT: Headers = [
    (b"access-control-allow-methods", _METHODS),
    (b"access-control-allow-headers", _HEADERS),
    (b"access-control-max-age", _KEPT_SECONDS),
]
