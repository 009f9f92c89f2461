"""What the console refuses, as exceptions that name the field and the fix; the endpoint makes problems of them.

Promises: no message holds what somebody typed, nor anything personal.
"""

from __future__ import annotations


class Refusal(Exception):
    """A request that changed nothing; `text` is one sentence for the person who asked."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class Absent(Refusal):
    """There is no such thing."""


class Overtaken(Refusal):
    """Somebody, or the sync itself, was faster: look again before you decide."""


class Unusable(Refusal):
    """A field of the request cannot be used; `field` is where it stands, `fix` what to write."""

    def __init__(self, field: str, text: str, fix: str) -> None:
        super().__init__(text)
        self.field = field
        self.fix = fix
