"""Where a list goes on: what was made is read back as it was, what somebody makes up is nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from console.domain import cursors

AT = datetime(2026, 1, 15, 9, 30, 0, 417, tzinfo=UTC)


def test_a_moment_is_read_back_to_the_microsecond() -> None:
    """Two records that began to differ in one second are two places."""
    assert cursors.read_moment(cursors.moment(AT, 2**53)) == (AT, 2**53)


@pytest.mark.parametrize("sku", ["A-1", 'Б "2"/+&?', "=1+1", "x" * 64])
@pytest.mark.parametrize("warehouse", ["", "main"])
def test_a_place_is_one_word_and_read_back(sku: str, warehouse: str) -> None:
    """Whatever sign a SKU holds, its place stands in an address as it is."""
    word = cursors.place(sku, warehouse)

    assert word.replace("-", "").replace("_", "").isalnum()
    assert word.isascii()
    assert cursors.read_place(word) == (sku, warehouse)


@pytest.mark.parametrize(
    "text", ["", "\x00", "1", "-1", "1-", "1-x", "1-1-1", "999999999999999999-1", "1-9999999999999999999", "١-١"]
)
def test_what_is_no_moment_is_nothing(text: str) -> None:
    """Nothing that a database would refuse comes out of it."""
    assert cursors.read_moment(text) is None


@pytest.mark.parametrize(
    "text",
    ["", "\x00", "é", "A", "AAAA", "WyJBIl0", "WzEsMl0", "eyJhIjoxfQ", "WyJBXHUwMDAwIiwiIl0", "A" * 2_000],
)
def test_what_is_no_place_is_nothing(text: str) -> None:
    """Neither other words, nor one name alone, nor numbers, nor a zero byte."""
    assert cursors.read_place(text) is None
