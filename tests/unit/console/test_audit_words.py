"""The audit as a table: what spreadsheets could run is text, numbers stay numbers."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from console.domain.pairing import Pairing
from console.pages import audit_said, audit_words
from console.pages.say import Say
from libs.contracts.access import Person, Role
from libs.contracts.types import Entity, Side
from libs.state.audit import Entry, Kept
from libs.wording.languages import Language

NOW = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
SAY = Say("en", ZoneInfo("Europe/Kyiv"), NOW)


def cells(entry: Entry, role: Role = Role.OPERATOR, language: Language = "en") -> list[str]:
    """The one line of a table, as a spreadsheet of that language takes it apart."""
    say = replace(SAY, language=language)
    text = audit_words.lines([Kept(1, NOW, entry)], Person("x", role), say).decode()
    return next(csv.reader(io.StringIO(text), delimiter={"uk": ";", "en": ","}[language]))


def named(after: str, language: Language = "en") -> str:
    """A value as its cell has it."""
    return cells(Entry("x", "updated", "", Entity.ARTICLE, 1, field="name", after=after), language=language)[10]


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


@pytest.mark.parametrize("changed", ["000481", "20450000000009", "1E5", "3-4", "12/2026", "2026-01-20"])
def test_what_a_spreadsheet_would_change_stays_text(changed: str) -> None:
    """An order number keeps its zeros, a tracking code its digits, a SKU does not become a day."""
    assert named(changed) == f"'{changed}"


def test_a_table_in_ukrainian_has_its_own_signs() -> None:
    """A semicolon between cells and a comma within numbers: else all stands in one column, and 10.12 is a December."""
    assert named("10.12", "uk") == "10,12"
    assert named("-500.00", "uk") == "-500,00"
    assert named("10.12", "en") == "10.12"
    assert audit_words.heading(replace(SAY, language="uk")).decode("utf-8-sig").startswith('"Час";"Хто";')


def test_no_key_of_ours_is_left_where_there_are_words() -> None:
    """Why and how it ended, of what people do; what they typed stands as it was typed."""
    for entry, why, outcome in (
        (Entry("x", "conflict.answered", "vms"), "Take VMS’s value", "done"),
        (Entry("x", "dead-letter.replayed", "sentence", outcome="marked"), "It is due again and is being worked on.",
         "is due again"),
        (Entry("x", "dead-letter.discarded", "a test", outcome="refused"), "a test", "done"),
        (Entry("x", "dead-letter.bulk", "replay", outcome="5 begun"), "tried again", "5 begun"),
        (Entry("x", "flow.resumed", "looked at", outcome="allowed 60 min"), "looked at", "unguarded for 60 minutes"),
        (Entry("x", "flow.resumed", "looked at", outcome="allowed 0 min"), "looked at", "done"),
    ):  # fmt: skip
        assert audit_said.why(entry, SAY) == why
        assert audit_said.outcome(entry, SAY)[0] == outcome
    sent = Entry("notifier", "news.sent", "sync.flow.stopped: the channel answered 500", field="shift")
    assert audit_said.why(sent, SAY).endswith(": the channel answered 500")
    assert "sync." not in audit_said.why(sent, SAY)
    for kind in ("news.still", "news.test", "news.all-well", "news.conflict-waiting", "summary"):
        cut_off = Entry("notifier", "news.sent", f"{kind}: the process ended while it was being sent")
        told = audit_said.why(cut_off, replace(SAY, language="uk"))
        assert kind not in told
        assert told.endswith(": програма зупинилася під час надсилання")


def test_values_are_read_as_on_the_other_pages() -> None:
    """A status by its name, lines in a few words, an amount as people write it; hidden ones stay hidden."""
    names = Pairing({"statuses": ({"name": "reserved", "vms": 2, "keycrm": 4},)})
    ann, uk = Person("x", Role.VIEWER), replace(SAY, language="uk")
    lines = [{"sku": "A", "name": "Mug", "quantity": "2", "unit": "шт", "price": "1", "discount": "0"}]

    def after(field: str, value: object, entity: Entity = Entity.ORDER) -> str:
        return audit_said.both(Entry("x", "updated", "", entity, 1, side=Side.VMS, field=field, after=value), ann, uk,
                               names)[1]  # fmt: skip

    assert after("status", 2) == "reserved (2)"
    assert after("lines", lines) == "Mug × 2 шт"
    assert after("price", "12.50", Entity.ARTICLE) == "12,50"
    assert after("name", "Ann", Entity.CUSTOMER) == "***"


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
