"""The five fates a failure can have, as exceptions named after the fate; clients raise them, workers obey them.

Messages carry ids and field names, never payloads: they reach logs, dead-letter headers and the console.
A conflict and an echo are decisions, not errors.
"""

from __future__ import annotations


class SyncError(Exception):
    """What all fates share; `reason` is one short sentence without personal data."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class WorldUnavailable(SyncError):
    """Partner down, 429, circuit open: nothing wrong with the entity. Work waits, no attempt is counted."""

    def __init__(self, reason: str, partner: str = "", retry_after_seconds: float | None = None) -> None:
        super().__init__(reason)
        self.partner = partner
        self.retry_after_seconds = retry_after_seconds


KEY_REFUSED = "refused our key"
"""What every `KeyRefused` says, so that its reason is known for what it is where only the text was kept."""


class KeyRefused(WorldUnavailable):
    """The partner answered 401 or 403: work waits until a person has corrected our key."""


class TransientError(SyncError):
    """This entity failed and may succeed later: back-off, three attempts, then a dead letter."""

    def __init__(self, reason: str, retry_after_seconds: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after_seconds = retry_after_seconds


class PermanentError(SyncError):
    """It would fail the same way again (4xx, no pair, broken rule): a dead letter with this reason."""

    def __init__(self, reason: str, code: str = "permanent", field: str | None = None) -> None:
        super().__init__(reason)
        self.code = code
        self.field = field


class OutcomeUnknown(SyncError):
    """A write may or may not have happened (time-out, 5xx, cut connection): settled by looking, never repeated."""

    def __init__(self, reason: str, reference: str = "", look_after_seconds: float | None = None) -> None:
        super().__init__(reason)
        self.reference = reference
        self.look_after_seconds = look_after_seconds


class ParentNotBound(SyncError):
    """The entity refers to one that has no pair yet: asleep until the parent is bound."""

    def __init__(self, reason: str, parent_binding_id: int) -> None:
        super().__init__(reason)
        self.parent_binding_id = parent_binding_id


class HeldElsewhere(SyncError):
    """Others hold what this item needs (a lease, this minute's calls): come again soon, no attempt counted."""


class GoneError(PermanentError):
    """The remote entity answered 404: handlers that know better make a conflict or an alias of it."""

    def __init__(self, reason: str, partner: str = "") -> None:
        super().__init__(reason, code="gone")
        self.partner = partner


class LeaseLost(SyncError):
    """The lease ran out or was fenced: stop; record and finish match no row."""


NEVER_HAPPENED = (PermanentError, WorldUnavailable, HeldElsewhere)
"""The fates of a write that was refused or never sent: nothing of it can land."""
