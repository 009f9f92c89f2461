"""The blast-radius guard stops a flow before anything is written, and lets it pass when a person says so."""

from __future__ import annotations

import json
import tomllib
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, cast
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from pydantic import SecretStr

from libs.contracts.types import Entity, Side
from libs.flow import guarding
from libs.flow.flow import Flow
from libs.flow.reach import Reach
from libs.reconcile.guard import Limits
from libs.reconcile.pairs import Pairs
from libs.reconcile.values import Times, Write
from libs.runtime.database import Database, open_database
from libs.runtime.errors import HeldElsewhere, KeyRefused, TransientError, WorldUnavailable
from libs.runtime.settings import DatabaseSettings
from libs.state import audit, flows, level_figures, levels, partners
from libs.state.audit import Entry
from libs.state.level_figures import Figure
from libs.state.levels import Kind, Want
from tests.component.state.world import NOW, at

PAIRS = Pairs.from_toml(tomllib.loads(Path("deploy/pairs.sample.toml").read_text(encoding="utf-8")))
SKUS = [f"SKU-{number}" for number in range(40)]


@pytest_asyncio.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A pool of the services' role on a fresh database."""
    async with open_database(DatabaseSettings(database_url=SecretStr(database_url), _env_file=None), "test") as opened:
        yield opened


def flow_of(database: Database, side: Side = Side.KEYCRM) -> Flow:
    """A flow whose guard looks from the twentieth change on; it calls no partner here."""
    nobody = cast(Any, None)
    return Flow(
        "outbound-sync", side, database, nobody, nobody, PAIRS, ZoneInfo("Europe/Kyiv"), Times(), 1.0, 3,
        Limits(0.2, 20),
        lambda: at(10), uuid4,
    )  # fmt: skip


async def shown_then_wanted(database: Database, zeroed: int) -> None:
    """KeyCRM shows five of each; VMS now says zero of the first so many."""
    async with database.transaction() as conn:
        wants = [Want(sku, "main", Decimal(5), NOW, f"a-{sku}") for sku in SKUS]
        await levels.want(conn, Kind.STOCK, wants, NOW)
        figures = [Figure(sku, "main", Decimal(5), at(1)) for sku in SKUS]
        await level_figures.see(conn, Kind.STOCK, figures, at(1), 60.0)
        zeroes = [Want(sku, "main", Decimal(0), at(2), f"b-{sku}") for sku in SKUS[:zeroed]]
        await levels.want(conn, Kind.STOCK, zeroes, at(2))


async def test_a_run_that_would_zero_too_much_stops_its_flow(database: Database) -> None:
    """Twenty-five of forty: nothing is sent, people are told once, the flow waits."""
    await shown_then_wanted(database, 25)

    for _ in range(2):
        with pytest.raises(HeldElsewhere, match="set to zero 25 of 40"):
            await guarding.levels(flow_of(database), Kind.STOCK)

    async with database.connection() as conn:
        (stopped,) = await flows.all_flows(conn)
        told = await conn.fetchval("SELECT count(*) FROM outbox")
        due = await levels.claim(conn, Kind.STOCK, "main", 100, at(11), 10.0)
    assert (stopped.flow, stopped.is_stopped, stopped.details) == ("stock.to_keycrm", True, {"zero": 25, "total": 40})
    assert told == 1
    assert due == ()


async def test_a_person_lets_the_flow_pass_the_guard_for_a_while(database: Database) -> None:
    """After the person has looked, the same run goes through; later the guard looks again."""
    await shown_then_wanted(database, 25)
    with pytest.raises(HeldElsewhere):
        await guarding.levels(flow_of(database), Kind.STOCK)
    async with database.transaction() as conn:
        await flows.resume(conn, "stock.to_keycrm", "operator", at(10), at(10) + timedelta(minutes=5))

    await guarding.levels(flow_of(database), Kind.STOCK)


async def test_a_small_run_passes(database: Database) -> None:
    """A few sold-out goods are a normal day."""
    await shown_then_wanted(database, 8)

    await guarding.levels(flow_of(database), Kind.STOCK)


