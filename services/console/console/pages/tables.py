"""Tables to take along: CSV that the spreadsheets of each language read as it is.

Promises: a name, comment or value that somebody typed can never be run as a formula by the program that opens the
table, nor changed by it: order numbers keep their zeros.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping

from console.pages.say import Say
from libs.wording.languages import Language

_FORMULA = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
# What they would change by themselves: a long number, zeros before one, what looks like 1E5 or like a day.
_CHANGED = re.compile(r"\d{12,}|0\d+|\d+[eE]\d+|\d{1,4}[-/]\d{1,4}(?:[-/]\d{1,4})?")
SEPARATORS: Mapping[Language, str] = {"uk": ";", "en": ","}
"""Where the comma stands within numbers, spreadsheets expect a semicolon between cells."""
BOM = "\ufeff"
"""By it spreadsheets know that the text is Unicode."""


def heading(names: Iterable[str], say: Say) -> bytes:
    """The first line."""
    return (BOM + _line((say.gettext(one) for one in names), say)).encode()


def lines(rows: Iterable[Iterable[str]], say: Say) -> bytes:
    """Rows of cells."""
    return "".join(_line(row, say) for row in rows).encode()


def _line(cells: Iterable[str], say: Say) -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=SEPARATORS[say.language], quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([_plain(cell, say.language) for cell in cells])
    return text.getvalue()


def _plain(cell: str, language: Language) -> str:
    """Spreadsheets run what begins like a formula, quoted or not; an apostrophe makes it text."""
    if _is_number(cell):
        is_changed = _CHANGED.fullmatch(cell) is not None
        return f"'{cell}" if is_changed else cell.replace(".", ",") if language == "uk" else cell
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) or _CHANGED.fullmatch(cell) else cell


def _is_number(cell: str) -> bool:
    return cell.removeprefix("-").replace(".", "", 1).isascii() and cell.removeprefix("-").replace(".", "", 1).isdigit()
