"""What is remembered of a binding survives the database, also when a column is empty or an answer stands in a row."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from libs.contracts.types import Side
from libs.reconcile import wire
from libs.reconcile.memory import Creation, Memory
from libs.reconcile.values import Bases, Choice, PendingWrite, Question, Raced, Resolution, Seen, Value, Window
from tests.unit.reconcile.builders import at

names = st.sampled_from(["status", "manager_comment", "payment P-1.5"])
values: st.SearchStrategy[Value] = st.one_of(st.none(), st.integers(0, 9), st.text(max_size=5), st.just([{"sku": "A"}]))
instants = st.integers(0, 10**6).map(lambda n: at(n / 7))
maybe_instants = st.one_of(st.none(), instants)
sides = st.sampled_from(Side)
images: st.SearchStrategy[dict[str, Value]] = st.dictionaries(names, values, max_size=2)
writes = st.builds(
    PendingWrite,
    sides,
    names,
    values,
    values,
    values,
    instants,
    instants,
    maybe_instants,
    maybe_instants,
    st.booleans(),
)
raced = st.builds(Raced, names, values, instants, st.booleans())
windows = st.builds(
    Window,
    instants,
    maybe_instants,
    instants,
    images,
    images,
    st.one_of(st.none(), images),
    st.tuples(raced),
    maybe_instants,
)
seen = st.builds(Seen, values, maybe_instants, maybe_instants, instants, maybe_instants)
keys = st.tuples(sides, names)
creations = st.builds(
    Creation,
    sides,
    st.text(min_size=1),
    st.tuples(st.text()),
    st.tuples(writes),
    images,
    maybe_instants,
    maybe_instants,
)
answers = st.builds(Resolution, st.sampled_from(Choice), values, sides)
questions = st.builds(
    Question, names, st.text(), values, values, values, values, values, st.booleans(), images,
    st.tuples(st.sampled_from(Choice)), st.one_of(st.none(), answers),
)  # fmt: skip
memories = st.builds(
    Memory, st.builds(Bases, images, images), st.tuples(writes), st.tuples(writes),
    st.dictionaries(keys, seen, max_size=3), st.tuples(windows), st.dictionaries(keys, st.integers(1, 3), max_size=2),
    st.one_of(st.none(), creations),
)  # fmt: skip


@given(memories)
def test_a_memory_reads_back_from_its_columns(memory: Memory) -> None:
    """Through real JSON, instants to the microsecond."""
    columns = json.loads(json.dumps(memory.to_json()))

    assert set(columns) == {"base_vms", "base_keycrm", "pending", "spans", "windows"}
    assert Memory.from_json(columns) == memory


@given(questions)
def test_a_question_reads_back_from_its_row(question: Question) -> None:
    """With its answer, if it has one."""
    assert wire.load(Question, json.loads(json.dumps(wire.dump(question)))) == question


def test_empty_and_missing_columns_are_an_empty_memory() -> None:
    """As the database fills them in."""
    empties: list[dict[str, Any]] = [
        {},
        {"pending": {}, "windows": [], "spans": {}},
        {"pending": None, "windows": None},
    ]

    assert all(Memory.from_json(columns) == Memory() for columns in empties)


def test_what_a_newer_release_wrote_is_read_by_an_older_one() -> None:
    """Unknown keys are left alone: a release can be taken back."""
    row = {**wire.dump(Seen("x", None, None, at(0))), "added_later": 1}

    assert wire.load(Seen, row) == Seen("x", None, None, at(0))


def test_open_questions_are_handed_in_beside_the_columns() -> None:
    """They live in a table of their own."""
    question = Question("status", "both_changed", 2, 8)

    memory = Memory.from_json({}, [question])

    assert memory.questions == {"status": question}
    assert Memory.from_json(memory.to_json()) == replace(memory, questions={})
