"""Open questions of one field: when they close, when they are asked anew, what their answers write.

Promises (rule 25): while a question is open its field is written only as its answer says; an answer counts while each
side shows what was shown when it was asked, or the answer itself; other values refresh the question and drop the
answer; it closes when the sides agree, and with a raced value only by an answer.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeAlias

from libs.contracts.types import Side
from libs.reconcile import rules
from libs.reconcile.contest import Contest
from libs.reconcile.draft import Draft
from libs.reconcile.fields import Field
from libs.reconcile.kinds import Asked, Refused
from libs.reconcile.memory import Memory
from libs.reconcile.values import Choice, Look, Question, Resolution, Value, Write

Targets: TypeAlias = dict[Side, Value]


def answer(row: Field, contest: Contest, question: Question, draft: Draft) -> None:
    """What an open question, answered or not, means for this decision."""
    if _agree(row, contest) and not question.has_raced:
        _close(contest, draft)
    elif question.answer is None:
        _refresh(contest, question, draft)
    elif question.answer.choice is Choice.KEEP:
        _keep(contest, question, draft)
    else:
        _obey(row, contest, question, question.answer, draft)


def carried_out(memory: Memory, written: Look, other: Look) -> Memory:
    """Without the questions whose answers a write has carried out: its answer shows them, the other side as well."""
    closed = [
        name
        for name, question in memory.questions.items()
        if question.answer is not None
        and name in written.image
        and memory.pending_of(written.side, name) is None
        and all(memory.bases.of(look.side).get(name) == look.image.get(name) for look in (written, other))
    ]
    return memory.with_questions((), closed)


def _agree(row: Field, contest: Contest) -> bool:
    # A write that has settled made both bases: then neither has moved, whatever the kind makes of the pair.
    return row.kind.means(contest.vms, contest.keycrm) or not any(contest.has_moved(side) for side in Side)


def _close(contest: Contest, draft: Draft) -> None:
    draft.agree(contest)
    draft.closes.append(contest.field)


def _keep(contest: Contest, question: Question, draft: Draft) -> None:
    if all(contest.shown(side) == question.shown(side) for side in Side):
        _close(contest, draft)
    else:
        _refresh(contest, question, draft)


def _refresh(contest: Contest, question: Question, draft: Draft) -> None:
    fresh = replace(question, shown_vms=contest.vms, shown_keycrm=contest.keycrm, answer=None)
    if fresh != question:
        draft.conflicts.append(fresh)


def _obey(row: Field, contest: Contest, question: Question, chosen: Resolution, draft: Draft) -> None:
    targets = _targets(row, contest, question, chosen, draft)
    if isinstance(targets, Asked):
        asked = replace(question, reason=targets.reason, params=targets.params, choices=targets.choices)
        _refresh(contest, asked, draft)
    elif isinstance(targets, Refused):
        _refresh(contest, replace(question, params={**question.params, "refused": targets.text}), draft)
    elif all(_is_expected(row, contest, question, side, targets[side]) for side in Side):
        _write(row, contest, targets, draft)
    else:
        _refresh(contest, question, draft)


def _targets(
    row: Field, contest: Contest, question: Question, chosen: Resolution, draft: Draft
) -> Targets | Asked | Refused:
    """What each side is to show, in its own terms."""
    match chosen.choice:
        case Choice.VMS:
            source, value = Side.VMS, question.shown_vms
        case Choice.KEYCRM:
            source, value = Side.KEYCRM, question.shown_keycrm
        case _:
            source, value = chosen.terms, row.spell(chosen.value)
    carried = row.kind.carry(value, source.other, draft.images[source.other])
    if isinstance(carried, Asked | Refused):
        return carried
    targets = {source: value, source.other: carried.value}
    return _broken(row, contest, targets) or targets


def _broken(row: Field, contest: Contest, targets: Targets) -> Refused | None:
    for side in Side:
        refusal = rules.broken(row.rules, row.name, side, targets[side])
        if refusal is not None and contest.shown(side) != targets[side]:
            return Refused(refusal.rule, refusal.text)
    return None


def _is_expected(row: Field, contest: Contest, question: Question, side: Side, target: Value) -> bool:
    shown = contest.shown(side)
    return shown == question.shown(side) or row.kind.is_made_of(side, shown, target)


def _write(row: Field, contest: Contest, targets: Targets, draft: Draft) -> None:
    missing = [side for side in Side if not row.kind.is_made_of(side, contest.shown(side), targets[side])]
    for side in missing:
        write = Write(row.name, targets[side], contest.shown(side), targets[side.other], "answered")
        draft.writes[side][row.name] = write
    if not missing:
        _close(contest, draft)
