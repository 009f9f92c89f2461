"""The pairs file as people read it: which pairs an answer can name."""

from __future__ import annotations

import tomllib
from pathlib import Path

from console.domain import pairing
from console.domain.pairing import Pairing
from console.pages import typed
from libs.contracts.types import Side
from libs.reconcile.pairs import Pairs

SAMPLE = tomllib.loads((Path(__file__).parents[3] / "deploy" / "pairs.sample.toml").read_text(encoding="utf-8"))


def test_an_option_comes_to_both_numbers_of_its_pair() -> None:
    """Its own side's number, carried over as the merge does it, is the other one of the row."""
    table, offered = Pairs.from_toml(SAMPLE).statuses, pairing.read(SAMPLE).options("status")

    assert [one.name for one in offered] == [row["name"] for row in SAMPLE["statuses"]]
    for one in offered:
        other = table.to_keycrm[one.vms] if one.side is Side.VMS else table.to_vms[one.keycrm]
        assert other == (one.keycrm if one.side is Side.VMS else one.vms), one.name


def test_what_no_answer_can_come_to_is_not_offered() -> None:
    """A row that says nothing to the other side, and one that is the default of neither."""
    rows = (
        {"vms": 4, "keycrm": 8, "to_keycrm": True}, {"vms": 4, "keycrm": 11}, {"vms": 5, "keycrm": 11, "to_vms": True},
        {"vms": 7},
    )  # fmt: skip

    assert [one.key for one in Pairing({"statuses": rows}).options("status")] == ["vms:4", "vms:5"]
    assert [one.vms for one in pairing.read(SAMPLE).options("delivery_service")] == [1, 2]
    assert Pairing().options("status") == ()
    assert pairing.read(SAMPLE).options("manager_comment") == ()


def test_what_was_chosen_is_a_number_and_whose_it_is() -> None:
    """Anything else was not chosen from the list."""
    assert typed.picked("keycrm:11") == (11, Side.KEYCRM)
    for text in ("", "11", "keycrm:", "other:1", "vms:x", "vms:²"):
        assert typed.picked(text) == (None, None)
