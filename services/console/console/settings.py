"""What the console is told from outside."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, get_args

from pydantic import AnyHttpUrl, Field, field_validator, model_validator
from pydantic_settings import NoDecode

from libs.runtime import run
from libs.runtime.settings import (
    ConsoleSettings,
    DatabaseSettings,
    KafkaSettings,
    Port,
    PublicUrlSettings,
    Role,
    Secret,
    ZoneSettings,
)
from libs.runtime.settings_load import comma_list

_NEEDED = ("console_oidc_client_id", "console_oidc_client_secret", "console_oidc_roles", "console_public_url")


class OpenIdSettings(PublicUrlSettings):
    """The issuer whose accounts may sign in to the pages; without one there are tokens alone."""

    console_oidc_issuer: AnyHttpUrl | None = None
    console_oidc_client_id: str | None = None
    console_oidc_client_secret: Secret | None = None
    console_oidc_role_claim: Annotated[str, Field(min_length=1)] = "groups"
    """What of the issuer's word says the role; a path such as realm_access.roles where it lies deeper."""
    console_oidc_roles: Annotated[tuple[tuple[str, Role], ...], NoDecode] = ()
    """value=role pairs: which values of that claim have which role here."""

    @field_validator("console_oidc_roles", mode="before")
    @classmethod
    def _pairs(cls, value: Any) -> Any:
        entries = comma_list(value)
        if not isinstance(entries, list | tuple):
            return entries
        pairs = [tuple(entry.rpartition("=")[::2]) if isinstance(entry, str) else entry for entry in entries]
        if not all(len(pair) == 2 and pair[0] and pair[1] in get_args(Role) for pair in pairs):
            raise ValueError(
                "has an entry that cannot be read: write staff=operator; roles are viewer, operator, admin"
            )
        return pairs

    @model_validator(mode="after")
    def _is_whole(self) -> OpenIdSettings:
        missing = [name.upper() for name in _NEEDED if not getattr(self, name)]
        if self.console_oidc_issuer is not None and missing:
            raise ValueError(f"{', '.join(missing)}: needed with CONSOLE_OIDC_ISSUER: set them, or remove the issuer")
        return self

    @property
    def issuer(self) -> str | None:
        """The issuer's name, as it calls itself."""
        return None if self.console_oidc_issuer is None else str(self.console_oidc_issuer).rstrip("/")


class Settings(ConsoleSettings, OpenIdSettings, ZoneSettings, DatabaseSettings, KafkaSettings, run.Settings):
    """Broker, database, tokens, the zone of the times it shows; it calls neither KeyCRM nor VMS."""

    http_port: Port = 8084
    sync_pairs_file: Path | None = None
    """The file of the other services: what people call an id."""
