"""The languages people are spoken to in.

Promises: whatever somebody asks for, one of ours is spoken; Ukrainian where nothing was asked for.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from babel import Locale
from babel.core import negotiate_locale

Language: TypeAlias = Literal["uk", "en"]
LANGUAGES: tuple[Language, ...] = ("uk", "en")
DEFAULT: Language = "uk"

_LOCALES: dict[Language, Locale] = {"uk": Locale("uk", "UA"), "en": Locale("en", "GB")}


def locale_of(language: Language) -> Locale:
    """How numbers, times and plural forms are written in it."""
    return _LOCALES[language]


def chosen(wanted: str | None) -> Language | None:
    """The language of this name, as an address or a setting gives it; None: it is none of ours."""
    name = (wanted or "").strip().lower()
    return next((language for language in LANGUAGES if language == name), None)


def negotiated(accept_language: str | None) -> Language:
    """What a browser's `Accept-Language` asks for first that we speak."""
    asked = [part.partition(";")[0].strip().replace("-", "_") for part in (accept_language or "").split(",")]
    best = negotiate_locale([name for name in asked if name], LANGUAGES)
    return next((language for language in LANGUAGES if language == best), DEFAULT)
