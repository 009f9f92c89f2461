"""Where the servers come from, and what is said when they cannot be had."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from sandbox import stack
from sandbox.stack import databases, external, places, ports


def test_embedded_is_the_default_and_a_wrong_word_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """SYNC_STACK decides; a misspelt value is refused with the three that exist."""
    monkeypatch.delenv("SYNC_STACK", raising=False)
    assert stack.wanted_kind() == "embedded"

    monkeypatch.setenv("SYNC_STACK", "docker")
    with pytest.raises(
        stack.StackError, match="SYNC_STACK is 'docker': set it to one of embedded, containers, external"
    ):
        stack.wanted_kind()


@pytest.mark.parametrize("missing", ["KAFKA_BOOTSTRAP_SERVERS", "DATABASE_OWNER_URL"])
def test_external_names_the_variable_that_is_missing(missing: str) -> None:
    """Both addresses are needed."""
    environ = {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1", "DATABASE_OWNER_URL": "postgresql://127.0.0.1:1/x"}
    del environ[missing]

    with pytest.raises(stack.StackError, match=f"needs {missing}"):
        external.start(environ)


def test_external_says_that_nothing_answers() -> None:
    """An address where no broker listens is named with its variable."""
    port = ports.take_port()
    environ = {"KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{port}", "DATABASE_OWNER_URL": "postgresql://127.0.0.1:1/x"}

    with pytest.raises(stack.StackError, match=f"No Kafka answers at KAFKA_BOOTSTRAP_SERVERS=127.0.0.1:{port}"):
        external.start(environ)


def test_a_taken_port_is_refused_with_who_has_it() -> None:
    """The sentence names the port, the server that wanted it, and the process that listens there."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(stack.StackError, match=f"Port {port} for Kafka is taken.*: stop that, or choose another"):
            ports.require_free(port, "Kafka")


def test_a_port_bound_on_all_addresses_is_taken_too() -> None:
    """A server that listens everywhere also has 127.0.0.1."""
    with socket.create_server(("0.0.0.0", 0)) as listener:
        assert not ports.is_free(listener.getsockname()[1])


def test_ports_taken_by_one_process_are_different() -> None:
    """Fifty ports in a row never repeat, and each can be listened on."""
    taken = [ports.take_port() for _ in range(50)]

    assert len(set(taken)) == 50
    assert all(ports.is_free(port) for port in taken)
    for port in taken:
        ports.give_back(port)


def test_a_full_disk_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    """The sentence says how much is free, how much is needed, and how to use another disk."""
    sentence = r"Only \d+ MB are free in .* the servers need 1000000000000 MB: .* XDG_CACHE_HOME"
    with pytest.raises(stack.StackError, match=sentence):
        places.require_room(tmp_path, megabytes=10**12)


def test_an_address_is_changed_in_one_part_only() -> None:
    """Another database, another login: the rest stays, and what needs escaping is escaped."""
    url = "postgresql://owner:secret@127.0.0.1:5432/postgres?sslmode=disable"

    assert databases.address(url, database="a b") == "postgresql://owner:secret@127.0.0.1:5432/a%20b?sslmode=disable"
    assert databases.address(url, user="u", password="p@/w") == (
        "postgresql://u:p%40%2Fw@127.0.0.1:5432/postgres?sslmode=disable"
    )
    assert databases.name_of(databases.address(url, database="other")) == "other"
    assert databases.without_password(url) == "postgresql://127.0.0.1:5432/postgres"
