"""What the console is told from outside."""

from __future__ import annotations

from pathlib import Path

from libs.runtime import run
from libs.runtime.settings import (
    ConsoleSettings,
    DatabaseSettings,
    KafkaSettings,
    Port,
    PublicUrlSettings,
    ZoneSettings,
)


class Settings(ConsoleSettings, PublicUrlSettings, ZoneSettings, DatabaseSettings, KafkaSettings, run.Settings):
    """Broker, database, tokens, the zone of the times it shows; it calls neither KeyCRM nor VMS."""

    http_port: Port = 8084
    sync_pairs_file: Path | None = None
    """The file of the other services: what people call an id."""
