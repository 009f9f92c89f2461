"""Times, spans, numbers and money as people of a language write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from libs.wording.figures import ago, duration, moment, money, number, short_moment
from libs.wording.languages import Language

KYIV, AT = ZoneInfo("Europe/Kyiv"), datetime(2026, 11, 26, 8, 30, tzinfo=UTC)


def test_a_moment_is_told_in_the_shops_time() -> None:
    """With the place whose time it is; winter and summer differ."""
    assert moment(AT, "uk", KYIV) == "26 листопада 2026 р., 10:30 (Київ)"
    assert moment(AT, "en", KYIV) == "26 November 2026, 10:30 (Kyiv)"
    assert moment(AT.replace(month=7), "uk", KYIV) == "26 липня 2026 р., 11:30 (Київ)"
    assert moment(AT, "en", ZoneInfo("UTC")) == "26 November 2026, 08:30 (UTC)"
    assert (short_moment(AT, "uk", KYIV), short_moment(AT, "en", KYIV)) == ("26.11.2026 10:30", "26 Nov 2026 10:30")


@pytest.mark.parametrize(
    ("seconds", "uk", "en"),
    [(0, "щойно", "just now"), (5, "5 секунд тому", "5 seconds ago"), (180, "3 хвилини тому", "3 minutes ago"),
     (7200, "2 години тому", "2 hours ago"), (86_400 * 5, "5 днів тому", "5 days ago"),
     (-120, "через 2 хвилини", "in 2 minutes")],
)  # fmt: skip
def test_how_long_ago_is_told_in_the_largest_unit(seconds: int, uk: str, en: str) -> None:
    """With the plural form that goes with the number."""
    at = AT - timedelta(seconds=seconds)

    assert (ago(at, AT, "uk"), ago(at, AT, "en")) == (uk, en)


@pytest.mark.parametrize(
    ("seconds", "uk", "en"),
    [(0, "0 с", "0 secs"), (65, "1 хв 5 с", "1 min 5 secs"), (7500, "2 год 5 хв", "2 hrs 5 mins"),
     (86_405, "1 дн.", "1 day"), (400_000, "4 дн. 15 год", "4 days 15 hrs"), (-3, "0 с", "0 secs")],
)  # fmt: skip
def test_a_span_is_told_in_its_two_largest_units(seconds: int, uk: str, en: str) -> None:
    """What is smaller than that says nothing."""
    span = timedelta(seconds=seconds)

    assert (plain(duration(span, "uk")), plain(duration(span, "en"))) == (uk, en)


@pytest.mark.parametrize(
    ("amount", "currency", "language", "said"),
    [("1234.5", "UAH", "uk", "1 234,50 грн"), ("-5", "UAH", "uk", "-5,00 грн"), ("1234.5", "USD", "uk", "1 234,50 USD"),
     ("1234.5", "UAH", "en", "UAH 1,234.50"), ("0", "EUR", "en", "EUR 0.00")],
)  # fmt: skip
def test_money_is_written_as_prices_are(amount: str, currency: str, language: Language, said: str) -> None:
    """Groups, comma or point, two places, the currency where people put it."""
    assert plain(money(Decimal(amount), currency, language)) == said


def test_numbers_have_groups() -> None:
    """Exactly as they are: none is rounded to a float."""
    assert plain(number(Decimal("1234567.5"), "uk")) == "1 234 567,5"
    assert number(1234567, "en") == "1,234,567"


def plain(text: str) -> str:
    """With ordinary spaces: the language's own keep an amount on one line."""
    return text.replace("\u00a0", " ").replace("\u202f", " ")
