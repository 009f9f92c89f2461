"""Settings are refused by name with what to do; no value is ever repeated; secrets come from files too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic_settings import BaseSettings

from libs.runtime.settings import (
    ConsoleSettings,
    DatabaseSettings,
    HttpSettings,
    KafkaSettings,
    KeyCrmSettings,
    LogSettings,
    SyncSettings,
    VmsSettings,
    WebhookSettings,
)
from libs.runtime.settings_load import load

CANARY = "canary-4711-canary-4711"


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable of this machine and no `.env` reaches a test."""
    monkeypatch.chdir(tmp_path)
    for group in (
        LogSettings, HttpSettings, KafkaSettings, DatabaseSettings, KeyCrmSettings, VmsSettings, WebhookSettings,
        SyncSettings, ConsoleSettings,
    ):  # fmt: skip
        for name in group.model_fields:
            monkeypatch.delenv(name.upper(), raising=False)
            monkeypatch.delenv(f"{name.upper()}_FILE", raising=False)


def refused(settings: type[BaseSettings], capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The lines a refusal prints; its exit code is 2."""
    with pytest.raises(SystemExit) as end:
        load(settings)
    assert end.value.code == 2
    return capsys.readouterr().err.splitlines()


def test_every_missing_variable_is_one_line_with_what_to_set(capsys: pytest.CaptureFixture[str]) -> None:
    """An operator reads which variables to set and with what."""
    lines = refused(KeyCrmSettings, capsys)

    assert lines == [
        "KEYCRM_API_KEY: is missing: set it to the API key from KeyCRM's settings",
        "KEYCRM_SOURCE_ID: is missing: set it to the id of the source our orders are made under",
    ]


@pytest.mark.parametrize(
    ("group", "variable", "value"),
    [
        (DatabaseSettings, "DATABASE_URL", f"mysql://u:{CANARY}@h/x"),
        (DatabaseSettings, "DATABASE_URL", ""),
        (KafkaSettings, "KAFKA_BOOTSTRAP_SERVERS", CANARY),
        (WebhookSettings, "WEBHOOK_URL_SECRETS", "short"),
        (ConsoleSettings, "CONSOLE_TOKENS", f"king:{CANARY}"),
        (ConsoleSettings, "CONSOLE_TOKENS", CANARY),
        (ConsoleSettings, "CONSOLE_TOKENS", " , "),
        (VmsSettings, "VMS_TIME_ZONE", "Kyiv"),
        (SyncSettings, "SYNC_START_AT", "2026-01-15T00:00:00"),
        (SyncSettings, "SYNC_UNKNOWN_SKU", "guess"),
        (LogSettings, "LOG_FORMAT", "xml"),
    ],
)
def test_a_wrong_value_is_named_by_its_variable_and_not_repeated(
    group: type[BaseSettings], variable: str, value: str,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """Any variable may hold a secret: the line names it and says what is wrong, without the value."""
    monkeypatch.setenv(variable, value)

    lines = refused(group, capsys)

    (line,) = [line for line in lines if line.startswith(f"{variable}: ")]
    assert CANARY not in "".join(lines)
    assert len(line) > len(variable) + 10


def test_an_empty_secret_never_opens_the_door(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No webhook secret at all, or empty ones: the process does not start."""
    monkeypatch.setenv("WEBHOOK_URL_SECRETS", " ,")

    (line,) = refused(WebhookSettings, capsys)

    assert "WEBHOOK_HMAC_SECRETS" in line
    assert "WEBHOOK_URL_SECRETS" in line


def test_comma_lists_are_read_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Newest secret first; ids of sources."""
    monkeypatch.setenv("WEBHOOK_HMAC_SECRETS", "new-secret-1234567, old-secret-1234567")
    monkeypatch.setenv("KEYCRM_API_KEY", "k")
    monkeypatch.setenv("KEYCRM_SOURCE_ID", "3")
    monkeypatch.setenv("KEYCRM_ORDER_SOURCES", "3, 4")

    secrets = [secret.get_secret_value() for secret in load(WebhookSettings).webhook_hmac_secrets]

    assert secrets == ["new-secret-1234567", "old-secret-1234567"]
    assert load(KeyCrmSettings).keycrm_order_sources == (3, 4)


def test_console_tokens_are_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    """role:token, with a name and groups if somebody gave them; a token may hold a colon."""
    tokens = "viewer:aaaaaaaaaaaaaaaa, admin=Олена Коваль:bbbbbbbb:bbbbbbbb,viewer=site[orders+health]:cccccccccccccccc"
    monkeypatch.setenv("CONSOLE_TOKENS", tokens)

    entries = load(ConsoleSettings).console_tokens

    assert [(one.role, one.name, one.groups, one.token.get_secret_value()) for one in entries] == [
        ("viewer", None, None, "aaaaaaaaaaaaaaaa"),
        ("admin", "Олена Коваль", None, "bbbbbbbb:bbbbbbbb"),
        ("viewer", "site", frozenset({"orders", "health"}), "cccccccccccccccc"),
    ]
    assert "bbbb" not in str(load(ConsoleSettings).describe())


def test_a_secret_is_read_from_the_file_that_its_variable_names(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Docker's and Kubernetes' way: DATABASE_URL_FILE=/run/secrets/database_url."""
    (tmp_path / "url").write_text("postgresql://u:p@h/x\n")
    monkeypatch.setenv("DATABASE_URL_FILE", str(tmp_path / "url"))

    assert load(DatabaseSettings).database_url.get_secret_value() == "postgresql://u:p@h/x"


def test_a_secret_file_that_cannot_be_read_is_told_by_its_variable(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A mount that is missing: one line."""
    monkeypatch.setenv("DATABASE_URL_FILE", "/nowhere/url")

    assert refused(DatabaseSettings, capsys) == [
        "DATABASE_URL_FILE: cannot be read (FileNotFoundError): name a readable file"
    ]


def test_one_dot_env_serves_all_services(tmp_path: Path) -> None:
    """Variables of other services in the same file are ignored."""
    (tmp_path / ".env").write_text("KEYCRM_API_KEY=x\nLOG_LEVEL=DEBUG\nSOMETHING_ELSE=1\n")

    assert load(LogSettings).log_level == "DEBUG"


def test_settings_are_frozen() -> None:
    """Built once, changed never."""
    settings: Any = LogSettings()

    with pytest.raises(ValueError, match="frozen"):
        settings.log_level = "DEBUG"


def test_the_start_up_log_masks_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Effective configuration without secrets."""
    monkeypatch.setenv("WEBHOOK_HMAC_SECRETS", f"{CANARY},{CANARY}2")
    monkeypatch.setenv("DATABASE_URL", f"postgresql://u:{CANARY}@h/x")

    described = f"{load(WebhookSettings).describe()} {load(DatabaseSettings).describe()}"

    assert CANARY not in described
    assert "database_pool_size" in described
