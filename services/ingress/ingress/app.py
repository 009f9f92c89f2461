"""What the ingress is made of: one producer, one handler, one endpoint, and a word of itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from ingress.domain import Moment, Secrets
from ingress.endpoint import Begin, Endpoint
from ingress.handlers import Receive
from ingress.settings import Settings
from libs.runtime import context
from libs.runtime.presence import Presence
from libs.runtime.presence_topic import ProcessTopic
from libs.runtime.publish import Publisher
from libs.runtime.run import Life, run

SERVICE = "ingress"


def start(settings: Settings) -> None:
    """Run until the process is told to stop."""
    run(SERVICE, settings, compose(settings))


def compose(settings: Settings) -> Callable[[Life], Awaitable[None]]:
    """How this service is put together."""

    async def composed(life: Life) -> None:
        publisher = await life.enter(
            Publisher(settings.kafka_bootstrap_servers, SERVICE, settings.kafka_publish_seconds)
        )
        life.health.add("broker", publisher.check)
        presence = Presence(
            ProcessTopic(publisher, life.new_id), life.health, SERVICE, settings.describe(), life.clock, life.new_id
        )
        life.spawn("presence", presence.run)
        life.mount(Endpoint(Receive(secrets(settings), publisher), begin(life.clock)))

    return composed


def secrets(settings: Settings) -> Secrets:
    """The live secrets as bytes."""
    return Secrets(
        hmac=tuple(secret.get_secret_value().encode() for secret in settings.webhook_hmac_secrets),
        url=tuple(secret.get_secret_value().encode() for secret in settings.webhook_url_secrets),
    )


def begin(clock: Callable[[], datetime]) -> Begin:
    """A request's moment: the time, a new id, and the trace it continues or begins."""

    def moment(correlation_id: str | None, traceparent: str | None) -> Moment:
        trace = context.start(correlation_id, traceparent)
        return Moment(clock(), context.new_id(), trace.correlation_id, trace.traceparent)

    return moment
