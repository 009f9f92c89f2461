"""What the console is told from outside."""

from __future__ import annotations

from libs.runtime import run
from libs.runtime.settings import ConsoleSettings, DatabaseSettings, KafkaSettings, Port


class Settings(ConsoleSettings, DatabaseSettings, KafkaSettings, run.Settings):
    """Broker, database, tokens; it calls neither KeyCRM nor VMS."""

    http_port: Port = 8084
