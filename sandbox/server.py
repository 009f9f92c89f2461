"""Runs one sandbox app under uvicorn, on a connection that a fault can cut without a byte.

uvicorn answers 500 for an app that ends without an answer, so the cut closes the transport itself.
"""

from __future__ import annotations

import asyncio
from typing import cast

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from sandbox.edge import CUT


class CuttingProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol, with `scope["sandbox.cut"]`."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn declares it
        super().connection_made(transport)
        inner = cast(ASGIApp, self.app)

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            scope[CUT] = transport.abort
            await inner(scope, receive, send)

        self.app = app


def configure(app: ASGIApp, host: str, port: int) -> uvicorn.Config:
    """uvicorn's configuration for a sandbox: quiet, because addresses carry webhook secrets and phones."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http=CuttingProtocol,
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=2,
    )


def run(app: ASGIApp, name: str, host: str, port: int) -> None:
    """Serve until SIGTERM or Ctrl-C."""
    print(f"{name} sandbox on http://{host}:{port}/", flush=True)
    uvicorn.Server(configure(app, host, port)).run()
