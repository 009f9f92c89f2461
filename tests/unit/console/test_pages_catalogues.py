"""The pages' catalogues: none is missing, none is left over, every place in braces is kept."""

from __future__ import annotations

import string
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from hatchling.builders.wheel import WheelBuilder

import console.pages
from console.pages import words
from libs.wording.languages import LANGUAGES, Language

FOLDER = Path(console.pages.__file__).parent
ROOT = Path(__file__).parents[3]
KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
# Words that are the same in both languages.
ALIKE = {"{who}: {what}.", "{who}: {what}, {when}."}


def marked() -> set[str]:
    """Every sentence that code and templates mark, by its singular; a template that cannot be read is a failure."""
    options = {"templates/**.html": {"silent": "false"}}
    found = extract_from_dir(FOLDER, METHODS, keywords=KEYWORDS, options_map=options)
    return {message if isinstance(message, str) else message[0] for _, _, message, _, _ in found}


def places(text: str) -> set[str]:
    """What a sentence is filled with."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_has_every_sentence_and_no_other(language: Language) -> None:
    """Each with all its plural forms."""
    said = words.of(language).msgids

    assert marked() - set(said) == set()
    assert set(said) - marked() == set()
    assert [msgid for msgid, forms in said.items() if not all(forms)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_is_doubtful(language: Language) -> None:
    """What a tool guessed is no translation."""
    with (FOLDER / "locale" / language / "messages.po").open("rb") as lines:
        assert [entry.id for entry in read_po(lines, locale=language) if entry.id and entry.fuzzy] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_names_what_the_sentence_names(language: Language) -> None:
    """Neither a place in braces that is never filled, nor a fact that is lost; “this one” may leave its number out."""
    told = words.of(language).msgids
    wrong = [
        msgid
        for msgid, forms in told.items()
        for form in forms
        if places(form) - {"n"} != places(msgid) - {"n"} or (len(forms) == 1 and places(form) != places(msgid))
    ]

    assert wrong == []


def test_a_ukrainian_form_for_one_names_its_number() -> None:
    """Twenty-one takes it too, so it can never say “this one”."""
    plurals = {msgid: forms for msgid, forms in words.of("uk").msgids.items() if len(forms) > 1}

    assert [msgid for msgid, forms in plurals.items() if not all("n" in places(form) for form in forms)] == []


def test_ukrainian_is_ukrainian() -> None:
    """Nothing was left in English."""
    alike = {msgid for msgid, forms in words.of("uk").msgids.items() if msgid in forms}

    assert alike == ALIKE


def test_the_pages_are_in_the_wheel() -> None:
    """Templates, styles, catalogues, and the libraries that git does not hold: the image installs the wheel."""
    packed = {file.distribution_path for file in WheelBuilder(str(ROOT)).recurse_included_files()}
    needed = {
        f"console/pages/{path.relative_to(FOLDER).as_posix()}"
        for folder in ("templates", "static", "locale")
        for path in (FOLDER / folder).rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }

    assert needed - packed == set()
    assert "console/pages/static/vendor/htmx.js" in packed
