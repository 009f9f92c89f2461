"""What all pages share for the life of the process."""

from __future__ import annotations

from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from jinja2 import Environment

from console.domain.pairing import Pairing
from console.handlers.desk import Desk
from console.handlers.live import Live
from console.handlers.open_id import OpenId
from console.handlers.sessions import Sessions


@dataclass(frozen=True, slots=True)
class Site:
    """The tools of a page. `is_secure`: people reach the console by https alone."""

    desk: Desk
    sessions: Sessions
    live: Live
    zone: ZoneInfo
    templates: Environment
    is_secure: bool = False
    open_id: OpenId | None = None
    names: Pairing = field(default_factory=Pairing)
    """What the pairs file calls an id."""

    @property
    def cookie(self) -> str:
        """The session's cookie; its prefix makes browsers refuse one that another host, or plain http, has set."""
        return "__Host-session" if self.is_secure else "session"
