"""Fresh databases on a running server, and addresses of them."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

import psycopg
from psycopg import sql


def create(owner_url: str, name: str, template: str | None = None) -> None:
    """Create a database; a template must have nobody connected to it."""
    copied = sql.SQL(" TEMPLATE {}").format(sql.Identifier(template or "template1"))
    _execute(owner_url, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)) + copied)


def drop(owner_url: str, name: str) -> None:
    """Drop a database if it is there, and end its connections."""
    _execute(owner_url, sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def set_password(owner_url: str, role: str, password: str) -> None:
    """Give a role its password, as a deployment does."""
    _execute(owner_url, sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(role), sql.Literal(password)))


def server_version(owner_url: str) -> str:
    """Ask the server what it is; raises psycopg.Error when it does not answer."""
    with psycopg.connect(owner_url, connect_timeout=3) as connection:
        return f"PostgreSQL {connection.info.parameter_status('server_version')}"


def address(url: str, *, database: str | None = None, user: str | None = None, password: str | None = None) -> str:
    """Give the same address with another database, or another user and password."""
    parts = urlsplit(url)
    login, _, host = parts.netloc.rpartition("@")
    if user is not None:
        login = f"{quote(user, safe='')}:{quote(password or '', safe='')}"
    path = parts.path if database is None else f"/{quote(database, safe='')}"
    return parts._replace(netloc=f"{login}@{host}" if login else host, path=path).geturl()


def name_of(url_or_name: str) -> str:
    """Give the database's name of an address, or the name itself."""
    return urlsplit(url_or_name).path.lstrip("/") if "://" in url_or_name else url_or_name


def without_password(url: str) -> str:
    """Give the address as it may be shown."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()


def _execute(owner_url: str, statement: sql.Composed) -> None:
    with psycopg.connect(owner_url, autocommit=True, connect_timeout=10) as connection:
        connection.execute(statement)
