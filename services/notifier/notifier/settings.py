"""What the notifier is told from outside."""

from __future__ import annotations

from pathlib import Path

from libs.runtime import run
from libs.runtime.settings import DatabaseSettings, KafkaSettings, Port, PublicUrlSettings


class RulesSettings(PublicUrlSettings):
    """What a message needs: the rules, and where its link leads; enough to try a channel at the command line."""

    notify_rules_file: Path | None = None
    """The TOML file of channels and rules; unset: nobody is told."""

    @property
    def console(self) -> str | None:
        """The console's public address; None: messages have no links."""
        return None if self.console_public_url is None else str(self.console_public_url)


class Settings(DatabaseSettings, KafkaSettings, RulesSettings, run.Settings):
    """Broker, database, and the file that says who is told what."""

    http_port: Port = 8083
