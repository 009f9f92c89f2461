"""The pairs file: what is refused, and how; what the sample means."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from libs.flow.opening import read_pairs
from libs.reconcile.pair_rows import COLUMNS, QUANTITY_COLUMNS, Mistake, PairsError
from libs.reconcile.pairs import Dictionaries, Pairs
from libs.runtime.run import StartRefused
from libs.wording.pairs import KINDS, mistake
from tests.unit.reconcile.builders import SAMPLE

KNOWN = Dictionaries(
    status_groups={1: 1, 4: 2, 8: 4, 11: 4, 12: 5, 19: 6},
    source_currencies={1: "UAH", 3: "UAH"},
    payment_methods=frozenset({1, 2}),
    delivery_services=frozenset({1, 2}),
)


def problems(change: dict[str, Any]) -> list[str]:
    """What is wrong with the sample when some tables are replaced."""
    with pytest.raises(PairsError) as caught:
        Pairs.from_toml({**copy.deepcopy(SAMPLE), **change})
    return told(caught.value.mistakes)


def told(mistakes: list[Mistake]) -> list[str]:
    """As a person reads them where English is spoken."""
    return [mistake(one.key, one.params, "en") for one in mistakes]


def test_the_sample_is_sound_and_fits_keycrms_dictionaries() -> None:
    """Many to one, with one default each way."""
    pairs = Pairs.from_toml(SAMPLE)

    assert pairs.check(KNOWN) == []
    assert pairs.statuses.means(3, 4)
    assert pairs.statuses.to_vms[4] == 2
    assert pairs.statuses.to_keycrm[4] == 8
    assert pairs.shipped_vms == {4, 5}
    assert pairs.cancelled_keycrm == {19}
    assert pairs.silent_delivery_methods == {7}
    assert pairs.units.to_vms[""] == "шт"


@pytest.mark.parametrize(
    ("table", "rows", "says"),
    [
        ("statuses", [{"vms": 300, "keycrm": 1}], "statuses row 1: vms = 300: must be a whole number from 0 to 255"),
        ("statuses", [{"vms": 1}], "statuses row 1: keycrm is missing: write keycrm = a whole number above 0"),
        ("statuses", [{"vms": 1, "keycrm": True}], "statuses row 1: keycrm = True: must be a whole number above 0"),
        ("statuses", [{"vms": 1, "keycrm": 1, "shiped": True}], "shiped: no such key. Known: cancelled, keycrm"),
        ("statuses", [{"vms": 1, "keycrm": 1, "shipped": 1}], "shipped = 1: must be true or false"),
        ("statuses", [], "statuses: no rows. Add at least one [[statuses]]"),
        ("statuses", {"vms": 1}, "statuses: write each pair as [[statuses]]"),
        ("sources", [{"keycrm": 3, "currency": ""}], "currency = '': must be a text that is not empty"),
        ("units", [{"keycrm": "", "vms": "шт", "column": "pieces"}], "column = 'pieces': must be one of"),
        ("colours", [], "colours: no such table. Known: statuses"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_table_row_key_and_fix(table: str, rows: Any, says: str) -> None:
    """A person can correct the file from the sentence alone."""
    assert any(says in problem for problem in problems({table: rows})), problems({table: rows})


def test_several_rows_of_one_id_need_one_default() -> None:
    """None and two are both refused, each way."""
    rows = [{"vms": 4, "keycrm": 8}, {"vms": 4, "keycrm": 11}, {"vms": 5, "keycrm": 11}]

    found = problems({"statuses": rows})

    assert "statuses: vms = 4 stands in 2 rows: mark exactly one with to_keycrm = true" in found
    assert "statuses: keycrm = 11 stands in 2 rows: mark exactly one with to_vms = true" in found
    both = [{**row, "to_keycrm": True, "to_vms": True} for row in rows]
    assert len(problems({"statuses": both})) == 2


def test_rows_that_contradict_each_other_are_refused() -> None:
    """Shipped in one row of an id and not in the other; a unit with two columns; a delivery method with and without."""
    found = problems(
        {
            "statuses": [{"vms": 4, "keycrm": 8, "to_keycrm": True, "shipped": True}, {"vms": 4, "keycrm": 11}],
            "units": [
                {"keycrm": "", "vms": "м", "column": "linearMeters", "to_keycrm": True},
                {"keycrm": "м", "vms": "м", "column": "necessarySquareMeters"},
            ],
            "delivery_services": [{"vms": 1, "keycrm": 1}, {"vms": 1}],
        }
    )

    assert "statuses: vms = 4 has shipped in one row only: set it in all or none" in found
    assert "units: vms = 'м' has two columns: choose one" in found
    assert "delivery_services: vms = 1 stands with and without keycrm: keep one" in found


def test_every_mistake_is_reported_at_once() -> None:
    """Nobody corrects a file ten times."""
    assert len(problems({"statuses": [{"vms": -1, "keycrm": 0}], "sources": [{}]})) == 4


def test_keycrms_dictionaries_contradict_by_name() -> None:
    """Ids that do not exist, a cancelled status that is none, another currency."""
    other = Dictionaries({1: 1, 4: 6, 8: 4, 11: 4, 12: 5, 19: 5}, {1: "USD"}, frozenset({1}), frozenset())

    found = told(Pairs.from_toml(SAMPLE).check(other))

    assert "sources: KeyCRM has no source 3: correct `keycrm` or remove the row" in found
    assert "payment_methods: KeyCRM has no payment method 2: correct `keycrm` or remove the row" in found
    assert "delivery_services: KeyCRM has no delivery service 1: correct `keycrm` or remove the row" in found
    assert "statuses: KeyCRM's status 4 is cancelled: set cancelled = true" in found
    assert "statuses: KeyCRM's status 19 is not cancelled: remove cancelled" in found
    assert any("KeyCRM's source 1 is in USD, not UAH" in problem for problem in found)
    nothing = Dictionaries({}, {}, frozenset(), frozenset())
    assert "statuses: KeyCRM has no status 4: correct `keycrm` or remove the row" in told(
        Pairs.from_toml(SAMPLE).check(nothing)
    )


def test_a_start_is_refused_with_every_mistake_in_one_english_line(tmp_path: Path) -> None:
    """Whoever reads the log finds the file, the table, the row, the key and the fix."""
    path = tmp_path / "pairs.toml"
    path.write_text("[[statuses]]\nvms = 300\nkeycrm = 1\n[[colours]]\n", encoding="utf-8")

    with pytest.raises(StartRefused) as caught:
        read_pairs(path)

    line = str(caught.value)
    assert line.startswith(
        f"SYNC_PAIRS_FILE: {path}: statuses row 1: vms = 300: must be a whole number from 0 to 255; "
    )
    assert "colours: no such table. Known: statuses, sources" in line
    assert "\n" not in line


def test_every_kind_of_value_has_words() -> None:
    """A mistake names what must be written, for columns each one that there is."""
    assert {kind for columns in COLUMNS.values() for kind in columns.values()} == set(KINDS)
    assert all(column in KINDS["column"] for column in QUANTITY_COLUMNS)
