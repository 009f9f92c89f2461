"""The audit as a table: what spreadsheets could run is text, numbers stay numbers."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from console.pages import audit_words
from console.pages.say import Say
from libs.contracts.access import Person, Role
from libs.contracts.types import Entity
from libs.state.audit import Entry, Kept

NOW = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
SAY = Say("en", ZoneInfo("Europe/Kyiv"), NOW)


def cells(entry: Entry, role: Role = Role.OPERATOR) -> list[str]:
    """The one line of a table."""
    text = audit_words.lines([Kept(1, NOW, entry)], Person("x", role), SAY).decode()
    return next(csv.reader(io.StringIO(text)))


@pytest.mark.parametrize(
    "evil",
    [
        "=1+1",
        "+1+1",
        "-1+1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "  =1+1",
        "\uff1d1",
        "=cmd|' /C calc'!A0",
        "-",
        "+380501112233",
    ],
)
def test_no_cell_can_be_run(evil: str) -> None:
    """Whoever wrote it: a name in VMS, a comment in KeyCRM, a reason of a person."""
    line = cells(Entry(evil, "updated", evil, Entity.ARTICLE, 1, field="name", after=evil))

    for cell in (line[1], line[10], line[11]):
        assert cell == f"'{evil}"


@pytest.mark.parametrize("plain", ["-5", "-12.50", "4", "a=b", "Olena"])
def test_what_is_harmless_stays_as_it_is(plain: str) -> None:
    """A negative amount is a number."""
    assert cells(Entry("x", "updated", "", Entity.ARTICLE, 1, field="name", after=plain))[10] == plain


def test_lines_and_quotes_stay_within_their_cell() -> None:
    """The table has one line an entry, whatever stands in it."""
    assert cells(Entry("x", "updated", 'a "b"\nc;d,e'))[11] == 'a "b"\nc;d,e'


def test_a_viewer_takes_no_personal_value_along() -> None:
    """As on the page."""
    line = cells(Entry("x", "updated", "", Entity.CUSTOMER, 1, field="name", before="Ann", after="Eve"), Role.VIEWER)

    assert line[9:11] == ["***", "***"]


def test_times_are_the_readers() -> None:
    """With the offset, so that no spreadsheet has to guess."""
    assert cells(Entry("x", "updated"))[0] == "2026-01-15 14:00:00+02:00"
