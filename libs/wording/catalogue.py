"""Catalogues: what stands in a `messages.po` for an English sentence, plural forms included.

Promises: read once, and nothing but text; a sentence that a catalogue lacks, or has marked as doubtful, is said in
English, so that nobody reads an empty line. A mistake in a catalogue is refused when it is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from babel.messages.catalog import Catalog
from babel.messages.pofile import PoFileError, read_po

from libs.wording.languages import LANGUAGES, Language, locale_of

PATH = ("LC_MESSAGES", "messages.po")


class Catalogue:
    """The sentences of one language."""

    def __init__(self, language: Language, entries: Catalog) -> None:
        self.language: Language = language
        self._plural = locale_of(language).plural_form
        self._order = _order(entries, language)
        self._texts = {_key(one.id): _strings(one.string) for one in entries if one.id and not one.fuzzy}

    def gettext(self, msgid: str) -> str:
        """The sentence; English where the catalogue has none."""
        return self._texts.get(msgid, ("",))[0] or msgid

    def ngettext(self, singular: str, plural: str, n: float) -> str:
        """The form that goes with this number: 1 замовлення, 3 замовлення, 5 замовлень."""
        forms = self._texts.get(singular, ())
        index = self._order.get(self._plural(n), len(forms) - 1)
        return (forms[index] if index < len(forms) else "") or (singular if n == 1 else plural)

    @property
    def msgids(self) -> Mapping[str, tuple[str, ...]]:
        """All sentences with their forms, for checks."""
        return self._texts


def read(folder: Traversable, language: Language) -> Catalogue:
    """A room's catalogue: `<folder>/<language>/LC_MESSAGES/messages.po`, or `<folder>/<language>/messages.po`.

    Raises:
        ValueError: it is no catalogue; names the line.
        FileNotFoundError: there is none.
    """
    place = folder / language
    nested = place.joinpath(*PATH)
    path = nested if nested.is_file() else place / PATH[-1]
    with path.open("rb") as lines:
        try:
            return Catalogue(language, read_po(lines, locale=str(locale_of(language)), abort_invalid=True))
        except PoFileError as error:
            raise ValueError(f"{language}: line {error.lineno + 1} of {path.name}: {error}") from error


@cache
def of(language: Language) -> Catalogue:
    """The catalogue of this package: the words that every service uses."""
    return _ours()[language]


@cache
def _ours() -> Mapping[Language, Catalogue]:
    folder = files("libs.wording") / "locale"
    return {language: read(folder, language) for language in LANGUAGES}


def N_(msgid: str) -> str:
    """Mark a sentence of a table for the catalogues."""
    return msgid


# gettext's order of forms: the catalogue's `Plural-Forms`. CLDR's names for them, in that order.
_FORMS: Mapping[Language, tuple[str, ...]] = {"uk": ("one", "few", "many"), "en": ("one", "other")}


def _order(entries: Catalog, language: Language) -> Mapping[str, int]:
    names = _FORMS[language]
    if entries.num_plurals != len(names):
        raise ValueError(f"{language}: Plural-Forms has {entries.num_plurals} forms, needed are {len(names)}")
    # A fraction (CLDR's `other` in Ukrainian: 1,5 замовлення) is said as the second form.
    return {"other": 1} | {name: index for index, name in enumerate(names)}


def _key(msgid: str | tuple[str, ...] | list[str]) -> str:
    return msgid if isinstance(msgid, str) else msgid[0]


def _strings(string: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    return (string or "",) if isinstance(string, str | None) else tuple(string)
