"""The pages' own sentences, beside those that every service uses.

Promises: every sentence of a page stands in both catalogues; a test holds it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from libs.wording import catalogue
from libs.wording.catalogue import N_, Catalogue
from libs.wording.languages import LANGUAGES, Language

__all__ = ["N_", "of"]


def of(language: Language) -> Catalogue:
    """The catalogue of the pages."""
    return _ours()[language]


@cache
def _ours() -> Mapping[Language, Catalogue]:
    folder = files("console.pages") / "locale"
    return {language: catalogue.read(folder, language) for language in LANGUAGES}
