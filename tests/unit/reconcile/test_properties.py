"""What must hold for any values: a decision made is a decision done, echoes are quiet, unknown is never written."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from libs.contracts.types import Side
from libs.reconcile.decide import decide
from libs.reconcile.memory import Memory
from libs.reconcile.review import review
from libs.reconcile.values import Bases, Choice, Decision, Image, Look, Question, Resolution, Spans, Value
from libs.reconcile.writing import answered, begin
from tests.unit.reconcile.builders import TIMES, at
from tests.unit.reconcile.world import FIELDS, lossy

comments = st.sampled_from([None, "a", "b", "a much longer text", "a much longer tale"])
sums = st.sampled_from(["1.00", "1.004", "1.005", "2.00"])
VMS: dict[str, st.SearchStrategy[Value]] = {
    "status": st.sampled_from([1, 2, 3, 4, 9]),
    "comment": comments,
    "sum": sums,
}
KEYCRM: dict[str, st.SearchStrategy[Value]] = {
    "status": st.sampled_from([1, 4, 8, 11, 19]), "comment": comments, "sum": sums,
}  # fmt: skip


def image_of(side: Side) -> st.SearchStrategy[dict[str, Value]]:
    """What that side may show: values as it makes them, any of them unknown."""
    table = VMS if side is Side.VMS else KEYCRM
    shown = {name: value.map(lambda v, name=name: lossy(side, name, v)) for name, value in table.items()}  # type: ignore[misc]  # name is bound early
    return st.fixed_dictionaries({}, optional=shown)


images = st.tuples(image_of(Side.VMS), image_of(Side.KEYCRM))
bases = st.builds(Bases, image_of(Side.VMS), image_of(Side.KEYCRM))
choices = st.sampled_from([None, Choice.VMS, Choice.KEYCRM, Choice.KEEP])


def memory_of(known: Bases) -> Memory:
    """A memory with those bases."""
    return Memory(bases=known)


def looks(vms: Image, keycrm: Image, began: float) -> tuple[Look, Look]:
    """A look at each side."""
    return (
        Look(Side.VMS, vms, at(began), at(began), row_changed_at=at(began)),
        Look(Side.KEYCRM, keycrm, at(began), at(began)),
    )


def write_half(memory: Memory, side: Side, decision: Decision, image: Image, began: float) -> tuple[Memory, Image]:
    """One service writes its half; the side makes of it what it makes, and its answer shows that."""
    writes = decision.to(side)
    if not writes:
        return memory, image
    look = Look(side, image, at(began), at(began), row_changed_at=at(began))
    memory = begin(memory, side, writes, look, at(began), at(began + 100))
    shown = {**image, **{name: lossy(side, name, write.value) for name, write in writes.items()}}
    answer = Look(side, shown, at(began), at(began), row_changed_at=at(began))
    return answered(FIELDS, memory, answer, writes), shown


def play(memory: Memory, vms: Image, keycrm: Image, order: list[Side], start: float = 0) -> tuple[Memory, Image, Image]:
    """Each service in turn: look at both sides, decide, write its own half."""
    for turn, side in enumerate(order):
        began = start + turn * 20
        result = review(FIELDS, memory, *looks(vms, keycrm, began), TIMES)
        memory = result.memory
        if side is Side.VMS:
            memory, vms = write_half(memory, side, result.decision, vms, began)
        else:
            memory, keycrm = write_half(memory, side, result.decision, keycrm, began)
    return memory, vms, keycrm


@given(bases, images)
def test_deciding_after_applying_changes_nothing(known: Bases, shown: tuple[Image, Image]) -> None:
    """Both halves written, both sides lossy: the next decision is empty."""
    memory, vms, keycrm = play(memory_of(known), *shown, [Side.VMS, Side.KEYCRM])

    result = review(FIELDS, memory, *looks(vms, keycrm, 100), TIMES)

    assert not result.decision.to_vms
    assert not result.decision.to_keycrm
    assert not result.decision.advances
    assert not result.asked


@given(bases, images, st.lists(st.sampled_from(list(Side)), max_size=4))
def test_in_any_order_both_sides_come_to_agree(known: Bases, shown: tuple[Image, Image], order: list[Side]) -> None:
    """Whoever works first and how often: every known field means the same in the end, or was at rest, or is asked."""
    memory, vms, keycrm = play(memory_of(known), *shown, [*order, Side.VMS, Side.KEYCRM])

    for name in vms.keys() & keycrm.keys():
        at_rest = known.has(name) and (vms[name], keycrm[name]) == (known.vms.get(name), known.keycrm.get(name))
        is_open = name in memory.questions
        assert is_open or at_rest or FIELDS[name].kind.means(vms[name], keycrm[name]), name


@given(images)
def test_an_echo_decides_nothing_though_a_side_cuts_and_rounds(shown: tuple[Image, Image]) -> None:
    """What our own writes come back as is no edit, however often it is told."""
    memory, vms, keycrm = play(Memory(), *shown, [Side.VMS, Side.KEYCRM])

    for began in (100, 120, 140):
        result = review(FIELDS, memory, *looks(vms, keycrm, began), TIMES)
        assert result.decision == Decision()
        memory = result.memory


@given(bases, images)
def test_unknown_is_never_written(known: Bases, shown: tuple[Image, Image]) -> None:
    """Neither to the side that does not show a field, nor from it."""
    vms, keycrm = shown
    decision = decide(FIELDS, known, vms, keycrm, (), {}, {})

    both = vms.keys() & keycrm.keys()
    assert set(decision.to_vms) | set(decision.to_keycrm) | set(decision.advances) <= both
    assert {question.field for question in decision.conflicts} <= both


@given(bases, images, st.dictionaries(st.sampled_from(sorted(FIELDS)), choices, max_size=3))
def test_nothing_is_written_that_neither_a_side_nor_an_answer_holds(
    known: Bases, shown: tuple[Image, Image], chosen: dict[str, Choice | None]
) -> None:
    """Every write is what the other side shows, or what an answer says, in the target's terms."""
    vms, keycrm = shown
    spans: Spans = {}
    open_: dict[str, Question] = {}
    for name, choice in chosen.items():
        question = Question(name, "both_changed", vms.get(name), keycrm.get(name))
        open_[name] = replace(question, answer=None if choice is None else Resolution(choice))
    decision = decide(FIELDS, known, vms, keycrm, (), spans, open_)

    for side in Side:
        source = keycrm if side is Side.VMS else vms
        for name, write in decision.to(side).items():
            assert write.made_from == source[name]
            carried = FIELDS[name].kind.carry(source[name], side, {})
            assert getattr(carried, "value", None) == write.value
            assert chosen.get(name, Choice.VMS) is not None, "written while its question is open"


@settings(max_examples=50)
@given(bases, images)
def test_a_decision_is_the_same_whatever_the_order_of_the_table(known: Bases, shown: tuple[Image, Image]) -> None:
    """Fields do not depend on one another."""
    whole = decide(FIELDS, known, *shown, (), {}, {})
    turned = decide(dict(reversed(list(FIELDS.items()))), known, *shown, (), {}, {})

    assert whole.to_vms == turned.to_vms
    assert whole.to_keycrm == turned.to_keycrm
    assert whole.advances == turned.advances
