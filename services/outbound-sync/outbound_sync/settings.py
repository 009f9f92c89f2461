"""What outbound-sync is told from outside."""

from __future__ import annotations

from libs.flow.settings import FlowSettings
from libs.runtime.settings import Port


class Settings(FlowSettings):
    """An applier's groups; the default port is this service's own."""

    http_port: Port = 8082
