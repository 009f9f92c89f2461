"""The composition of the notifier: `sync.event.v1` → note; one sender a channel; the relay for dead letters."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping

import structlog

from libs.contracts.topics import SYNC_EVENT
from libs.runtime.broker import Consumers
from libs.runtime.database import open_connection, open_database
from libs.runtime.publish import Publisher
from libs.runtime.run import Life, StartRefused
from libs.state.news import Declared
from libs.state.pauses import Pauses
from libs.state.relay import Relay
from notifier.channels import Way, open_ways
from notifier.domain import reading
from notifier.domain.rules import Rules, RulesError
from notifier.handlers import trying
from notifier.handlers.noting import Noting
from notifier.handlers.sending import Sender, Tools
from notifier.handlers.trying import Trying
from notifier.handlers.watching import Watching
from notifier.settings import RulesSettings, Settings

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
    tools = Tools(database, life.service, life.clock, life.dice, life.new_id, settings.console)
    senders = {name: Sender(tools, told.channels[name], way) for name, way in ways.items()}

    def poke() -> None:
        for sender in senders.values():
            sender.poke()

    consumers = Consumers(settings, life.service, publisher, clock=life.clock, dice=life.dice)
    noting = Noting(database, told, life.clock)
    delivery = consumers.deliver([SYNC_EVENT.name], life.service, noting.note, after=poke)
    relay = Relay(lambda: open_connection(settings, f"{life.service}-relay"), publisher.publish_all)
    life.spawn("consumers", consumers.run)
    found = [Declared(name, ways[name].kind, one.language, one.people) for name, one in told.channels.items()]
    life.spawn("watching", Watching(database, told, life.clock, poke, found).run)
    life.spawn("trying", Trying(database, told, ways, life.clock, settings.console).run)
    for name, sender in senders.items():
        life.spawn(f"sender-{name}", sender.run)
    life.spawn("relay", relay.run)
    life.spawn("pauses", Pauses(database, life.service, [delivery], life.clock).run)
    life.health.add("broker", publisher.check)
    life.health.add("consumers", consumers.check)
    life.health.add("database", database.check)


async def try_channels(
    settings: RulesSettings, channel: str | None, asked_by: str, tell: Callable[[str], None]
) -> bool:
    """Send one message through each channel, or through one; answers whether all were taken.

    Raises:
        StartRefused: the rules cannot be used, or have no such channel.
    """
    if settings.notify_rules_file is None:
        raise StartRefused(f"NOTIFY_RULES_FILE: is missing: name the rules file: {SAMPLE}")
    told, ways = read_rules(settings)
    if channel is not None and channel not in ways:
        raise StartRefused(f"--channel: no channel of this name is in the rules: known are {', '.join(ways)}")
    chosen = ways if channel is None else {channel: ways[channel]}
    return await trying.try_all(told, chosen, asked_by, settings.console, tell)


def read_rules(settings: RulesSettings) -> tuple[Rules, Mapping[str, Way]]:
    """The rules file and its channels; without one nobody is told.

    Raises:
        StartRefused: the file or a channel cannot be used; names table, key and fix, one line a mistake.
    """
    path = settings.notify_rules_file
    if path is None:
        log.warning("rules.absent", variable="NOTIFY_RULES_FILE", hint=SAMPLE)
        return Rules(), {}
    try:
        told = reading.read(tomllib.loads(path.read_text(encoding="utf-8")))
        return told, open_ways(told)
    except (OSError, UnicodeDecodeError) as error:
        what = error.strerror if isinstance(error, OSError) else "it is no UTF-8"
        raise StartRefused(f"NOTIFY_RULES_FILE: {path} cannot be read ({what}): {SAMPLE}") from error
    except tomllib.TOMLDecodeError as error:
        raise StartRefused(f"NOTIFY_RULES_FILE: {path} is not TOML: {error}: {SAMPLE}") from error
    except RulesError as error:
        lines = [f"NOTIFY_RULES_FILE: {path}: {problem}" for problem in error.problems]
        raise StartRefused("\n".join(lines)) from error
