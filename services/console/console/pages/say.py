"""How one reader is spoken to: sentences, times, spans and numbers in a language and a zone, as of one moment.

Promises: everything a template says passes through here; what a sentence is filled with is text and is escaped by the
template like any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from console.pages import words
from libs.wording import events, figures, names, reasons
from libs.wording.languages import Language

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Say:
    """The words of one answer."""

    language: Language
    zone: ZoneInfo
    now: datetime

    def gettext(self, msgid: str, **places: object) -> str:
        """A sentence, its places filled."""
        text = words.of(self.language).gettext(msgid)
        return text.format(**places) if places else text

    def ngettext(self, singular: str, plural: str, n: int, **places: object) -> str:
        """A sentence with the form that goes with `n`, which it may name as {n}."""
        return words.of(self.language).ngettext(singular, plural, n).format(n=self.number(n), **places)

    def moment(self, at: datetime) -> str:
        """26 листопада 2026 р., 10:30 (Київ)."""
        return figures.moment(at, self.language, self.zone)

    def short(self, at: datetime) -> str:
        """26.11.2026 10:30."""
        return figures.short_moment(at, self.language, self.zone)

    @property
    def place(self) -> str:
        """Whose time it is: Київ."""
        return figures.place(self.language, self.zone)

    def local(self, at: datetime) -> datetime:
        """The moment in the reader's zone."""
        return at.astimezone(self.zone)

    def ago(self, at: datetime) -> str:
        """3 хвилини тому."""
        return figures.ago(at, self.now, self.language)

    def since(self, at: datetime) -> str:
        """How long it has lasted: 2 год 5 хв."""
        return self.duration(self.now - at)

    def duration(self, span: timedelta) -> str:
        """2 год 5 хв; seconds only where there is no minute."""
        if span >= _MINUTE:
            span -= span % _MINUTE
        return figures.duration(span, self.language)

    def number(self, value: Decimal | float) -> str:
        """1 234,5."""
        return figures.number(value, self.language)

    def entity(self, key: str) -> str:
        """Замовлення."""
        return names.entity(key, self.language)

    def field(self, key: str, of: str | None = None) -> str:
        """Місто."""
        return names.field_name(key, self.language, of)

    def side(self, key: str) -> str:
        """VMS or KeyCRM."""
        return names.side(key)

    def service(self, key: str) -> str:
        """What a service is there for."""
        return names.service(key, self.language)

    def lane(self, key: str) -> str:
        """Whose turn it is when calls are short."""
        return names.lane(key, self.language)

    def flow(self, key: str) -> str:
        """What goes where."""
        return names.flow(key, self.language)

    def role(self, key: str) -> str:
        """What a person may do."""
        return names.role(key, self.language)

    def actor(self, key: str) -> str:
        """Who did it."""
        return names.actor(key, self.language)

    def reason(self, key: str) -> str:
        """Why, in a few words."""
        return reasons.reason(key, self.language)

    def event(self, kind: str, event: Mapping[str, Any]) -> str:
        """What happened, in one sentence."""
        return events.sentence(kind, event, self.language)
