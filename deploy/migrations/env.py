"""Run the migrations as the database's owner.

Promises: one run at a time (an advisory lock), all revisions of a run in one transaction, and the services' role gets
the password that the deployment gives in SYNC_SERVICE_PASSWORD, on every run, so that it can be changed without a
migration. Refuses to start without DATABASE_OWNER_URL; the services' own role could not change the schema.
"""

from __future__ import annotations

import os
import sys

from alembic import context
from psycopg import sql
from sqlalchemy import Connection, create_engine, pool, text
from sqlalchemy.exc import OperationalError

# Any two set-up jobs of this product on one database use the same number.
LOCK = 7_316_150_281
SERVICE_ROLE = "sync_service"


def given(name: str) -> str:
    """A variable, else the content of the file that `<NAME>_FILE` names, as the services read theirs."""
    path = os.environ.get(f"{name}_FILE", "")
    if os.environ.get(name) or not path:
        return os.environ.get(name, "")
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().strip()
    except OSError as error:
        sys.exit(f"{name}_FILE: cannot be read ({type(error).__name__}): name a readable file")


def owner_url() -> str:
    """The owner's address with the synchronous driver named."""
    url = given("DATABASE_OWNER_URL")
    if not url:
        sys.exit(
            "DATABASE_OWNER_URL is not set: give the database owner's address, postgresql://owner:password@host/db"
        )
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in ("postgres", "postgresql"):
        sys.exit("DATABASE_OWNER_URL must start with postgresql://")
    return f"postgresql+psycopg://{rest}"


def service_password() -> str:
    """The password of the services' role, if the deployment gives one."""
    return given("SYNC_SERVICE_PASSWORD")


def set_password(connection: Connection, password: str) -> None:
    """Let the services' role log in with this password; a run that takes everything down has no role to change."""
    if connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :name"), {"name": SERVICE_ROLE}):
        raw = connection.connection.driver_connection
        assert raw is not None
        role, secret = sql.Identifier(SERVICE_ROLE), sql.Literal(password)
        raw.execute(sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(role, secret))


def migrate(connection: Connection) -> None:
    """Wait for a run that is under way, then migrate."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
    password = service_password()
    if password:
        set_password(connection, password)


def run() -> None:
    """Connect and migrate; a database that does not answer is one sentence."""
    engine = create_engine(owner_url(), poolclass=pool.NullPool)
    try:
        connection = engine.connect()
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[0]
        sys.exit(f"The database of DATABASE_OWNER_URL cannot be reached: {reason}")
    with connection, connection.begin():
        migrate(connection)


if context.is_offline_mode():
    sys.exit("Offline mode is not offered: migrations need the database they change.")
run()
