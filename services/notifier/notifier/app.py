"""The composition of the notifier: `sync.event.v1` → note; one sender a channel; the relay for dead letters."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping

import structlog

from libs.contracts.topics import SYNC_EVENT
from libs.runtime.broker import Consumers
from libs.runtime.database import open_connection, open_database
from libs.runtime.publish import Publisher
from libs.runtime.run import Life, StartRefused
from libs.state.pauses import Pauses
from libs.state.relay import Relay
from notifier.channels import Way, open_ways
from notifier.domain import rules
from notifier.domain.rules import Rules, RulesError
from notifier.handlers.noting import Noting
from notifier.handlers.sending import Sender, Tools
from notifier.settings import Settings

log = structlog.get_logger("notifier.app")

SERVICE = "notifier"
SAMPLE = "see deploy/notify.sample.toml"


async def compose(life: Life, settings: Settings) -> None:
    """Open, join and start everything; nothing here needs the broker, the database or a channel to be up."""
    told, ways = read_rules(settings)
    database = await life.enter(open_database(settings, life.service))
    publisher = await life.enter(
        Publisher(settings.kafka_bootstrap_servers, life.service, settings.kafka_publish_seconds)
    )
    tools = Tools(database, life.service, life.clock, life.dice, life.new_id)
    senders = {name: Sender(tools, told.channels[name], way) for name, way in ways.items()}

    def poke() -> None:
        for sender in senders.values():
            sender.poke()

    consumers = Consumers(settings, life.service, publisher, clock=life.clock, dice=life.dice)
    noting = Noting(database, told, life.clock)
    delivery = consumers.deliver([SYNC_EVENT.name], life.service, noting.note, after=poke)
    relay = Relay(lambda: open_connection(settings, f"{life.service}-relay"), publisher.publish_all)
    life.spawn("consumers", consumers.run)
    for name, sender in senders.items():
        life.spawn(f"sender-{name}", sender.run)
    life.spawn("relay", relay.run)
    life.spawn("pauses", Pauses(database, life.service, [delivery], life.clock).run)
    life.health.add("broker", publisher.check)
    life.health.add("consumers", consumers.check)
    life.health.add("database", database.check)


def read_rules(settings: Settings) -> tuple[Rules, Mapping[str, Way]]:
    """The rules file and its channels; without one nobody is told.

    Raises:
        StartRefused: the file or a channel cannot be used; names table, key and fix, one line a mistake.
    """
    path = settings.notify_rules_file
    if path is None:
        log.warning("rules.absent", variable="NOTIFY_RULES_FILE", hint=SAMPLE)
        return Rules(), {}
    try:
        told = rules.read(tomllib.loads(path.read_text(encoding="utf-8")))
        return told, open_ways(told)
    except (OSError, UnicodeDecodeError) as error:
        what = error.strerror if isinstance(error, OSError) else "it is no UTF-8"
        raise StartRefused(f"NOTIFY_RULES_FILE: {path} cannot be read ({what}): {SAMPLE}") from error
    except tomllib.TOMLDecodeError as error:
        raise StartRefused(f"NOTIFY_RULES_FILE: {path} is not TOML: {error}: {SAMPLE}") from error
    except RulesError as error:
        lines = [f"NOTIFY_RULES_FILE: {path}: {problem}" for problem in error.problems]
        raise StartRefused("\n".join(lines)) from error
