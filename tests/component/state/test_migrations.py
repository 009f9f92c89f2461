"""Migrations: up on nothing, down with data in every table, up again; roles and refusals."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import asyncpg
import psycopg
import pytest
from psycopg import sql

from sandbox.stack import Stack, databases

ROOT = Path(__file__).parents[3]
HEAD = sorted(path.stem.split("_")[0] for path in (ROOT / "deploy/migrations/versions").glob("[0-9]*.py"))[-1]
Migrate = Callable[..., subprocess.CompletedProcess[str]]

# One row in every table that a down could stumble over; the service's role writes them, as in traffic.
TRAFFIC = (
    "INSERT INTO binding (entity, vms_id, created_at, updated_at) VALUES ('customer', '41', now(), now())",
    "INSERT INTO work_item (binding_id, entity, lane) SELECT id, entity, 3 FROM binding",
    "INSERT INTO alias SELECT 'customer', 'keycrm', '6', id, now() FROM binding",
    "INSERT INTO former_binding SELECT 900, id, now() FROM binding",
    "INSERT INTO identity SELECT 'phone', '+380501112233', id, now() FROM binding",
    "INSERT INTO payment (binding_id, origin, amount, created_at, updated_at) "
    "SELECT id, 'vms', 5, now(), now() FROM binding",
    "INSERT INTO stock_level (sku, warehouse, wanted, changed_at, event_id, due_at, updated_at) "
    "VALUES ('A', 'main', 5, now(), 'e', now(), now())",
    "INSERT INTO price_level (sku, wanted, changed_at, event_id, due_at, updated_at) "
    "VALUES ('A', 5, now(), 'e', now(), now())",
    "INSERT INTO conflict (binding_id, entity, field, reason, opened_at, refreshed_at) "
    "SELECT id, entity, 'phone', 'r', now(), now() FROM binding",
    "INSERT INTO audit_entry (at, actor, action) VALUES (now(), 'sync', 'a')",
    "INSERT INTO webhook_event (source, event_id, event_type, received_at) VALUES ('s', 'e', 't', now())",
    "INSERT INTO outbox (topic, header_names, header_values, created_at) VALUES ('t', '{}', '{}', now())",
    "INSERT INTO feed (event_id, type, entity, event, occurred_at, noted_at) "
    "VALUES ('e', 't', 'order', '{}', now(), now())",
    "INSERT INTO quota_state (partner, limit_now, raised_at) VALUES ('keycrm', 60, now())",
    "INSERT INTO quota_grant (partner, lane, taken_at, counts_until) VALUES ('keycrm', 1, now(), now())",
)  # fmt: skip


@pytest.fixture
def migrate(empty_database_owner_url: str, service_password: str) -> Migrate:
    """Run Alembic as the set-up job does."""

    def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        owner = {"DATABASE_OWNER_URL": empty_database_owner_url, "SYNC_SERVICE_PASSWORD": service_password}
        return subprocess.run(
            [sys.executable, "-m", "alembic", "-c", "deploy/alembic.ini", *words],
            cwd=ROOT, env=os.environ | owner | environment, capture_output=True, text=True,
        )  # fmt: skip

    return run


def done(run: subprocess.CompletedProcess[str]) -> None:
    """It must have worked."""
    assert run.returncode == 0, run.stdout + run.stderr


def tables(url: str) -> set[str]:
    """The tables of the public schema."""
    with psycopg.connect(url) as connection:
        return {row[0] for row in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}


def shape(url: str) -> list[tuple[str, ...]]:
    """Every column, constraint, index and grant, to compare two databases by."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            """SELECT 'column', table_name, column_name, data_type, is_nullable, coalesce(column_default, '')
               FROM information_schema.columns WHERE table_schema = 'public'
               UNION ALL SELECT 'index', tablename, indexname, indexdef, '', ''
               FROM pg_indexes WHERE schemaname = 'public'
               UNION ALL SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid), '', ''
               FROM pg_constraint WHERE connamespace = 'public'::regnamespace
               UNION ALL SELECT 'grant', table_name, grantee, privilege_type, '', ''
               FROM information_schema.role_table_grants WHERE table_schema = 'public' ORDER BY 1, 2, 3, 4"""
        )
        return [tuple(row) for row in rows]


def test_up_traffic_down_up(migrate: Migrate, empty_database_owner_url: str, service_password: str) -> None:
    """A migration that cannot go back: with rows in the tables all goes down to nothing, and up to the same again."""
    url = empty_database_owner_url
    done(migrate("upgrade", "head"))
    first = shape(url)
    with psycopg.connect(databases.address(url, user="sync_service", password=service_password)) as connection:
        for statement in TRAFFIC:
            connection.execute(statement)

    done(migrate("downgrade", "base"))
    assert tables(url) == {"alembic_version"}
    done(migrate("upgrade", "head"))
    assert shape(url) == first


def test_each_step_goes_down_and_up_with_traffic(
    migrate: Migrate, empty_database_owner_url: str, service_password: str
) -> None:
    """Every single revision can be undone while there is data, which is what a failed release needs."""
    done(migrate("upgrade", "head"))
    with psycopg.connect(
        databases.address(empty_database_owner_url, user="sync_service", password=service_password)
    ) as connection:
        for statement in TRAFFIC:
            connection.execute(statement)
    shapes = [shape(empty_database_owner_url)]
    steps = int(HEAD)
    for _ in range(steps):
        done(migrate("downgrade", "-1"))
        shapes.append(shape(empty_database_owner_url))
    for number in range(steps):
        done(migrate("upgrade", "+1"))
        assert shape(empty_database_owner_url) == shapes[steps - number - 1]


def test_a_second_run_changes_nothing(migrate: Migrate, empty_database_owner_url: str) -> None:
    """Set-up jobs run at every deployment."""
    done(migrate("upgrade", "head"))
    first = shape(empty_database_owner_url)
    done(migrate("upgrade", "head"))

    assert shape(empty_database_owner_url) == first


def test_two_runs_at_once_wait_for_each_other(empty_database_owner_url: str, service_password: str) -> None:
    """Two set-up jobs start together: one migrates, the other finds it done."""
    runs = [
        subprocess.Popen(
            [sys.executable, "-m", "alembic", "-c", "deploy/alembic.ini", "upgrade", "head"],
            cwd=ROOT,
            env=os.environ
            | {"DATABASE_OWNER_URL": empty_database_owner_url, "SYNC_SERVICE_PASSWORD": service_password},
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]

    for run in runs:
        _, said = run.communicate(timeout=60)
        assert run.returncode == 0, said


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("", "DATABASE_OWNER_URL is not set"),
        ("mysql://somewhere/db", "DATABASE_OWNER_URL must start with postgresql://"),
        ("postgresql://nobody@127.0.0.1:1/db", "The database of DATABASE_OWNER_URL cannot be reached"),
    ],
)
def test_a_wrong_address_is_one_sentence(migrate: Migrate, url: str, sentence: str) -> None:
    """The variable's name and what to do, no stack trace."""
    run = migrate("upgrade", "head", DATABASE_OWNER_URL=url)

    assert run.returncode == 1
    assert sentence in run.stderr
    assert len(run.stderr.strip().splitlines()) == 1


