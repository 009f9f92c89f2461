"""A webhook and a mail server that really listen, in threads of their own: what they got, and what they answer."""

from __future__ import annotations

import contextlib
import email
import email.policy
import json
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Webhook:
    """`status` is what it answers; while `held` is clear it answers nothing."""

    port: int
    status: int = 200
    got: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    held: threading.Event = field(default_factory=threading.Event)

    def url(self, path: str = "news") -> str:
        """As the rules file names it."""
        return f"json://127.0.0.1:{self.port}/{path}"

    def titles(self) -> list[str]:
        """What people read first, in order."""
        return [one["title"] for one in self.got]


@contextlib.contextmanager
def listening() -> Iterator[Webhook]:
    """A webhook until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            webhook.paths.append(self.path)
            webhook.got.append(json.loads(body))
            webhook.held.wait(30)
            with contextlib.suppress(OSError):  # who asked has gone
                self.send_response(webhook.status)
                self.send_header("content-length", "0")
                self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    webhook = Webhook(server.server_port)
    webhook.held.set()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield webhook
    finally:
        webhook.held.set()
        server.shutdown()
        server.server_close()
        thread.join(5)


@dataclass
class Mailbox:
    """A mail server that takes everything."""

    port: int
    got: list[EmailMessage] = field(default_factory=list)

    def url(self, query: str = "to=shop@example.com") -> str:
        """As the rules file names it."""
        return f"mailto://127.0.0.1:{self.port}?from=sync@example.com&{query}"


@contextlib.contextmanager
def taking_mail() -> Iterator[Mailbox]:
    """A mail server until the block ends."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 here\r\n")
            while (command := self.rfile.readline()[:4].upper()) not in (b"QUIT", b""):
                if command == b"DATA":
                    self.wfile.write(b"354 go on\r\n")
                    told = b"".join(iter(self.rfile.readline, b".\r\n"))
                    box.got.append(email.message_from_bytes(told, policy=email.policy.default))
                self.wfile.write(b"250 done\r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        box = Mailbox(server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield box
        finally:
            server.shutdown()
            thread.join(5)
