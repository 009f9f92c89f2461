"""The settings every service is made of, in groups; a service's `Settings` inherits the groups it needs.

Promises: names are environment variables without a prefix; `.env` is read; `<NAME>_FILE` names a file that holds the
value (Docker and Kubernetes secrets). A wrong or missing variable is refused at start-up by its name, with what to do
and never with its value. Frozen: built once in `__main__`, passed down, read nowhere else.
"""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import AnyHttpUrl, BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from libs.runtime.settings_load import FileSource, comma_list, masked

Seconds = Annotated[float, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]
Port = Annotated[int, Field(ge=0, le=65535)]
Secret = Annotated[SecretStr, Field(min_length=1)]
# Under 16 characters a secret can be guessed in the time that a webhook URL lives.
GuardedSecret = Annotated[SecretStr, Field(min_length=16)]
_WHOSE = re.compile(r"^(?P<role>[^=\[\]]*)(?:=(?P<name>[^\[\]]*))?(?:\[(?P<groups>[^\[\]]*)\])?$")
_BROKER = r"(\[[0-9a-fA-F:]+\]|[^\s,:]+):\d+"
_BROKERS = rf"^{_BROKER}(,{_BROKER})*$"


class Group(BaseSettings):
    """What all groups share: frozen, `.env` read, other services' variables ignored, input never repeated."""

    model_config = SettingsConfigDict(
        env_file=".env", extra="ignore", frozen=True, hide_input_in_errors=True, str_strip_whitespace=True
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments first, then the environment, then `<NAME>_FILE`, then `.env`."""
        return init_settings, env_settings, FileSource(settings_cls), dotenv_settings

    def describe(self) -> dict[str, Any]:
        """The effective configuration for the start-up log, secrets masked."""
        return {name: masked(value) for name, value in self.model_dump().items()}


class LogSettings(Group):
    """How a process tells what it does."""

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["json", "console"] = "json"


class HttpSettings(Group):
    """Where /health, /metrics and a service's own paths are served; port 0 takes a free one."""

    http_host: str = "0.0.0.0"
    """A container is reached from outside; bind 127.0.0.1 where nothing else should reach it."""
    http_port: Port


class KafkaSettings(Group):
    """The broker."""

    kafka_bootstrap_servers: Annotated[str, Field(min_length=1, pattern=_BROKERS)] = Field(
        description="host:port of one or more brokers, comma-separated"
    )
    kafka_replication_factor: Annotated[int, Field(ge=1)] = 1
    """Copies of each topic that `deploy/topics.py` asks for; 3 on a cluster."""
    kafka_publish_seconds: Positive = 8.0
    """How long a record may take to be durable; KeyCRM itself waits some ten seconds for a webhook's answer."""
    delivery_flood_limit: Annotated[int, Field(ge=1)] = 20
    """So many dead letters of one topic and reason in a row, and the topic pauses: the code is wrong, not they."""
    delivery_flood_pause_seconds: Positive = 60.0
    """Until the first probe after such a pause; doubles up to 16 times itself."""


class DatabaseSettings(Group):
    """PostgreSQL as the services' role."""

    database_url: Secret = Field(description="postgresql://user:password@host:port/name")
    database_pool_size: Annotated[int, Field(ge=1, le=100)] = 10
    database_command_seconds: Positive = 10.0

    @field_validator("database_url")
    @classmethod
    def _is_postgres(cls, value: SecretStr) -> SecretStr:
        return _postgres_url(value)


class OwnerSettings(Group):
    """PostgreSQL as the owner of the schema: migrations only."""

    database_owner_url: Secret = Field(description="postgresql://owner:password@host:port/name")

    @field_validator("database_owner_url")
    @classmethod
    def _is_postgres(cls, value: SecretStr) -> SecretStr:
        return _postgres_url(value)


class KeyCrmSettings(Group):
    """KeyCRM's API and the account."""

    keycrm_base_url: AnyHttpUrl = AnyHttpUrl("https://openapi.keycrm.app/v1")
    keycrm_api_key: Secret = Field(description="the API key from KeyCRM's settings")
    keycrm_calls_per_minute: Annotated[int, Field(ge=1)] = 60
    keycrm_source_id: Annotated[int, Field(ge=1)] = Field(description="the id of the source our orders are made under")
    keycrm_order_sources: Annotated[tuple[int, ...], NoDecode] = ()
    """Which sources' orders go to VMS; empty: all."""
    keycrm_poll_seconds: Positive = 30.0
    keycrm_timeout_seconds: Positive = 15.0

    @field_validator("keycrm_order_sources", mode="before")
    @classmethod
    def _list(cls, value: Any) -> Any:
        return comma_list(value)


class ZoneSettings(Group):
    """The zone of VMS's wall-clock times, in which people are shown theirs too."""

    vms_time_zone: str = "Europe/Kyiv"

    @field_validator("vms_time_zone")
    @classmethod
    def _is_known(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("is no time zone: use a name of the IANA list, for example Europe/Kyiv")
        return value


class VmsSettings(ZoneSettings):
    """VMS's API; its times are local wall-clock times in `vms_time_zone`."""

    vms_base_url: AnyHttpUrl = Field(description="the address of VMS's API, for example http://vms.local:5000")
    vms_api_token: SecretStr | None = None
    vms_timeout_seconds: Positive = 15.0


class WebhookSettings(Group):
    """Who may call the ingress; several secrets are live at once for rotation, newest first."""

    webhook_hmac_secrets: Annotated[tuple[GuardedSecret, ...], NoDecode] = ()
    webhook_url_secrets: Annotated[tuple[GuardedSecret, ...], NoDecode] = ()

    @field_validator("webhook_hmac_secrets", "webhook_url_secrets", mode="before")
    @classmethod
    def _list(cls, value: Any) -> Any:
        return comma_list(value)

    @model_validator(mode="after")
    def _door_is_locked(self) -> WebhookSettings:
        if not self.webhook_hmac_secrets and not self.webhook_url_secrets:
            raise ValueError(
                "WEBHOOK_HMAC_SECRETS, WEBHOOK_URL_SECRETS: both are empty: set at least one secret, "
                "or anyone could send webhooks"
            )
        return self


class SyncSettings(Group):
    """How the two sides are kept the same; each number is in seconds unless its name says otherwise."""

    sync_pairs_file: Path = Field(description="the TOML file of id pairs")
    sync_environment: Annotated[str, Field(min_length=1)] = "production"
    """A key marked for one environment is refused in another."""
    sync_start_at: datetime | None = None
    """Orders older than this are never created on the other side; empty: the first start."""
    sync_realtime_enabled: bool = True
    sync_interval_minutes: Annotated[int, Field(ge=1)] = 5
    sync_batch_size: Annotated[int, Field(ge=1, le=50)] = 50
    """How many rows a page of a poll has; KeyCRM allows fifty."""
    sync_retry_attempts: Annotated[int, Field(ge=1, le=20)] = 3
    sync_retry_seconds: Positive = 5.0
    """The first back-off; each further one is twice as long, with full jitter."""
    sync_retry_max_seconds: Positive = 300.0
    sync_concurrency: Annotated[int, Field(ge=1, le=64)] = 8
    """Work items in hand at once, per process."""
    sync_lease_seconds: Positive = 120.0
    sync_look_seconds: Positive = 5.0
    """After an unknown outcome: until the next look for our reference, where the handler names no time."""
    sync_image_max_age_seconds: Seconds = 1.0
    sync_settle_seconds: Seconds = 10.0
    """How long an accepted write may stay invisible."""
    sync_stock_settle_seconds: Seconds = 60.0
    sync_search_lag_seconds: Seconds = 60.0
    sync_payment_wait_seconds: Seconds = 60.0
    sync_request_grace_seconds: Seconds = 60.0
    """A call can still land so long after its time limit: request life = time limit + this."""
    sync_unknown_sku: Literal["hold", "one-off"] = "hold"
    sync_blast_radius_share: Annotated[float, Field(gt=0, le=1)] = 0.2
    """A run that would zero, cancel, rename or reprice more than this share stops and asks."""
    sync_compare_seconds: Seconds = 60.0
    """Between two portions (fifty records, one call to KeyCRM) of the standing comparison; 0: only when asked."""

    @field_validator("sync_start_at")
    @classmethod
    def _has_offset(cls, value: datetime | None) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("has no offset: write for example 2026-01-15T00:00:00+02:00")
        return value


Role = Literal["viewer", "operator", "admin"]


class TokenEntry(BaseModel):
    """One entry of a list of tokens: `role:token`, `role=name:token`; for the hub `role=name[group+group]:token`."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    role: Role
    name: Annotated[str, Field(min_length=1, max_length=80)] | None = None
    groups: frozenset[str] | None = None
    token: GuardedSecret


def token_list(value: Any) -> Any:
    """The entries of a comma-separated list, not yet checked."""
    entries = comma_list(value)
    if not isinstance(entries, list | tuple):
        return entries
    return [_token_entry(entry) if isinstance(entry, str) else entry for entry in entries]


def _token_entry(entry: str) -> dict[str, Any]:
    whose, _, token = entry.partition(":")
    found = _WHOSE.match(whose)
    if found is None:
        raise ValueError("an entry cannot be read: write role:token, or role=name:token")
    groups = found["groups"]
    return {
        "role": found["role"].strip(),
        "name": found["name"].strip() if found["name"] is not None else None,
        "groups": None if groups is None else frozenset(part.strip() for part in groups.split("+") if part.strip()),
        "token": token,
    }


class ConsoleSettings(Group):
    """Who may use the console: its pages and its operator API."""

    console_tokens: Annotated[tuple[TokenEntry, ...], NoDecode] = Field(
        description="role:token pairs, or role=name:token, comma-separated; roles are viewer, operator, admin"
    )

    @field_validator("console_tokens", mode="before")
    @classmethod
    def _entries(cls, value: Any) -> Any:
        entries = token_list(value)
        if isinstance(entries, list | tuple) and not entries:
            raise ValueError("is empty: set role:token pairs, for example operator:<a long random token>")
        return entries


class PublicUrlSettings(Group):
    """Where people reach the console: what links in messages begin with."""

    console_public_url: AnyHttpUrl | None = None


def _postgres_url(value: SecretStr) -> SecretStr:
    # Not pydantic's PostgresDsn: it refuses a socket address, which libpq and asyncpg take.
    if not value.get_secret_value().startswith(("postgresql://", "postgres://")):
        raise ValueError("must begin with postgresql://")
    return value
