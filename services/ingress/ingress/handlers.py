"""One webhook: verify, understand, publish; answered only when it is durable in Kafka.

At least once: a webhook whose answer was lost is sent again and becomes a second event, which is a second hint for the
same entity. Nothing is remembered here, so nothing can be lost here.
"""

from __future__ import annotations

from enum import StrEnum

import structlog

from ingress import domain
from libs.runtime.context import Trace, bound
from libs.runtime.publish import Publisher

log = structlog.get_logger("ingress.handlers")


class Outcome(StrEnum):
    """What became of a webhook, as metrics and answers tell it."""

    ACCEPTED = "accepted"
    IGNORED = "ignored"
    DEAD_LETTER = "dead_letter"
    REFUSED = "refused"
    UNAVAILABLE = "unavailable"


class Receive:
    """The door of the system."""

    def __init__(self, secrets: domain.Secrets, publisher: Publisher) -> None:
        self._secrets = secrets
        self._publisher = publisher

    async def __call__(self, webhook: domain.Webhook, moment: domain.Moment) -> Outcome:
        """Take one webhook in.

        Raises:
            NotJson, BadWarehouse: verified, but cannot be read.
            BrokerAway: Kafka did not take it in time; the sender must come again.
        """
        verified = domain.verify(webhook, self._secrets)
        if verified is None:
            _tell("webhook.refused", moment, path=webhook.hook.value)
            return Outcome.REFUSED
        reading = domain.understand(verified)
        letters = [domain.to_letter(hint, number, moment) for number, hint in enumerate(reading.hints)]
        if reading.unknown is not None:
            _tell("webhook.dead_lettered", moment, path=webhook.hook.value, error=reading.unknown.error)
            letters.append(domain.to_dead_letter(verified, reading.unknown, moment))
        if not letters:
            return Outcome.IGNORED
        await self._publisher.publish_all(letters)
        return Outcome.ACCEPTED if reading.unknown is None else Outcome.DEAD_LETTER


def _tell(event: str, moment: domain.Moment, **fields: str) -> None:
    with bound(Trace(moment.correlation_id, moment.traceparent)):
        log.warning(event, **fields)
