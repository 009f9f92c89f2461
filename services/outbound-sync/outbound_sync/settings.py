"""What outbound-sync is told from outside."""

from __future__ import annotations

from libs.runtime.settings import (
    DatabaseSettings,
    HttpSettings,
    KafkaSettings,
    KeyCrmSettings,
    LogSettings,
    Port,
    SyncSettings,
    VmsSettings,
)


class Settings(SyncSettings, KeyCrmSettings, VmsSettings, DatabaseSettings, KafkaSettings, HttpSettings, LogSettings):
    """All groups; the default port is this service's own."""

    http_port: Port = 8082
