"""Times, spans, numbers and money as people of a language write them.

Promises: moments are shown in the shop's zone, whose place is named; nothing here reads a clock.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel.dates import format_datetime, format_timedelta, get_timezone_location
from babel.numbers import format_currency, format_decimal
from babel.units import format_unit

from libs.wording import catalogue
from libs.wording.catalogue import N_
from libs.wording.languages import Language, locale_of

# Babel's own patterns differ in length; these are what people here write by hand.
_MOMENT = {"uk": "d MMMM y 'р.', HH:mm", "en": "d MMMM y, HH:mm"}
_SHORT = {"uk": "dd.MM.y HH:mm", "en": "d MMM y HH:mm"}
_PLACES = (N_("Kyiv"),)  # Babel's data have no Ukrainian name for it
_UNITS = (("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1))
_HRYVNIA = {"uk": ("UAH", "грн")}
_MONEY = {"uk": "#,##0.00\u00a0¤¤", "en": "¤¤\u00a0#,##0.00"}


def moment(at: datetime, language: Language, zone: ZoneInfo) -> str:
    """A moment in words, with the place whose time it is: 26 листопада 2026 р., 10:30 (Київ)."""
    return f"{_written(at, _MOMENT[language], language, zone)} ({place(language, zone)})"


def place(language: Language, zone: ZoneInfo) -> str:
    """Whose time it is, for the heading of a table: Київ."""
    return catalogue.of(language).gettext(get_timezone_location(zone, locale=locale_of(language), return_city=True))


def short_moment(at: datetime, language: Language, zone: ZoneInfo) -> str:
    """A moment for a table whose heading names the zone: 26.11.2026 10:30."""
    return _written(at, _SHORT[language], language, zone)


def ago(at: datetime, now: datetime, language: Language) -> str:
    """How long ago, or how soon, in the largest unit: 3 хвилини тому."""
    if abs(at - now) < timedelta(seconds=1):
        return catalogue.of(language).gettext(N_("just now"))
    return format_timedelta(
        at - now, granularity="second", threshold=1.0, add_direction=True, locale=locale_of(language)
    )


def duration(span: timedelta, language: Language) -> str:
    """A span in its two largest units: 2 год 5 хв."""
    left = max(0, round(span.total_seconds()))
    parts: list[str] = []
    for unit, seconds in _UNITS:
        count, left = divmod(left, seconds)
        if count or (unit == "second" and not parts):
            parts.append(format_unit(count, f"duration-{unit}", length="short", locale=locale_of(language)))
        elif parts:
            break  # 2 days and 3 seconds are 2 days
    return " ".join(parts[:2])


def number(value: Decimal | float, language: Language) -> str:
    """A number with its groups: 1 234 567,5."""
    return format_decimal(value, locale=locale_of(language))


def money(amount: Decimal, currency: str, language: Language) -> str:
    """An amount as prices are written: 1 234,50 грн."""
    code, word = _HRYVNIA.get(language, ("", ""))
    if currency == code:
        return f"{format_decimal(amount, '#,##0.00', locale=locale_of(language))}\u00a0{word}"
    return format_currency(amount, currency, _MONEY[language], locale=locale_of(language))


def _written(at: datetime, pattern: str, language: Language, zone: ZoneInfo) -> str:
    return format_datetime(at, pattern, tzinfo=zone, locale=locale_of(language))
