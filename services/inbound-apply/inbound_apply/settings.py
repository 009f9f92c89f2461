"""What inbound-apply is told from outside."""

from __future__ import annotations

from libs.flow.settings import FlowSettings
from libs.runtime.settings import Port


class Settings(FlowSettings):
    """An applier's groups; the default port is this service's own."""

    http_port: Port = 8081

    @property
    def asked_sources(self) -> tuple[int, ...]:
        """Which sources' orders are asked for; ours too, since their changes come back. Empty: all."""
        chosen = self.keycrm_order_sources
        return tuple(sorted({*chosen, self.keycrm_source_id})) if chosen else ()
