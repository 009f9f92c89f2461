"""The composition of the console: every dead-letter topic → keep; the API over the database; the relay."""

from __future__ import annotations

from functools import partial

from console.endpoint.api import api
from console.handlers import keeping
from console.handlers.carrying_out import Bulks
from console.handlers.desk import Desk
from console.settings import Settings
from libs.contracts.topics import DEAD_LETTERS
from libs.runtime.access import Access, TwoRoles
from libs.runtime.broker import Consumers
from libs.runtime.database import open_connection, open_database
from libs.runtime.publish import Publisher
from libs.runtime.run import Life, StartRefused
from libs.state.pauses import Pauses
from libs.state.relay import Relay

SERVICE = "console"
TWO_ROLES = "CONSOLE_TOKENS: one token has two roles or names: give each person a token of their own"


async def compose(life: Life, settings: Settings) -> None:
    """Open, join and start everything; nothing here needs the broker or the database to be up."""
    access = _access(settings)
    database = await life.enter(open_database(settings, life.service))
    publisher = await life.enter(
        Publisher(settings.kafka_bootstrap_servers, life.service, settings.kafka_publish_seconds)
    )
    desk = Desk(database, life.clock, life.new_id, life.stopping)
    consumers = Consumers(settings, life.service, publisher, clock=life.clock, dice=life.dice)
    delivery = consumers.deliver(
        [topic.name for topic in DEAD_LETTERS], life.service, partial(keeping.keep, desk), decode=keeping.decode
    )
    relay = Relay(lambda: open_connection(settings, f"{life.service}-relay"), publisher.publish_all)
    life.spawn("consumers", consumers.run)
    life.spawn("relay", relay.run)
    life.spawn("bulks", Bulks(desk).run)
    life.spawn("pauses", Pauses(database, life.service, [delivery], life.clock).run)
    life.health.add("broker", publisher.check)
    life.health.add("consumers", consumers.check)
    life.health.add("database", database.check)
    life.mount(api(desk, access))


def _access(settings: Settings) -> Access:
    try:
        return Access(settings.console_tokens)
    except TwoRoles:
        raise StartRefused(TWO_ROLES) from None
