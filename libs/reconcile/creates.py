"""Making the other side's record once (rules 18, 19): look, commit *creating*, call, and what an unknown outcome needs.

Promises: no create without an empty look at its reference; after a call of unknown outcome another create only after
two empty looks further apart than a request can live and the search lags; several found are asked about, never chosen.
What a create carried becomes both bases when it is known to have happened, as with any other write.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from libs.contracts.types import Side
from libs.reconcile import rules
from libs.reconcile.fields import Direction, Fields
from libs.reconcile.kinds import Asked, Refused, is_answer
from libs.reconcile.memory import Creation, Memory
from libs.reconcile.settle import landed
from libs.reconcile.values import Bases, Choice, Image, Look, PendingWrite, Question, Refusal, Times, Value, Write
from libs.reconcile.writing import UNANSWERED_LIMIT

IDENTITY = "identity"


class Step(StrEnum):
    """What to do about the record that is missing on one side."""

    CREATE = "create"
    ATTACH = "attach"
    ASK = "ask"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class NextStep:
    """The step, the memory to keep, and with it: the id found, the question, or until when to wait."""

    step: Step
    memory: Memory
    found: str | None = None
    question: Question | None = None
    wait_until: datetime | None = None


def carry_all(
    fields: Fields, to: Side, source: Image
) -> tuple[dict[str, Write], tuple[Refusal, ...], tuple[Question, ...]]:
    """What a create towards `to` carries of the source's image, what it may not, and what is to be asked about it."""
    writes: dict[str, Write] = {}
    refusals: list[Refusal] = []
    questions: list[Question] = []
    for name, row in fields.items():
        if name not in source or not (row.direction is Direction.BOTH or to in row.created_on):
            continue
        carried = row.kind.carry(source[name], to, {})
        if isinstance(carried, Refused):
            refusals.append(Refusal(name, carried.rule, carried.text))
        elif isinstance(carried, Asked):
            questions.append(Question(name, carried.reason, params=carried.params, choices=carried.choices))
        else:
            broken = rules.broken(row.rules, name, to, carried.value)
            refusals += [broken] if broken else []
            if to in row.created_on:
                writes[name] = Write(name, carried.value, None, source[name], "created")
    return writes, tuple(refusals), tuple(questions)


def next_step(
    memory: Memory, to: Side, found: Sequence[str], look_began_at: datetime, times: Times, reference: str = ""
) -> NextStep:
    """What a look at the reference means. `found` are the ids whose rows were checked to carry it, each once."""
    if len(found) == 1:
        return NextStep(Step.ATTACH, memory, found=found[0])
    if found:
        question = doubled(to, reference, found)
        return NextStep(Step.ASK, memory.with_questions([question]), question=question)
    creation = memory.creation
    if creation is None or creation.lands_by is None:
        return NextStep(Step.CREATE, memory)
    apart = times.request_life + times.search_lag
    if creation.empty_at is None:
        noted = replace(memory, creation=replace(creation, empty_at=look_began_at))
        return NextStep(Step.WAIT, noted, wait_until=look_began_at + apart)
    if look_began_at - creation.empty_at <= apart:
        return NextStep(Step.WAIT, memory, wait_until=creation.empty_at + apart)
    return NextStep(Step.CREATE, memory)


def begin_create(
    memory: Memory,
    to: Side,
    reference: str,
    writes: Mapping[str, Write],
    now: datetime,
    lands_by: datetime,
    *,
    called_with: str = "",
    initial: Image | None = None,
) -> Memory:
    """Commit before the call. `initial` is what the create cannot carry (KeyCRM's first status), where it is known."""
    before = memory.creation.called_with if memory.creation else ()
    names = (*before, called_with) if called_with and called_with not in before else before
    carried = tuple(PendingWrite(to, w.field, w.was, w.value, w.made_from, now, lands_by) for w in writes.values())
    tries = (memory.creation.tries if memory.creation else 0) + 1
    creation = Creation(to, reference, names, carried, dict(initial or {}), lands_by, tries=tries)
    return replace(memory, creation=creation)


def refused(memory: Memory) -> Memory:
    """The create was refused: it never happened. Whom it was called with stays known."""
    if memory.creation is None:
        return memory
    return replace(memory, creation=replace(memory.creation, lands_by=None, empty_at=None, carried=(), tries=0))


def is_given_up(memory: Memory) -> bool:
    """Whether the create was called often enough without an answer and without effect."""
    return memory.creation is not None and memory.creation.tries >= UNANSWERED_LIMIT


def lost(memory: Memory, lands_by: datetime) -> Memory:
    """The create's outcome is unknown; nothing of it lands after `lands_by`."""
    if memory.creation is None:
        return memory
    return replace(memory, creation=replace(memory.creation, lands_by=lands_by, empty_at=None))


def bound(
    fields: Fields, memory: Memory, shown: Look, initial: Image | None = None, source: Image | None = None
) -> Memory:
    """The create happened: its answer, or the first read of what our reference found, is `shown`.

    `initial` is what the answer itself shows of fields that the create could not carry; a later read never is (19).
    Where `source`, which the create was made from, means the same, the two agree from the start: a person who changes
    the new record at once moves it alone.
    """
    creation = memory.creation
    if creation is None:
        return memory
    memory = replace(memory, creation=None, questions=_without_identity(memory.questions))
    for write in creation.carried:
        memory = _carried(fields, memory, write, shown)
    for name, value in {**creation.initial, **(initial or {})}.items():
        memory = _initial(fields, memory, shown.side, name, value, source or {})
    return memory


def doubled(side: Side, reference: str, found: Sequence[str]) -> Question:
    """Several records carry one reference: a person must say which is the right one."""
    params: Mapping[str, Value] = {"side": side.value, "reference": reference, "found": sorted(found)}
    return Question(IDENTITY, "reference_doubled", params=params, choices=(Choice.VALUE,))


def _carried(fields: Fields, memory: Memory, write: PendingWrite, shown: Look) -> Memory:
    if write.field not in fields:
        return memory
    if write.field not in shown.image and write.side is Side.KEYCRM and write.sent is not None:
        # The answer did not carry it (lines, shipping): the next read that does settles it. Where nothing was sent, a
        # record just made has nothing.
        later = replace(write, lands_by=min(write.lands_by, shown.ended_at))
        return replace(memory, pending=(*memory.pending, later))
    # VMS tells lines by its events alone, and the create did happen.
    value = shown.image.get(write.field, write.sent)
    is_ours = is_answer(fields[write.field].kind, write.side, value, write.sent, None)
    return landed(memory, write, value if is_ours else write.sent)


def _initial(fields: Fields, memory: Memory, side: Side, name: str, value: Value, source: Image) -> Memory:
    if memory.bases.has(name):
        return memory
    if name in fields and name in source:
        vms, keycrm = (value, source[name]) if side is Side.VMS else (source[name], value)
        if fields[name].kind.means(vms, keycrm):
            return memory.with_base(name, vms, keycrm)
    bases = memory.bases
    if side is Side.VMS:
        return replace(memory, bases=Bases({**bases.vms, name: value}, bases.keycrm))
    return replace(memory, bases=Bases(bases.vms, {**bases.keycrm, name: value}))


def _without_identity(questions: Mapping[str, Question]) -> dict[str, Question]:
    return {name: question for name, question in questions.items() if name != IDENTITY}
