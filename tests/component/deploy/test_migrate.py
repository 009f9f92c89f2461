"""The migrate job: its secrets come from variables or files, and a wrong one is one sentence."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import asyncpg

from sandbox.stack import databases

ROOT = Path(__file__).parents[3]
OURS = ("DATABASE_OWNER_URL", "SYNC_SERVICE_PASSWORD")


def _migrate(**variables: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(OURS)} | variables
    command = [sys.executable, "-m", "alembic", "-c", "deploy/alembic.ini", "upgrade", "head"]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)


async def test_both_secrets_may_come_as_files(
    empty_database_owner_url: str, service_password: str, tmp_path: Path
) -> None:
    """The schema is there, and the services' role logs in with the password of the file."""
    (tmp_path / "owner").write_text(f"{empty_database_owner_url}\n", encoding="utf-8")
    (tmp_path / "password").write_text(f"{service_password}\n", encoding="utf-8")

    done = _migrate(
        DATABASE_OWNER_URL_FILE=str(tmp_path / "owner"), SYNC_SERVICE_PASSWORD_FILE=str(tmp_path / "password")
    )

    assert done.returncode == 0, done.stderr
    url = databases.address(empty_database_owner_url, user="sync_service", password=service_password)
    connection = await asyncpg.connect(url)
    assert await connection.fetchval("SELECT count(*) FROM binding") == 0
    await connection.close()


def test_a_file_that_cannot_be_read_is_named_by_its_variable(tmp_path: Path) -> None:
    """No traceback, and not the path's content either."""
    done = _migrate(DATABASE_OWNER_URL_FILE=str(tmp_path / "nothing"))

    assert done.returncode != 0
    sentence = "DATABASE_OWNER_URL_FILE: cannot be read (FileNotFoundError): name a readable file"
    assert done.stderr.strip().splitlines() == [sentence]


def test_without_an_address_the_job_says_what_to_set() -> None:
    """The first thing a person forgets."""
    done = _migrate()

    assert done.returncode != 0
    assert done.stderr.startswith("DATABASE_OWNER_URL is not set: ")