async def test_too_many_cancellations_within_an_hour_stop_the_orders(database: Database) -> None:
    """The twentieth cancelled order of few stops `order.to_vms`; another status does not count."""
    cancel = {"status": Write("status", 9, 1, 19, "changed")}
    flow = flow_of(database, Side.VMS)
    async with database.transaction() as conn:
        for number in range(40):
            await conn.execute(
                """INSERT INTO binding (entity, vms_id, keycrm_id, created_at, updated_at)
                   VALUES ('order', $1, $2, $3, $3)""",
                f"o-{number}", number + 1, NOW,
            )  # fmt: skip
        ids = [row["id"] for row in await conn.fetch("SELECT id FROM binding ORDER BY id")]
        rows = [
            Entry("inbound-apply", "updated", entity=Entity.ORDER, binding_id=n, side=Side.VMS, field="status", after=9)
            for n in ids[:18]
        ]
        await audit.append(conn, rows, at(5))

    await guarding.writes(flow, Entity.ORDER, cancel)
    async with database.transaction() as conn:
        one = Entry("inbound-apply", "updated", entity=Entity.ORDER, binding_id=ids[20], side=Side.VMS, field="status")
        await audit.append(conn, [one, rows[0], Entry(**{**_columns(rows[0]), "binding_id": ids[19]})], at(6))

    with pytest.raises(HeldElsewhere, match="cancel 20 of 40"):
        await guarding.writes(flow, Entity.ORDER, cancel)
    await guarding.writes(flow, Entity.ORDER, {"status": Write("status", 2, 1, 4, "changed")})


def _columns(entry: Entry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in Entry.__dataclass_fields__}


async def test_people_are_told_when_a_partner_goes_and_when_it_is_back(database: Database) -> None:
    """One event each way, and the status page shows how it stands."""
    reach = Reach(flow_of(database))

    for error in (None, WorldUnavailable("VMS cannot be reached", "vms"), WorldUnavailable("again", "vms"), None):
        await reach.met(Side.VMS, error)

    async with database.connection() as conn:
        kinds = await conn.fetch("SELECT header_names, header_values FROM outbox ORDER BY id")
        (shown,) = await partners.all_partners(conn)
    told = [dict(zip(row["header_names"], row["header_values"], strict=True))["ce_type"] for row in kinds]
    assert told == [b"sync.partner.unreachable", b"sync.partner.reachable"]
    assert shown.is_reachable


async def test_a_copy_or_a_restart_goes_on_where_the_last_one_stood(database: Database) -> None:
    """Whoever looks next knows what people were told: nobody is told twice, nor left without the all-is-well."""
    away = WorldUnavailable("VMS cannot be reached", "vms")

    await Reach(flow_of(database)).met(Side.VMS, away)
    await Reach(flow_of(database)).met(Side.VMS, away)
    await Reach(flow_of(database)).met(Side.VMS, None)

    async with database.connection() as conn:
        bodies = [json.loads(row["body"]) for row in await conn.fetch("SELECT body FROM outbox ORDER BY id")]
    assert [body["reason"] for body in bodies] == ["VMS cannot be reached", None]


async def test_a_key_that_is_refused_is_told_apart_from_a_partner_that_is_away(database: Database) -> None:
    """VMS comes back after an outage and refuses our token: that is news, the same again is not."""
    reach = Reach(flow_of(database))
    away, refused = WorldUnavailable("VMS cannot be reached", "vms"), KeyRefused("VMS refused our key", "vms")

    for error in (away, refused, refused, None):
        await reach.met(Side.VMS, error)

    async with database.connection() as conn:
        bodies = [json.loads(row["body"]) for row in await conn.fetch("SELECT body FROM outbox ORDER BY id")]
    assert [body["reason"] for body in bodies] == ["VMS cannot be reached", "VMS refused our key", None]


async def test_a_partner_that_answers_nothing_twice_in_a_row_is_away(database: Database) -> None:
    """One time-out tells nothing, the next call may be answered; a partner that hangs is told of."""
    reach = Reach(flow_of(database))
    hangs = TransientError("VMS gave no answer to health: timeout")
    shown = []

    for error in (hangs, None, hangs, hangs, None):
        await reach.met(Side.VMS, error)
        async with database.connection() as conn:
            (partner,) = await partners.all_partners(conn)
        shown.append(partner.is_reachable)

    assert shown == [True, True, True, False, True]
