"""One spelling for each thing that two systems spell differently."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.reconcile import normalise

KYIV = ZoneInfo("Europe/Kyiv")


@pytest.mark.parametrize(
    ("given_", "wanted"),
    [
        ("1011", "1011.00"),
        ("12.3450", "12.345"),
        ("12.34567", "12.3457"),
        ("-0", "0.00"),
        ("0.00004", "0.00"),
        ("1E+2", "100.00"),
    ],
)
def test_money_has_at_least_two_decimals_and_at_most_four(given_: str, wanted: str) -> None:
    """KeyCRM sends 4100 and "4100.00" in one API, VMS sends doubles."""
    assert normalise.money(Decimal(given_)) == wanted


@pytest.mark.parametrize(
    ("given_", "wanted"), [("3.000", "3"), ("2.50", "2.5"), ("100", "100"), ("-1.000", "-1"), ("-0.00001", "0")]
)
def test_a_quantity_has_no_trailing_zeros(given_: str, wanted: str) -> None:
    """Metre and kilogram goods carry fractions."""
    assert normalise.quantity(Decimal(given_)) == wanted


@pytest.mark.parametrize(
    "spelling",
    ["380501112233", "+380 50 111 22 33", "(050) 111-22-33", "0501112233", "80501112233", "38 (050) 111 22 33"],
)
def test_a_phone_is_e164_whatever_its_spelling(spelling: str) -> None:
    """KeyCRM stores digits without a plus, people write what they like."""
    assert normalise.phone(spelling) == "+380501112233"


@pytest.mark.parametrize(
    ("given_", "wanted"),
    [
        ("+48 22 123 45 67", "+48221234567"),
        ("0501112233 x12", "+380501112233 ext. 12"),
        ("нема", "нема"),
        ("  ", None),
        ("1", "1"),
    ],
)
def test_a_foreign_phone_an_extension_and_what_is_no_phone_are_kept(given_: str, wanted: str | None) -> None:
    """No value is lost: a rule names what is no phone."""
    assert normalise.phone(given_) == wanted
    assert normalise.is_phone(wanted or "") == (wanted is not None and wanted.startswith("+"))


def test_texts_keep_their_lines_and_lose_only_invisible_differences() -> None:
    """Windows line ends, trailing spaces and empty ends are no edit."""
    assert normalise.text(" a  b \r\nc\t\r\n") == "a  b\nc"
    assert normalise.text(" \r\n ") is None
    assert normalise.line("Іван \u00a0 Франко\n") == "Іван Франко"
    assert normalise.email(" A@B.UA ") == "a@b.ua"


def test_a_cut_never_splits_a_character() -> None:
    """VMS's database counts UTF-16 units; an emoji is two."""
    assert normalise.cut("ab😀cd", 3) == "ab"
    assert normalise.cut("ab😀cd", 4) == "ab😀"
    assert normalise.cut("ab  cd", 4) == "ab"
    assert normalise.cut("", 3) is None


def test_a_wall_clock_time_is_an_instant_in_vmss_zone() -> None:
    """Winter and summer, with VMS's seven digits of a second."""
    winter, summer = normalise.local("2026-01-15T09:30:00", KYIV), normalise.local("2026-07-15T09:30:00.1234567", KYIV)

    assert winter is not None
    assert summer is not None
    assert winter.latest == datetime(2026, 1, 15, 7, 30, tzinfo=UTC)
    assert summer.latest == datetime(2026, 7, 15, 6, 30, 0, 123456, tzinfo=UTC)
    assert winter.is_certain


def test_the_repeated_autumn_hour_means_two_instants() -> None:
    """It must not decide a conflict; a row's time is the later one unless that is in the future."""
    twice = normalise.local("2026-10-25T03:30:00", KYIV)
    assert twice is not None
    assert not twice.is_certain
    first, second = datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert (twice.earliest, twice.latest) == (first, second)

    assert normalise.row_instant("2026-10-25T03:30:00", KYIV, second) == second
    assert normalise.row_instant("2026-10-25T03:30:00", KYIV, datetime(2026, 10, 25, 1, tzinfo=UTC)) == first


def test_a_time_in_the_spring_gap_is_read_as_if_the_clock_had_gone_on() -> None:
    """Nobody's clock showed it, but somebody can type it."""
    gap = normalise.local("2026-03-29T03:30:00", KYIV)
    assert gap is not None
    assert gap.is_certain
    assert gap.latest == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize("nothing", [None, "", "0001-01-01T00:00:00"])
def test_an_empty_date_is_none(nothing: str | None) -> None:
    """.NET's default date is the year 1."""
    assert normalise.local(nothing, KYIV) is None
    assert normalise.local_day(nothing, KYIV) is None


def test_days_are_vmss_own_and_keycrms_utc() -> None:
    """A shipment at half past midnight in Kyiv is that day's, not the day before."""
    assert normalise.local_day("2026-01-16T00:30:00", KYIV) == "2026-01-16"
    assert normalise.day(datetime(2026, 1, 16, tzinfo=UTC)) == "2026-01-16"
    assert normalise.day(date(2026, 1, 16)) == "2026-01-16"
    assert normalise.day(None) is None


def test_an_instant_is_written_to_vms_as_its_wall_clock() -> None:
    """Without an offset, to the second."""
    assert normalise.to_local(datetime(2026, 7, 1, 6, 0, 0, 5, tzinfo=UTC), KYIV) == "2026-07-01T09:00:00"


@given(st.integers(946_684_800, 4_102_444_800).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)))
def test_a_wall_clock_text_reads_back_as_one_of_its_instants(moment: datetime) -> None:
    """Whatever the time of the year."""
    back = normalise.local(normalise.to_local(moment, KYIV), KYIV)

    assert back is not None
    assert moment.replace(microsecond=0) in (back.earliest, back.latest)


@given(st.text(max_size=60))
def test_normalising_twice_changes_nothing(value: str) -> None:
    """Texts, lines, phones and e-mails."""
    for spell in (normalise.text, normalise.line, normalise.phone, normalise.email):
        assert spell(spell(value)) == spell(value)


@given(st.decimals(-(10**9), 10**9, places=6))
def test_normalising_numbers_twice_changes_nothing(value: Decimal) -> None:
    """And money keeps its value to the cent."""
    assert normalise.money(normalise.money(value)) == normalise.money(value)
    assert normalise.quantity(normalise.quantity(value)) == normalise.quantity(value)
    assert abs(Decimal(normalise.money(value)) - value) <= Decimal("0.00005")
