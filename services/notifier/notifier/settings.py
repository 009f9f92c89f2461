"""What the notifier is told from outside."""

from __future__ import annotations

from pathlib import Path

from libs.runtime import run
from libs.runtime.settings import DatabaseSettings, KafkaSettings, Port


class Settings(DatabaseSettings, KafkaSettings, run.Settings):
    """Broker, database, and the file that says who is told what."""

    http_port: Port = 8083
    notify_rules_file: Path | None = None
    """The TOML file of channels and rules; unset: nobody is told."""
