"""What state refuses, beyond the fates of `libs.runtime.errors`.

A refusal changes nothing: the transaction it was raised in is rolled back by its owner.
"""

from __future__ import annotations

from datetime import datetime

from libs.runtime.errors import HeldElsewhere, PermanentError, SyncError


class BindingBusy(HeldElsewhere):
    """Another worker holds the lease of the binding to attach to: come again after `until`, no attempt counted."""

    def __init__(self, binding_id: int, until: datetime) -> None:
        super().__init__(f"binding {binding_id} is held by another worker")
        self.binding_id = binding_id
        self.until = until


class IdentityClash(PermanentError):
    """Two records claim to be the same thing and cannot both be: a question for a person, never a guess."""

    def __init__(self, reason: str, binding_ids: tuple[int, ...] = ()) -> None:
        super().__init__(reason, code="identity")
        self.binding_ids = binding_ids


class StaleQuestion(SyncError):
    """The question was asked anew with other values, or is closed: the answer was given to something else."""
