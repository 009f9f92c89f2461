"""Questions about a record as a whole, and any question as the sentence that a person reads.

Promises: every reason that the merge can give has its sentence in each language; they stand in
`libs.wording.questions`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from libs.contracts.types import Entity, Side
from libs.reconcile.values import Choice, Question, Value
from libs.wording import questions as wording
from libs.wording.languages import Language


def text(question: Question, entity: Entity, language: Language = "en") -> str:
    """The question as a sentence."""
    return wording.question(question.reason, question.params, question.field, entity.value, language)


def gone(side: Side, record: str) -> Question:
    """A bound record answers 404."""
    return Question("identity", "gone", params={"side": side.value, "id": record}, choices=(Choice.KEEP,))


def vanished_in_creating(side: Side, record: str) -> Question:
    """The record that a create was being made from is gone (rule 22)."""
    params = {"side": side.value, "id": record}
    return Question("identity", "vanished_in_creating", params=params, choices=(Choice.KEEP,))


def customers_alike(found: Sequence[str]) -> Question:
    """Several records share the phone or e-mail of one customer; `KEEP` says that he is none of them."""
    params: Mapping[str, Value] = {"found": sorted(found)}
    return Question("identity", "customers_alike", params=params, choices=(Choice.VALUE, Choice.KEEP))


def identity_clash(said: str) -> Question:
    """Two bindings claim one record; `said` names the bindings."""
    return Question("identity", "identity_clash", params={"said": said}, choices=(Choice.KEEP,))


def unknown_sku(skus: Sequence[str]) -> Question:
    """Lines of a new order whose SKU KeyCRM does not know (SYNC_UNKNOWN_SKU=hold)."""
    return Question("lines", "unknown_sku", params={"found": sorted(skus)}, choices=(Choice.KEEP,))
