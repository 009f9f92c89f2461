"""A decision while it is being made: what one field after the other adds to it."""

from __future__ import annotations

from dataclasses import dataclass, field

from libs.contracts.types import Side
from libs.reconcile import rules
from libs.reconcile.contest import Contest
from libs.reconcile.fields import Field
from libs.reconcile.kinds import Asked, Refused
from libs.reconcile.values import Advance, Decision, Image, Question, Refusal, Write


@dataclass(slots=True)
class Draft:
    """Collects; `decision()` freezes it. `images` are the two sides' whole images."""

    images: dict[Side, Image]
    writes: dict[Side, dict[str, Write]] = field(default_factory=lambda: {Side.VMS: {}, Side.KEYCRM: {}})
    advances: dict[str, Advance] = field(default_factory=dict)
    conflicts: list[Question] = field(default_factory=list)
    closes: list[str] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    waits: list[str] = field(default_factory=list)

    def agree(self, contest: Contest) -> None:
        """Both bases become what is shown, unless they are that already."""
        bases, name = contest.bases, contest.field
        if name in bases.vms and name in bases.keycrm and not any(contest.has_moved(side) for side in Side):
            return
        self.advances[name] = Advance(contest.vms, contest.keycrm)

    def carry(self, row: Field, contest: Contest, source: Side, reason: str) -> None:
        """Carry what `source` shows to the other side, or ask, or refuse."""
        to = source.other
        carried = row.kind.carry(contest.shown(source), to, self.images[to])
        match carried:
            case Asked():
                self.ask(contest, carried)
            case Refused():
                self.refusals.append(Refusal(row.name, carried.rule, carried.text))
            case _ if carried.value == contest.shown(to):
                self.agree(contest)
            case _:
                self.write(row, to, Write(row.name, carried.value, contest.shown(to), contest.shown(source), reason))

    def write(self, row: Field, to: Side, write: Write) -> None:
        """Write it, unless it breaks a business rule."""
        refusal = rules.broken(row.rules, row.name, to, write.value)
        if refusal is None:
            self.writes[to][row.name] = write
        else:
            self.refusals.append(refusal)

    def ask(self, contest: Contest, asked: Asked) -> None:
        """Open a question that holds what both sides show now."""
        bases, name = contest.bases, contest.field
        question = Question(
            field=name,
            reason=asked.reason,
            shown_vms=contest.vms,
            shown_keycrm=contest.keycrm,
            base_vms=bases.vms.get(name),
            base_keycrm=bases.keycrm.get(name),
            params=asked.params,
            choices=asked.choices,
        )
        self.conflicts.append(question)

    def decision(self) -> Decision:
        """What was collected."""
        return Decision(
            to_vms=self.writes[Side.VMS],
            to_keycrm=self.writes[Side.KEYCRM],
            advances=self.advances,
            conflicts=tuple(self.conflicts),
            closes=tuple(self.closes),
            refusals=tuple(self.refusals),
            waits=tuple(self.waits),
        )
