"""The ingress's peers, each a program: `python -m tests.bench.doors <which> --port N [--kafka host:port]`.

`no-op` answers at once: what the server alone costs. `hand-written` is what one would write without this project:
HMAC, one id out of the body, the body produced as it is, idempotent and acknowledged by all replicas. `unpublished`
is our own endpoint and handler with a publisher that writes nothing. All three run in our own server, with its
settings, its event loop and its tuned collector.
"""

from __future__ import annotations

import argparse
import asyncio
import hmac
import signal
from collections.abc import Sequence
from dataclasses import replace

import orjson
import uvloop
from aiokafka import AIOKafkaProducer

from ingress.app import begin
from ingress.domain import Secrets
from ingress.endpoint import Endpoint
from ingress.handlers import Receive
from libs.contracts.topics import KEYCRM_ORDER
from libs.runtime import health
from libs.runtime.publish import Publisher, Record
from libs.runtime.run import Life, calm_collector
from libs.runtime.serve import bind, serve
from tests.bench.webhooks import SECRET

OK = b'{"status":"ok"}'
OK_HEADERS = [(b"content-type", b"application/json"), (b"content-length", str(len(OK)).encode())]
KEY = SECRET.encode()
BATCH_BYTES = 256 * 1024


async def no_op(scope: health.Scope, receive: health.Receive, send: health.Send) -> None:
    """Nothing but an answer."""
    await _answer(send, 200, OK)


HAND_WRITTEN = replace(KEYCRM_ORDER, name="bench.hand-written")
"""Not the services' own topic: they would find records there that are no events of theirs."""


class HandWritten:
    """The shortest handler that verifies and keeps a webhook."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self._producer = producer

    async def __call__(self, scope: health.Scope, receive: health.Receive, send: health.Send) -> None:
        """One webhook."""
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        shown = next((value for name, value in scope["headers"] if name == b"x-keycrm-signature"), b"")
        if not hmac.compare_digest(shown, hmac.digest(KEY, body, "sha256").hex().encode()):
            await _answer(send, 401, b"{}")
            return
        document = orjson.loads(body)
        order_id = str(document["context"]["id"]).encode()
        headers = [("event", document["event"].encode()), ("source", b"/keycrm/webhook")]
        await (await self._producer.send(HAND_WRITTEN.name, body, order_id, headers=headers))
        await _answer(send, 200, OK)


class Nowhere(Publisher):
    """A publisher that says everything is durable."""

    async def publish_all(self, records: Sequence[Record], timeout_seconds: float | None = None) -> None:
        """Nothing is written."""


async def _answer(send: health.Send, status: int, body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": OK_HEADERS})
    await send({"type": "http.response.body", "body": body})


async def _live(which: str, port: int, bootstrap: str) -> None:
    stopping, loop = asyncio.Event(), asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stopping.set)
    bound = bind("127.0.0.1", port)
    producer: AIOKafkaProducer | None = None
    app: health.ASGI = no_op
    if which == "hand-written":
        producer = AIOKafkaProducer(
            bootstrap_servers=bootstrap, acks="all", enable_idempotence=True, max_batch_size=BATCH_BYTES, linger_ms=0
        )
        await producer.start()
        app = HandWritten(producer)
    elif which == "unpublished":
        secrets = Secrets(hmac=(KEY,), url=())
        app = health.routes(health.Health("door"), Endpoint(Receive(secrets, Nowhere("", "door")), begin(Life.clock)))
    calm_collector()
    await serve(app, bound, stopping)
    if producer is not None:
        await producer.stop()


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser()
    parser.add_argument("which", choices=("no-op", "hand-written", "unpublished"))
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--kafka", default="")
    wanted = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_live(wanted.which, wanted.port, wanted.kafka))


if __name__ == "__main__":
    main()
