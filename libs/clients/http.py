"""The only HTTP of this project: one request within a time limit, logged and measured, its failures told apart.

Promises: a request ends within the seconds it is given, whatever the partner does. What failed before anything was
sent (`NothingSent`) is told apart from what left the outcome of a write unknown. One line `call.done` a request,
with ids, never with a query, a body, a header or a key. Refuses redirects and repeats: no request is sent twice.
"""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from types import TracebackType
from typing import Self

import httpx
import structlog
from pydantic import SecretStr

from libs.clients.answers import Partner, told
from libs.clients.wire import Call, Reply, json_bytes
from libs.runtime import metrics
from libs.runtime.context import current
from libs.runtime.errors import OutcomeUnknown, SyncError, TransientError, WorldUnavailable

CONNECT_SECONDS = 5.0
KEEP_ALIVE_SECONDS = 3.0
"""Shorter than any server's own (5 s is common): a connection reused as it is being closed loses a write's outcome."""
_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)

log = structlog.get_logger("clients.http")


class NothingSent(WorldUnavailable):
    """No connection: the partner never saw the request, and its grant goes back."""


class Connected(ABC):
    """Whoever owns connections: an async context that ends by `close`."""

    @abstractmethod
    async def close(self) -> None:
        """Close the connections."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


class Http(Connected):
    """One partner's address, connection pool and key."""

    def __init__(
        self,
        partner: Partner,
        base_url: str,
        headers: Mapping[str, str],
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.partner = partner
        self._base_url = base_url.rstrip("/")
        self._client = httpx.AsyncClient(
            headers={"Accept": "application/json", "User-Agent": "keycrm-vms-sync", **headers},
            timeout=httpx.Timeout(None, connect=CONNECT_SECONDS, pool=CONNECT_SECONDS),
            limits=httpx.Limits(keepalive_expiry=KEEP_ALIVE_SECONDS),
            transport=transport,
        )

    async def close(self) -> None:
        """Close the pool."""
        await self._client.aclose()

    async def exchange(self, call: Call, seconds: float) -> Reply:
        """Send the call and read the whole answer within `seconds`, whatever its status.

        Raises:
            NothingSent: no connection was made.
            TransientError: a read got no whole answer in time.
            OutcomeUnknown: a write got no whole answer in time.
        """
        started = time.monotonic()
        try:
            async with asyncio.timeout(seconds):
                reply = await self._send(call)
        except _UNSENT as error:
            self._done(call, started, None, "refused")
            reason = f"{self.partner.title} cannot be reached ({call.operation})"
            raise NothingSent(reason, self.partner.name) from error
        except (TimeoutError, httpx.HTTPError) as error:
            outcome = "timeout" if isinstance(error, TimeoutError) else "cut"
            self._done(call, started, None, outcome)
            raise self._lost(call, outcome) from error
        self._done(call, started, reply.status, "answered")
        return reply

    async def _send(self, call: Call) -> Reply:
        content = None if call.body is None else json_bytes(call.body)
        headers = {} if content is None else {"Content-Type": "application/json"}
        answer = await self._client.request(
            call.method, f"{self._base_url}{call.path}", content=content, headers={**headers, **current().outgoing()}
        )
        return Reply(answer.status_code, {k.lower(): v for k, v in answer.headers.items()}, answer.content)

    def _lost(self, call: Call, outcome: str) -> SyncError:
        reason = f"{self.partner.title} gave no answer to {told(call)}: {outcome}"
        return OutcomeUnknown(reason, call.reference) if call.is_write else TransientError(reason)

    def _done(self, call: Call, started: float, status: int | None, outcome: str) -> None:
        seconds = time.monotonic() - started
        metrics.CALLS.labels(self.partner.name, call.operation, str(status or outcome)).inc()
        metrics.CALL_SECONDS.labels(self.partner.name, call.operation).observe(seconds)
        if status == 429:
            metrics.THROTTLED.labels(self.partner.name).inc()
        log.info(
            "call.done",
            partner=self.partner.name,
            operation=call.operation,
            status=status,
            outcome=outcome,
            duration_seconds=round(seconds, 4),
            **call.ids,
        )


def bearer(key: SecretStr, setting: str) -> dict[str, str]:
    """The Authorization header.

    Raises:
        ValueError: the key is no header value; the setting is named, the key is not.
    """
    text = key.get_secret_value()
    if not text or not text.isascii() or any(not "!" <= character <= "~" for character in text):
        raise ValueError(f"{setting} must be one word of printable ASCII characters, without spaces or line breaks")
    return {"Authorization": f"Bearer {text}"}
