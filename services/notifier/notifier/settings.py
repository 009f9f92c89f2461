"""What the notifier is told from outside."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import Field, field_validator
from pydantic_settings import NoDecode

from libs.runtime import run
from libs.runtime.settings import (
    DatabaseSettings,
    Group,
    KafkaSettings,
    Port,
    PublicUrlSettings,
    TokenEntry,
    token_list,
)
from libs.runtime.settings_load import comma_list


class RulesSettings(PublicUrlSettings):
    """What a message needs: the rules, and where its link leads; enough to try a channel at the command line."""

    notify_rules_file: Path | None = None
    """The TOML file of channels and rules; unset: nobody is told."""

    @property
    def console(self) -> str | None:
        """The console's public address; None: messages have no links."""
        return None if self.console_public_url is None else str(self.console_public_url)


class HubSettings(Group):
    """Who may listen to the hub, from which web pages, and how many at once."""

    console_tokens: Annotated[tuple[TokenEntry, ...], NoDecode] = ()
    """The console's people may listen too; here it may be unset."""
    hub_tokens: Annotated[tuple[TokenEntry, ...], NoDecode] = ()
    """As CONSOLE_TOKENS, for programs and screens; `viewer=shop[orders+health]:token` hears these groups only."""
    hub_origins: Annotated[tuple[str, ...], NoDecode] = ()
    """Origins of web pages that may use the hub; programs send none and need no entry."""
    hub_connections: Annotated[int, Field(ge=1, le=100_000)] = 10_000
    """Clients at once, and how many of them one token may have."""
    hub_connections_per_token: Annotated[int, Field(ge=1, le=100_000)] = 2_000
    hub_copy: Annotated[str, Field(pattern=r"^[a-z0-9-]{0,20}$")] = ""
    """Of several copies behind a balancer, which this is: its clients' `id` begins with it and a dot."""

    @field_validator("console_tokens", "hub_tokens", mode="before")
    @classmethod
    def _entries(cls, value: Any) -> Any:
        return token_list(value)

    @field_validator("hub_origins", mode="before")
    @classmethod
    def _origins(cls, value: Any) -> Any:
        origins = comma_list(value)
        if isinstance(origins, list | tuple) and not all(map(_is_origin, origins)):
            raise ValueError("has an entry that is no origin: write https://shop.example, without a path")
        return origins


def _is_origin(text: Any) -> bool:
    parts = urlsplit(str(text))
    return parts.scheme in ("http", "https") and bool(parts.netloc) and f"{parts.scheme}://{parts.netloc}" == text


class Settings(DatabaseSettings, KafkaSettings, RulesSettings, HubSettings, run.Settings):
    """Broker, database, the file that says who is told what, and who may listen to the hub."""

    http_port: Port = 8083
