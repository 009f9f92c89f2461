"""How KeyCRM says no."""

from __future__ import annotations

from collections.abc import Mapping


class Refusal(Exception):
    """An answer that is not a success: `status`, one sentence, and for 422 the fields with theirs."""

    def __init__(self, status: int, message: str, fields: Mapping[str, list[str]] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.fields = fields


def invalid(*fields: str) -> Refusal:
    """422 for values that name nothing, in the framework's words."""
    texts = {field: [f"The selected {field} is invalid."] for field in fields}
    return Refusal(422, texts[fields[0]][0], texts)


def wrong(field: str, text: str) -> Refusal:
    """422 for one field with a sentence."""
    return Refusal(422, text, {field: [text]})


def missing(entity: str) -> Refusal:
    """404: no such row."""
    return Refusal(404, f"{entity} not found.")
