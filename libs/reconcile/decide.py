"""The one decision: what each side's change means, field by field, over two bases.

Promises: a field that either side does not show is neither moved nor written (rule 5); a side has moved when it differs
from its own base (2); nothing is written that neither a side nor an answer holds; deciding twice on the same values
gives the same; a field with a write on its way or an open question without an answer is not written (7, 25).
Pure: values in, values out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from libs.contracts.types import Side
from libs.reconcile.answers import answer
from libs.reconcile.contest import Contest, Verdict
from libs.reconcile.draft import Draft
from libs.reconcile.fields import Direction, Field, Fields, Policy
from libs.reconcile.kinds import Asked
from libs.reconcile.values import BOTH_WAYS, ONE_WAY, Bases, Decision, Image, PendingWrite, Question, Spans


def decide(
    fields: Fields,
    bases: Bases,
    vms: Image,
    keycrm: Image,
    pending: Sequence[PendingWrite],
    spans: Spans,
    questions: Mapping[str, Question],
) -> Decision:
    """What should happen to the fields of one binding; `questions` are its open conflicts, answered or not."""
    draft = Draft({Side.VMS: vms, Side.KEYCRM: keycrm})
    busy = {write.field for write in pending}
    for name, row in fields.items():
        if row.direction is Direction.LEDGER or name not in vms or name not in keycrm:
            continue
        contest = Contest(name, vms[name], keycrm[name], bases, spans)
        if name in busy:
            draft.waits.append(name)
        elif name in questions:
            answer(row, contest, questions[name], draft)
        else:
            _decide_field(row, contest, draft)
    return draft.decision()


def _decide_field(row: Field, contest: Contest, draft: Draft) -> None:
    if row.kind.means(contest.vms, contest.keycrm):
        draft.agree(contest)
        return
    moved = [side for side in Side if contest.has_moved(side)]
    if not moved:
        return
    verdict = _verdict(row, contest, moved)
    if isinstance(verdict, Asked):
        draft.ask(contest, verdict)
    elif row.direction is not Direction.BOTH and verdict is Side.KEYCRM:
        _stay_or_ask(row, contest, draft)
    else:
        draft.carry(row, contest, verdict, _reason(contest, moved))


def _verdict(row: Field, contest: Contest, moved: list[Side]) -> Verdict:
    special = row.special(contest) if row.special else None
    if special is not None:
        return special
    if contest.is_first:
        return _first_meeting(row, contest)
    if len(moved) == 1:
        return _cut_edited(contest) if contest.had_cut(moved[0]) else moved[0]
    if row.direction is not Direction.BOTH:
        return Side.KEYCRM  # its edit cannot be carried, so it is asked about before it is written over
    return _by_policy(row, contest)


def _first_meeting(row: Field, contest: Contest) -> Side:
    if contest.vms in (None, []):
        return Side.KEYCRM
    return Side.VMS if contest.keycrm in (None, []) else row.first_meeting


def _by_policy(row: Field, contest: Contest) -> Verdict:
    if row.policy is Policy.VMS:
        return Side.VMS
    if row.policy is Policy.KEYCRM:
        return Side.KEYCRM
    later = contest.later(row.clocks) if row.policy is Policy.NEWEST else None
    return later or Asked("both_changed", {"vms": contest.vms, "keycrm": contest.keycrm}, BOTH_WAYS)


def _cut_edited(contest: Contest) -> Asked:
    """Whoever edited the beginning of a longer text did not see its end, and would take it away."""
    return Asked("cut_edited", {"vms": contest.vms, "keycrm": contest.keycrm}, BOTH_WAYS)


def _stay_or_ask(row: Field, contest: Contest, draft: Draft) -> None:
    """KeyCRM's value of a field that is carried to KeyCRM only: it stays while VMS says nothing, else it is asked."""
    if contest.is_first or (contest.vms is None and not contest.has_moved(Side.VMS)):
        draft.agree(contest)
        return
    carried = row.kind.carry(contest.keycrm, Side.VMS, draft.images[Side.VMS])
    edit = Asked("one_way_edit", {"vms": contest.vms, "keycrm": contest.keycrm}, ONE_WAY)
    draft.ask(contest, carried if isinstance(carried, Asked) else edit)


def _reason(contest: Contest, moved: list[Side]) -> str:
    if contest.is_first:
        return "first_meeting"
    return "changed" if len(moved) == 1 else "newer"
