"""`POST …/negotiate`: how a client may connect, and the secret token that lets it.

Promises: version 1 gives a secret token apart from the public id, version 0 what old clients expect; the transports
that are offered are those that work.
"""

from __future__ import annotations

from typing import Any

import orjson

from libs.contracts.access import Person
from libs.runtime.health import Send
from notifier.hub.answers import JSON, Headers, Refused, Request, answer
from notifier.hub.registry import Full, Registry

_NEWEST_VERSION = 1
TRANSPORTS = (
    {"transport": "WebSockets", "transferFormats": ["Text", "Binary"]},
    {"transport": "ServerSentEvents", "transferFormats": ["Text"]},
    {"transport": "LongPolling", "transferFormats": ["Text", "Binary"]},
)


async def negotiate(request: Request, person: Person, registry: Registry, send: Send, headers: Headers) -> None:
    """Answer with a new connection.

    Raises:
        Refused: the hub is full.
    """
    try:
        told = _told(request.query.get("negotiateVersion", "0"), person, registry)
    except Full as full:
        raise Refused(503, f"{full}.", "limit", [(b"retry-after", b"15")]) from None
    await answer(send, 200, orjson.dumps(told), JSON, headers)


def _told(asked: str, person: Person, registry: Registry) -> dict[str, Any]:
    if not asked.isascii() or not asked.isdigit() or len(asked) > 9:
        return {"error": "negotiateVersion: is no whole number from 0"}
    version = min(int(asked), _NEWEST_VERSION)
    connection = registry.add(person, is_secret=version > 0)
    secret = {"connectionToken": connection.key} if version > 0 else {}
    return {"connectionId": connection.id, "negotiateVersion": version, "availableTransports": TRANSPORTS} | secret
