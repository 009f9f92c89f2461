"""The catalogues: none is missing, none is left over, every place in braces is kept."""

from __future__ import annotations

import io
import string
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from hatchling.builders.wheel import WheelBuilder

import libs.wording
from libs.wording import catalogue
from libs.wording.catalogue import Catalogue
from libs.wording.languages import LANGUAGES, Language, chosen, negotiated

FOLDER = Path(libs.wording.__file__).parent
KEYWORDS = {"N_": None, "gettext": None, "ngettext": (1, 2)}


def marked() -> set[str]:
    """Every sentence that the code marks, by its singular."""
    found = extract_from_dir(FOLDER, [("**.py", "python")], keywords=KEYWORDS)
    return {message if isinstance(message, str) else message[0] for _, _, message, _, _ in found}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_has_every_sentence_and_no_other(language: Language) -> None:
    """Each with all its plural forms, and none marked as doubtful."""
    said = catalogue.of(language).msgids

    assert marked() - set(said) == set()
    assert set(said) - marked() == set()
    assert [msgid for msgid, forms in said.items() if not all(forms)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_names_what_the_sentence_names(language: Language) -> None:
    """Neither a place in braces that is never filled, nor a fact that is lost."""
    wrong = [
        msgid
        for msgid, forms in catalogue.of(language).msgids.items()
        for form in forms
        if places(form) != places(msgid)
    ]

    assert wrong == []


def test_ukrainian_is_ukrainian() -> None:
    """Nothing was left in English, but for names that are the same everywhere."""
    alike = [msgid for msgid, forms in catalogue.of("uk").msgids.items() if msgid in forms]

    assert alike == []


def test_a_number_takes_its_form() -> None:
    """One, few and many; a fraction is said as few are."""
    said = Catalogue("uk", read_po(io.BytesIO(PLURALS.encode()), locale="uk_UA"))
    told = {n: said.ngettext("{n} order", "{n} orders", n).format(n=n) for n in (0, 1, 2, 5, 11, 21, 22, 1.5)}

    assert told[1] == "1 рядок"
    assert told[21] == "21 рядок"
    assert (told[2], told[22], told[1.5]) == ("2 рядки", "22 рядки", "1.5 рядки")
    assert (told[0], told[5], told[11]) == ("0 рядків", "5 рядків", "11 рядків")


def test_a_sentence_that_a_catalogue_lacks_is_said_in_english() -> None:
    """Nobody reads an empty line; so with one that is marked as doubtful."""
    said = Catalogue("uk", read_po(io.BytesIO(PLURALS.encode()), locale="uk_UA"))

    assert said.gettext("Doubtful") == "Doubtful"
    assert said.gettext("Empty") == "Empty"
    assert said.gettext("Never heard of") == "Never heard of"
    assert [said.ngettext("{n} day", "{n} days", n) for n in (1, 2)] == ["{n} day", "{n} days"]


def test_a_catalogue_with_other_plural_forms_is_refused(tmp_path: Path) -> None:
    """A catalogue that was begun in another language would say the wrong form for ever."""
    (tmp_path / "uk").mkdir()
    path = tmp_path / "uk" / "messages.po"
    path.write_text(PLURALS.partition("\n\n")[0].replace(FORMS, "nplurals=2; plural=(n != 1)"), "utf-8")

    with pytest.raises(ValueError, match="Plural-Forms has 2 forms, needed are 3"):
        catalogue.read(tmp_path, "uk")


def test_a_mistake_in_a_catalogue_is_refused_with_its_line(tmp_path: Path) -> None:
    """A line of no kind that a catalogue has."""
    (tmp_path / "uk").mkdir()
    (tmp_path / "uk" / "messages.po").write_text(PLURALS + "\nmsgid open\n", "utf-8")

    with pytest.raises(ValueError, match=r"uk: line \d+ of messages.po"):
        catalogue.read(tmp_path, "uk")


def test_a_room_may_have_a_catalogue_of_its_own(tmp_path: Path) -> None:
    """In a folder of its language."""
    (tmp_path / "uk").mkdir()
    (tmp_path / "uk" / "messages.po").write_text(PLURALS, "utf-8")

    assert catalogue.read(tmp_path, "uk").ngettext("{n} order", "{n} orders", 2) == "{n} рядки"


def test_the_language_is_what_was_asked_for_or_ukrainian() -> None:
    """By its name, and by what a browser sends."""
    assert (chosen("uk"), chosen(" EN "), chosen("de"), chosen(None)) == ("uk", "en", None, None)
    assert negotiated("en-US,en;q=0.9,uk;q=0.8") == "en"
    assert negotiated("de-DE, uk-UA;q=0.7") == "uk"
    assert negotiated("fr") == negotiated(None) == negotiated("\x00,;;") == "uk"


def test_the_catalogues_are_in_the_wheel() -> None:
    """The image installs the wheel: without them nobody could be told anything."""
    root = Path(__file__).parents[3]
    packed = {file.distribution_path for file in WheelBuilder(str(root)).recurse_included_files()}

    assert {f"libs/wording/locale/{language}/LC_MESSAGES/messages.po" for language in LANGUAGES} <= packed


def places(text: str) -> set[str]:
    """The names in braces."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


FORMS = "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2)"
PLURALS = f"""
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: {FORMS};\\n"

msgid "{{n}} order"
msgid_plural "{{n}} orders"
msgstr[0] "{{n}} рядок"
msgstr[1] "{{n}} рядки"
msgstr[2] "{{n}} рядків"

msgid "Empty"
msgstr ""

#, fuzzy
msgid "Doubtful"
msgstr "Сумнівно"
"""
