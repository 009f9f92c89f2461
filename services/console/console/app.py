"""The composition of the console: dead letters, and what the ingress tells of itself → keep; the API and the pages
over the database; the relay.
"""

from __future__ import annotations

import secrets
import tomllib
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from console.domain import pairing
from console.domain.pairing import Pairing
from console.endpoint.api import api
from console.handlers import keeping
from console.handlers import presence as presences
from console.handlers.carrying_out import Bulks
from console.handlers.desk import Desk
from console.handlers.live import Live
from console.handlers.open_id import OpenId
from console.handlers.sessions import Sessions
from console.pages import open_id, rendering
from console.pages.frame import pages
from console.pages.site import Site
from console.settings import Settings
from libs.contracts.access import Role
from libs.contracts.topics import DEAD_LETTERS, SYNC_PROCESS
from libs.runtime.access import Access, TwoRoles
from libs.runtime.broker import Consumers
from libs.runtime.database import open_connection, open_database
from libs.runtime.health import ASGI, Receive, Scope, Send
from libs.runtime.listen import listen
from libs.runtime.presence import Presence
from libs.runtime.publish import Publisher
from libs.runtime.run import Life, StartRefused
from libs.state import feed
from libs.state.pauses import Pauses
from libs.state.processes import ProcessTable
from libs.state.relay import Relay

if TYPE_CHECKING:
    from libs.clients.oidc.issuer import Issuer

SERVICE = "console"
API_PATHS = ("/api/", "/docs", "/openapi.json")
NOT_ASSEMBLED = "the pages' libraries are not there: run `make setup`, or `python web/assemble.py`"
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
    telling = consumers.deliver([SYNC_PROCESS.name], f"{life.service}-presence", partial(presences.keep, desk))
    relay = Relay(lambda: open_connection(settings, f"{life.service}-relay"), publisher.publish_all)
    life.spawn("consumers", consumers.run)
    life.spawn("relay", relay.run)
    life.spawn("bulks", Bulks(desk).run)
    life.spawn("pauses", Pauses(database, life.service, [delivery, telling], life.clock).run)
    life.health.add("broker", publisher.check)
    life.health.add("consumers", consumers.check)
    life.health.add("database", database.check)
    presence = Presence(ProcessTable(database), life.health, life.service, settings.describe(), life.clock, life.new_id)
    life.spawn("presence", presence.run)
    live = Live(desk)
    life.spawn("live", live.run)
    life.spawn("feed-listener", partial(listen, settings, life.service, feed.CHANNEL, live.poke))
    site = _site(settings, desk, access, live)
    if (issuer := _issuer(settings)) is not None:
        await life.enter(issuer)
        site = replace(site, open_id=_open_id(life, settings, issuer, site.sessions))
    life.mount(joined(api(desk, access), pages(site)))


def _access(settings: Settings) -> Access:
    try:
        return Access(settings.console_tokens)
    except TwoRoles:
        raise StartRefused(TWO_ROLES) from None


def _site(settings: Settings, desk: Desk, access: Access, live: Live) -> Site:
    if not rendering.is_assembled():
        raise StartRefused(NOT_ASSEMBLED)
    sessions = Sessions(desk, access, partial(secrets.token_urlsafe, 32))
    url = settings.console_public_url
    is_secure = url is not None and url.scheme == "https"
    return Site(
        desk=desk,
        sessions=sessions,
        live=live,
        zone=ZoneInfo(settings.vms_time_zone),
        templates=rendering.environment(),
        is_secure=is_secure,
        names=_pairing(settings.sync_pairs_file),
    )


def _issuer(settings: Settings) -> Issuer | None:
    """The issuer of the settings, which are whole or were refused."""
    url, secret = settings.console_public_url, settings.console_oidc_client_secret
    if settings.issuer is None or url is None or secret is None:
        return None
    from libs.clients.oidc.issuer import Issuer  # a tenth of the console's memory, for those who have an issuer

    back = f"{str(url).rstrip('/')}{open_id.CALLBACK}"
    return Issuer(settings.issuer, settings.console_oidc_client_id or "", secret.get_secret_value(), back)


def _open_id(life: Life, settings: Settings, issuer: Issuer, sessions: Sessions) -> OpenId:
    roles = {value: Role(role) for value, role in settings.console_oidc_roles}
    new_secret = partial(secrets.token_urlsafe, 32)
    return OpenId(issuer, sessions, settings.console_oidc_role_claim, roles, new_secret, life.clock)


def _pairing(path: Path | None) -> Pairing:
    """The pairs file; a console without one works and says so on its page."""
    if path is None:
        return pairing.unread("not_set")
    try:
        return pairing.read(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        return pairing.unread("unreadable", type(error).__name__)
    except tomllib.TOMLDecodeError as error:
        return pairing.unread("not_toml", str(error))


def joined(own: ASGI, shown: ASGI) -> ASGI:
    """The API at its paths, the pages everywhere else."""

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        is_api = scope.get("path", "").startswith(API_PATHS)
        await (own if is_api else shown)(scope, receive, send)

    return served
