"""The ingress's settings: its own port, the broker, the webhook secrets. It needs no database."""

from __future__ import annotations

from libs.runtime.run import Settings as ProcessSettings
from libs.runtime.settings import KafkaSettings, Port, WebhookSettings


class Settings(ProcessSettings, KafkaSettings, WebhookSettings):
    """Read once, in `__main__`."""

    http_port: Port = 8080
