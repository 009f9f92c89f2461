"""A question as the sentence a person reads, with what this person may not see left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from console.domain.masks import MASK, is_personal
from libs.contracts.access import Person
from libs.contracts.types import Entity
from libs.reconcile import questions, wire
from libs.reconcile.values import Question
from libs.wording.languages import Language

# About sides and counts, never about a person.
_PLAIN_PARAMS = ("side", "times", "copies")


def sentence(person: Person, entity: Entity, row: Mapping[str, Any], language: Language = "en") -> str:
    """The question in this language; a reason that only a newer release knows is told by its key."""
    question = wire.load(Question, row)
    if is_personal(entity, question.field) and not person.sees_personal:
        question = replace(question, params={name: _hidden(name, value) for name, value in question.params.items()})
    return questions.text(question, entity, language)


def _hidden(name: str, value: Any) -> Any:
    return value if value is None or name in _PLAIN_PARAMS else MASK
