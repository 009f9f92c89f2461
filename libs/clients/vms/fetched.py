"""An entity as VMS showed it, whole, and what a full-replace PUT sends back.

Promises: everything that was read is sent, columns we do not know included, with the changes in it and nothing else
touched. Refuses a change of what the PUT cannot write: VMS would ignore it in silence.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pydantic.alias_generators import to_camel

from libs.runtime.errors import PermanentError

Entity = TypeVar("Entity")


@dataclass(frozen=True, slots=True)
class Fetched(Generic[Entity]):
    """What GET by id answered: the model for reading, the JSON for sending back."""

    entity: Entity
    raw: Mapping[str, Any] = field(repr=False)


def with_changes(raw: Mapping[str, Any], changes: Mapping[str, Any], writable: Collection[str]) -> dict[str, Any]:
    """The whole entity with the changes in it.

    Raises:
        PermanentError: a change of a column that the PUT does not write.
    """
    for name in changes:
        if name not in writable:
            raise PermanentError(f"VMS cannot write field {name}", code="not-writable", field=name)
    return {**raw, **camel(changes)}


def camel(value: Any) -> Any:
    """Our names in VMS's camelCase, at every depth."""
    if isinstance(value, Mapping):
        return {to_camel(name): camel(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [camel(inner) for inner in value]
    return value
