"""Open what an applier works with: database, broker, clients, quota, pairs; the relay and the gauges beside them.

Promises: nothing here needs KeyCRM, VMS, Kafka or PostgreSQL to be up. A pairs file that cannot be used, or a key of
another environment, refuses the start with one sentence.
"""

from __future__ import annotations

import asyncio
import tomllib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from libs.clients.keycrm import KeyCrmClient
from libs.clients.terms import Terms
from libs.clients.vms import VmsClient
from libs.contracts.types import Lane, Side
from libs.flow.flow import Flow
from libs.flow.settings import FlowSettings
from libs.reconcile.guard import Limits
from libs.reconcile.pair_rows import PairsError
from libs.reconcile.pairs import Pairs
from libs.runtime.broker import Consumers
from libs.runtime.circuit import Circuits
from libs.runtime.database import open_connection, open_database
from libs.runtime.errors import TransientError, WorldUnavailable
from libs.runtime.listen import listen
from libs.runtime.pace import Pace
from libs.runtime.presence import Presence
from libs.runtime.publish import Publisher
from libs.runtime.run import Life, StartRefused
from libs.runtime.worker import Worker
from libs.state import watermarks
from libs.state.due import CHANNEL
from libs.state.processes import ProcessTable
from libs.state.quota import PostgresQuota
from libs.state.relay import Relay
from libs.wording.pairs import SETTING, mistake

START_AT = "sync.start-at"


@dataclass(frozen=True, slots=True)
class Opened:
    """What `app.py` composes its workers of."""

    flow: Flow
    quota: PostgresQuota
    circuits: Circuits
    consumers: Consumers
    settings: FlowSettings
    life: Life

    def pace(self) -> Pace:
        """A pace for one worker."""
        return Pace(self.life.monotonic, round_seconds=self.settings.round_seconds())

    async def probe(self) -> None:
        """Ask both partners for a sign of life, cheaply; one that fails the cheapest question is away.

        Raises:
            WorldUnavailable: names the partner.
        """
        for partner, ask in ((Side.VMS, self.flow.vms.health), (Side.KEYCRM, self.flow.keycrm.ping)):
            try:
                await ask(Terms(Lane.RECONCILE))
            except TransientError as error:
                raise WorldUnavailable(error.reason, partner) from error


async def open_flow(life: Life, settings: FlowSettings, side: Side) -> Opened:
    """Everything an applier of that side works with."""
    pairs = read_pairs(settings.sync_pairs_file)
    database = await life.enter(open_database(settings, life.service))
    publisher = await life.enter(
        Publisher(settings.kafka_bootstrap_servers, life.service, settings.kafka_publish_seconds)
    )
    quota = PostgresQuota(database, life.clock, calls_per_minute=settings.keycrm_calls_per_minute)
    keycrm = await life.enter(
        KeyCrmClient(
            str(settings.keycrm_base_url), key_of(settings), quota, life.clock,
            timeout_seconds=settings.keycrm_timeout_seconds,
        )
    )  # fmt: skip
    vms = await life.enter(
        VmsClient(
            str(settings.vms_base_url), life.clock, token=settings.vms_api_token,
            timeout_seconds=settings.vms_timeout_seconds,
        )
    )  # fmt: skip
    flow = Flow(
        service=life.service, side=side, database=database, keycrm=keycrm, vms=vms, pairs=pairs,
        zone=ZoneInfo(settings.vms_time_zone), times=settings.times(),
        image_max_age_seconds=settings.sync_image_max_age_seconds, our_source_id=settings.keycrm_source_id,
        limits=Limits(settings.sync_blast_radius_share),
        clock=life.clock, new_id=life.new_id,
    )  # fmt: skip
    consumers = Consumers(settings, life.service, publisher, clock=life.clock, dice=life.dice)
    life.spawn("consumers", consumers.run)
    relay = Relay(lambda: open_connection(settings, f"{life.service}-relay"), publisher.publish_all)
    life.spawn("relay", relay.run)
    life.health.add("broker", publisher.check)
    life.health.add("consumers", consumers.check)
    life.health.add("database", database.check)
    presence = Presence(ProcessTable(database), life.health, life.service, settings.describe(), life.clock, life.new_id)
    life.spawn("presence", presence.run)
    return Opened(flow, quota, Circuits(life.clock, life.dice), consumers, settings, life)


def spawn(opened: Opened, worker: Worker) -> None:
    """Run a worker, woken at once when any process marks something."""
    life = opened.life
    life.spawn("worker", worker.run)

    async def wake(stopping: asyncio.Event) -> None:
        await listen(opened.settings, life.service, CHANNEL, lambda _payload: worker.poke(), stopping)

    life.spawn("listener", wake)


def read_pairs(path: Path) -> Pairs:
    """The pairs file.

    Raises:
        StartRefused: it is missing, is no TOML, or a row is wrong; names the file, the table, the key and the fix.
    """
    try:
        return Pairs.from_toml(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise StartRefused(
            f"{SETTING}: {path} cannot be read ({error.strerror}): see deploy/pairs.sample.toml"
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise StartRefused(f"{SETTING}: {path} is not TOML: {error}") from error
    except PairsError as error:
        told = "; ".join(mistake(one.key, one.params, "en") for one in error.mistakes)
        raise StartRefused(f"{SETTING}: {path}: {told}") from error


def key_of(settings: FlowSettings) -> SecretStr:
    """The API key; written `<environment>:<key>` it is taken in that environment only.

    Raises:
        StartRefused: the key is marked for another environment.
    """
    mark, colon, key = settings.keycrm_api_key.get_secret_value().rpartition(":")
    if colon and mark != settings.sync_environment:
        raise StartRefused(
            "KEYCRM_API_KEY: the key is marked for another environment than SYNC_ENVIRONMENT: use that one's own key"
        )
    return SecretStr(key)


class StartAt:
    """Orders older than this are never created on the other side: the setting, else the first start ever."""

    def __init__(self, flow: Flow, setting: datetime | None) -> None:
        self._flow, self._known = flow, setting

    async def __call__(self) -> datetime:
        """The instant; asked of the database once."""
        if self._known is None:
            now = self._flow.clock()
            async with self._flow.database.transaction() as conn:
                self._known = await watermarks.first(conn, START_AT, now, now)
        return self._known
