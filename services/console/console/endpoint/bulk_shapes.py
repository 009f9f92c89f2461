"""Many at once as the API shows it: the rule, what it takes in, and a sample."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, ConfigDict, Field

from console.endpoint.letter_shapes import LetterShape, letter
from console.endpoint.params import Line
from console.endpoint.question_shapes import ConflictShape, conflict
from console.handlers.bulk import Preview
from libs.contracts.access import Person
from libs.contracts.types import CamelModel, Entity
from libs.state.conflict_lists import Filter as Questions
from libs.state.conflict_lists import Moved
from libs.state.letter_lists import Filter as Letters

Word = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")]


class QuestionRule(CamelModel):
    """Which open questions; what is left out is any."""

    model_config = ConfigDict(extra="forbid")

    entity: Entity | None = None
    field: Word | None = None
    reason: Word | None = None
    moved: Moved | None = Field(None, description="which side shows something else than what was last agreed on")
    opened_before: AwareDatetime | None = None
    opened_after: AwareDatetime | None = None

    def filter(self) -> Questions:
        """As the handlers have it."""
        return Questions("open", **{name: getattr(self, name) for name in type(self).model_fields})


class LetterRule(CamelModel):
    """Which undecided letters; what is left out is any."""

    model_config = ConfigDict(extra="forbid")

    service: Word | None = None
    topic: Annotated[str, Field(max_length=100)] | None = Field(None, description="where they came from; empty: none")
    reason: Word | None = None
    code: Annotated[str, Field(max_length=100)] | None = None
    field: Word | None = None

    def filter(self) -> Letters:
        """As the handlers have it."""
        return Letters("kept", **{name: getattr(self, name) for name in type(self).model_fields})


class AnswerMany(CamelModel):
    """One answer to all open questions of a rule."""

    model_config = ConfigDict(extra="forbid")

    rule: QuestionRule
    choice: Literal["vms", "keycrm", "keep"] = Field(description="vms's value, keycrm's, or keep both as they are")


class LettersMany(CamelModel):
    """A replay, or the discarding, of all undecided letters of a rule."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["replay", "discard"]
    rule: LetterRule
    reason: Line | None = Field(None, description="why nobody will ever want them; with discard")


class PreviewShape(CamelModel):
    """What a rule takes in now: apply it by its id, within the hour."""

    id: UUID
    kind: str
    rule: dict[str, Any]
    choice: dict[str, Any]
    total: int = Field(description="how many would be done")
    matching: int = Field(description="how many match the rule")
    left_out: int = Field(description="how many match but do not take this answer, or are over what is done at once")
    previewed_at: datetime
    conflicts: list[ConflictShape] | None = None
    letters: list[LetterShape] | None = None
    judged: int | None = Field(None, description="of a replay: with how many of the first letters it was looked at")
    effects: dict[str, int] | None = Field(None, description="of those: with how many it would do what")


def preview(looked: Preview, person: Person) -> PreviewShape:
    """A preview as this person is shown it."""
    is_about_questions, is_replay = looked.bulk.kind == "resolve", looked.bulk.kind == "replay"
    return PreviewShape(
        id=looked.bulk.id, kind=looked.bulk.kind, rule=dict(looked.bulk.rule), choice=dict(looked.bulk.choice),
        total=looked.bulk.total, matching=looked.matching, left_out=looked.left_out,
        previewed_at=looked.bulk.previewed_at,
        conflicts=[conflict(one, person) for one in looked.questions] if is_about_questions else None,
        letters=None if is_about_questions else [letter(one) for one in looked.letters],
        judged=looked.judged if is_replay else None, effects=dict(looked.effects) if is_replay else None,
    )  # fmt: skip
