"""The merge as a whole: two lossy systems, people on both, late answers, crashes between any two steps."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from libs.contracts.types import Side
from libs.reconcile.agreement import differences
from libs.reconcile.values import Choice, Value
from tests.unit.reconcile.driver import Call, settle_down, with_bases, work
from tests.unit.reconcile.world import FIELDS, Edit, World

SIDES = st.sampled_from(list(Side))
VALUES: dict[Side, dict[str, st.SearchStrategy[Value]]] = {
    Side.VMS: {
        "status": st.sampled_from([1, 2, 3, 4, 9]),
        "comment": st.sampled_from(["a", "b", "longer than any", "longer than", None]),
        "sum": st.sampled_from(["1.00", "2.50", "2.504", "2.506"]),
    },
    Side.KEYCRM: {
        "status": st.sampled_from([1, 4, 8, 11, 19]),
        "comment": st.sampled_from(["a", "c", "longer than any", "other text", None]),
        "sum": st.sampled_from(["1.00", "2.50", "2.504", "3.00"]),
    },
}
CALLS: dict[Side, st.SearchStrategy[Call]] = {
    Side.VMS: st.one_of(
        st.just(("ok", 0)), st.just(("lost", 0)), st.just(("never", 0)), st.just(("refused", 0)),
        st.tuples(st.just("late"), st.integers(1, 85)),
    ),
    Side.KEYCRM: st.one_of(
        st.just(("ok", 0)), st.just(("lost", 0)), st.just(("never", 0)), st.just(("refused", 0)),
        st.just(("ignored", 0)), st.tuples(st.just("late"), st.integers(1, 85)),
        st.tuples(st.just("queued"), st.integers(1, 8)),
    ),
}  # fmt: skip
PAUSES = st.sampled_from([0, 1, 4, 11, 70, 200])


class TwoSystems(RuleBasedStateMachine):
    """People, events, workers and faults in any order; at the end everything is let come to rest."""

    def __init__(self) -> None:
        super().__init__()
        self.world: World = with_bases(World())
        self.worker: Iterator[str] | None = None
        self.call: Call = ("ok", 0)
        self.side = Side.VMS

    def _pause(self) -> None:
        # KeyCRM tells times in whole seconds; people are slower than that.
        self.world.tick(timedelta(seconds=1.1))

    @rule(side=SIDES, name=st.sampled_from(sorted(FIELDS)), data=st.data())
    def somebody_edits(self, side: Side, name: str, data: st.DataObject) -> None:
        """A person writes one field on one side."""
        value = data.draw(VALUES[side][name])
        self._pause()
        self.world.person(side, name, value)

    @rule(seconds=PAUSES)
    def time_passes(self, seconds: int) -> None:
        """Nothing happens for a while."""
        self.world.tick(timedelta(seconds=seconds))

    @precondition(lambda self: bool(self.world.emitted))
    @rule(again=st.booleans())
    def an_event_comes(self, again: bool) -> None:
        """VMS's next event is marked, perhaps twice."""
        self.world.deliver(again=again)

    @precondition(lambda self: self.worker is None)
    @rule(side=SIDES, data=st.data())
    def a_worker_claims(self, side: Side, data: st.DataObject) -> None:
        """One of the two services takes the binding's lease."""
        self.call = data.draw(CALLS[side])
        worker = work(self.world, side, lambda: self.call)
        if next(worker, None) is not None:
            self.worker = worker

    @precondition(lambda self: self.worker is not None)
    @rule(steps=st.integers(1, 8))
    def the_worker_goes_on(self, steps: int) -> None:
        """Some steps of its item."""
        for _ in range(steps):
            self.world.tick()
            if self.worker is not None and next(self.worker, None) is None:
                self.worker = None

    @precondition(lambda self: self.worker is not None)
    @rule()
    def the_worker_crashes(self) -> None:
        """Killed between two steps; its lease runs out later, what it had not finished is due again."""
        self.worker = None
        for flight in self.world.flights:
            flight.until = flight.until or self.world.now

    @precondition(lambda self: bool(self.world.questions))
    @rule(data=st.data())
    def somebody_answers(self, data: st.DataObject) -> None:
        """A person answers an open question with one of the sides' values."""
        name = data.draw(st.sampled_from(sorted(self.world.questions)))
        self._pause()
        self.world.answer(name, data.draw(st.sampled_from([Choice.VMS, Choice.KEYCRM])))

    def teardown(self) -> None:
        """All comes to rest; then nothing was lost, both sides agree or a question is open, and nothing moves."""
        world = self.world
        if self.worker is not None:
            self.the_worker_crashes()
        before = world.writes
        rounds = settle_down(world)
        assert rounds < 60, "it does not come to rest"
        assert world.writes - before <= 12, f"ping-pong: {world.writes - before} writes after the last edit"
        self._agree()
        self._nothing_is_lost()
        self._nothing_moves()

    def _agree(self) -> None:
        rows = self.world.rows
        for name, row in FIELDS.items():
            vms, keycrm = rows[Side.VMS][name], rows[Side.KEYCRM][name]
            assert name in self.world.questions or row.kind.means(vms, keycrm), f"{name} differs: {vms} and {keycrm}"
        found = differences(FIELDS, self.world.load()[0], rows[Side.VMS], rows[Side.KEYCRM])
        assert {one.field for one in found} <= self.world.questions.keys(), f"the second opinion differs: {found}"

    def _nothing_is_lost(self) -> None:
        for name in FIELDS:
            edits = [edit for edit in self.world.edits if edit.field == name]
            kept = next((n for n, edit in enumerate(reversed(edits), 1) if not edit.may_be_lost), None)
            if kept is None or name in self.world.questions or self._is_cancelled(name):
                continue
            is_answered = self.world.resolved_at.get(name, edits[-kept].at) > edits[-kept].at
            assert is_answered or any(map(self._is_shown, edits[-kept:])), (
                f"lost: {edits[-kept]} became {self._shown(name)}"
            )

    def _is_shown(self, edit: Edit) -> bool:
        vms, keycrm = self._shown(edit.field)
        kind = FIELDS[edit.field].kind
        if edit.side is Side.VMS:
            return vms == edit.value or kind.means(edit.value, keycrm)
        return keycrm == edit.value or kind.means(vms, edit.value)

    def _shown(self, name: str) -> tuple[Value, Value]:
        return self.world.rows[Side.VMS][name], self.world.rows[Side.KEYCRM][name]

    def _is_cancelled(self, name: str) -> bool:
        """KeyCRM's cancellation wins over an order that is not shipped, whichever was later."""
        return name == "status" and self.world.rows[Side.KEYCRM][name] == 19

    def _nothing_moves(self) -> None:
        world, writes = self.world, self.world.writes
        world.due = dict.fromkeys(Side, world.now)
        settle_down(world)
        assert world.writes == writes, "a quiet pair is written"


TwoSystems.TestCase.settings = settings(
    max_examples=150,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
)
TestTwoSystems = TwoSystems.TestCase