async def test_the_services_role_changes_no_schema(database_url: str) -> None:
    """Least privileges: no DDL, no migrations' own table, no rights for itself."""
    conn = await asyncpg.connect(database_url)
    try:
        for statement in (
            "CREATE TABLE mine (x int)",
            "DROP TABLE binding",
            "UPDATE alembic_version SET version_num = 'x'",
            "CREATE ROLE other",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await conn.execute(statement)
        await conn.execute("GRANT DELETE ON audit_entry TO sync_service")  # only warns that it grants nothing
        assert await conn.fetchval("SELECT has_table_privilege('audit_entry', 'DELETE')") is False
        assert await conn.fetchval("SELECT version_num FROM alembic_version") == HEAD
    finally:
        await conn.close()


async def test_the_services_role_can_use_every_table(database_url: str) -> None:
    """A table that a migration adds and forgets to grant would be found by a service in production."""
    conn = await asyncpg.connect(database_url)
    try:
        rows = await conn.fetch(
            """SELECT c.relname, array_agg(p.name ORDER BY p.name) AS lacks FROM pg_class c
               CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS p(name)
               WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname <> 'alembic_version'
                   AND NOT has_table_privilege(c.oid, p.name) GROUP BY c.relname"""
        )
        assert {row["relname"]: row["lacks"] for row in rows} == {"audit_entry": ["DELETE", "UPDATE"]}
    finally:
        await conn.close()


def test_an_owner_who_may_make_no_roles_migrates_where_the_role_exists(
    migrate: Migrate, stack: Stack, migrated_template: str
) -> None:
    """On a managed server an administrator makes the services' role beforehand; the owner has its database only."""
    owner = f"owner_{migrated_template}"
    url = stack.database()
    name = sql.Identifier(databases.name_of(url))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'example'").format(sql.Identifier(owner)))
        connection.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(name, sql.Identifier(owner)))
    try:
        by_owner = databases.address(url, user=owner, password="example")
        for words in (("upgrade", "head"), ("downgrade", "base"), ("upgrade", "head")):
            done(migrate(*words, DATABASE_OWNER_URL=by_owner, SYNC_SERVICE_PASSWORD=""))
    finally:
        stack.drop_database(url)
        with psycopg.connect(stack.database_owner_url, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(owner)))
