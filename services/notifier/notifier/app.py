"""The composition of the notifier: `sync.event.v1` → note and feed; one sender a channel; the hub; the relay."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from functools import partial

import structlog

from libs.contracts.access import Person
from libs.contracts.topics import SYNC_EVENT
from libs.runtime.access import Access, TwoRoles
from libs.runtime.broker import Consumers
from libs.runtime.database import Database, open_connection, open_database
from libs.runtime.health import Send
from libs.runtime.listen import listen
from libs.runtime.presence import Presence
from libs.runtime.publish import Publisher
from libs.runtime.run import Life, StartRefused
from libs.runtime.serve import LongLived
from libs.state import feed
from libs.state.news import Declared
from libs.state.pauses import Pauses
from libs.state.processes import ProcessTable
from libs.state.relay import Relay
from notifier.channels import Way, open_ways
from notifier.domain import reading
from notifier.domain.groups import is_group, normal
from notifier.domain.rules import Rules, RulesError
from notifier.endpoint import events
from notifier.handlers import trying
from notifier.handlers.catching_up import CatchingUp
from notifier.handlers.feeding import Feeding
from notifier.handlers.noting import Noting
from notifier.handlers.sending import Sender, Tools
from notifier.handlers.trying import Trying
from notifier.handlers.watching import Watching
from notifier.hub.answers import Headers, Request
from notifier.hub.core import Hub
from notifier.hub.endpoint import Endpoint
from notifier.hub.joining import WHICH
from notifier.hub.limits import Limits
from notifier.settings import RulesSettings, Settings

log = structlog.get_logger("notifier.app")

SERVICE = "notifier"
TWO_ROLES = "HUB_TOKENS: a token has two roles, names or groups, here or in CONSOLE_TOKENS: give each its own"
SAMPLE = "see deploy/notify.sample.toml"


async def compose(life: Life, settings: Settings) -> None:
    """Open, join and start everything; nothing here needs the broker, the database or a channel to be up."""
    told, ways = read_rules(settings)
    if ways and settings.console is None:
        log.warning(
            "links.absent", variable="CONSOLE_PUBLIC_URL", hint="without it messages say what, but lead nowhere"
        )
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
    presence = Presence(ProcessTable(database), life.health, life.service, settings.describe(), life.clock, life.new_id)
    life.spawn("presence", presence.run)
    _open_hub(life, settings, database)


def _open_hub(life: Life, settings: Settings, database: Database) -> None:
    """The hub and the feed it says."""
    bounds = Limits(connections=settings.hub_connections, connections_per_person=settings.hub_connections_per_token)
    hub = Hub(life.monotonic, bounds, settings.hub_copy)
    feeding = Feeding(database, hub, life.clock, settings.console)
    hub.define({}, {"since": CatchingUp(feeding, bounds).since})

    async def page(request: Request, person: Person, send: Send, headers: Headers) -> None:
        await events.serve(request, person, feeding, send, headers)

    life.spawn("hub", hub.run)
    life.spawn("feed", feeding.run)
    life.spawn("feed-listener", partial(listen, settings, life.service, feed.CHANNEL, feeding.wake))
    endpoint = Endpoint(hub, _people(settings), settings.hub_origins, {events.PATH: page})
    life.mount(endpoint, LongLived(hub.leave))


def _people(settings: Settings) -> Access:
    if not settings.hub_tokens and not settings.console_tokens:
        log.warning("hub.nobody", variable="HUB_TOKENS", hint="without tokens nobody can listen to the hub")
    if not all(is_group(normal(group)) for entry in settings.hub_tokens for group in entry.groups or ()):
        raise StartRefused(f"HUB_TOKENS: an entry names an unknown group: {WHICH}")
    try:
        return Access((*settings.hub_tokens, *settings.console_tokens))
    except TwoRoles:
        raise StartRefused(TWO_ROLES) from None


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
