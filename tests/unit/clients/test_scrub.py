"""A partner's words lose whatever could be somebody's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.clients.scrub import HIDDEN, LONGEST, field_name, scrubbed


@pytest.mark.parametrize(
    "text",
    [
        "call +380 67 111 22 33 now",
        "call 380671112233 now",
        "call (067) 111-22-33 now",
        "write to o.testova@example.com now",
    ],
)
def test_phones_and_mails_are_hidden(text: str) -> None:
    """A phone in any spelling and a mail address do not survive."""
    kept = scrubbed(text, None)

    assert HIDDEN in kept
    assert not any(part in kept for part in ("111", "067", "example.com", "testova"))


def test_ids_and_field_names_are_kept() -> None:
    """What an operator needs stays readable."""
    text = "The selected tags.0 is invalid. Order 10417 has status 19 since 2026."

    assert scrubbed(text, {"status_id": 19}) == text


@given(st.text(alphabet="абвгґдеєжзиіїйклмнопрст +.()0123456789", min_size=3, max_size=40))
def test_nothing_that_was_sent_survives(sent: str) -> None:
    """Whatever text was in the body, neither it nor a word of it (three characters or more) is repeated."""
    kept = scrubbed(f"the value '{sent}' is invalid", {"buyer": {"full_name": sent}})

    assert not any(word in kept for word in sent.split() if len(word) >= 3)
    assert kept.startswith("the value")


def test_a_long_answer_is_cut_to_one_short_line() -> None:
    """A stack trace does not fill a log line."""
    kept = scrubbed("word\n" * 500, None)

    assert len(kept) == LONGEST + 1
    assert "\n" not in kept


def test_a_field_name_holds_nothing_but_a_name() -> None:
    """A crafted key cannot carry a sentence into a reason."""
    assert field_name("stocks.0[sku]") == "stocks.0[sku]"
    assert field_name("a b\r\nc<d>") == "abcd"
    assert len(field_name("x" * 500)) == 64
