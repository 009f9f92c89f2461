"""The webhooks that staff have set up, and what became of each attempt to deliver one."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, HttpUrl

Kind = Literal["order-status", "payment-status", "stock", "lead"]
KEPT = 20_000


class HookWanted(BaseModel):
    """The body of `POST /_admin/hooks`; `warehouses` is for stock hooks, empty means all."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    kind: Kind
    url: HttpUrl
    warehouses: list[int] = []


@dataclass(frozen=True)
class Hook:
    """One webhook; its address may hold the receiver's secret."""

    id: int
    kind: Kind
    url: str = field(repr=False)
    warehouses: tuple[int, ...] = ()

    def shown(self) -> dict[str, Any]:
        """The hook without its secret."""
        return {"id": self.id, "kind": self.kind, "url": masked(self.url), "warehouses": list(self.warehouses)}


@dataclass(frozen=True)
class Attempt:
    """One attempt: the receiver's status, or the error that kept it from answering."""

    n: int
    delivery: int
    hook: int
    kind: str
    url: str
    subject: str
    attempt: int
    at: float
    status: int | None
    error: str | None


class Hooks:
    """All hooks of the account and the attempts made for them."""

    def __init__(self) -> None:
        self._last = 0
        self._attempts: deque[Attempt] = deque(maxlen=KEPT)
        self.all: list[Hook] = []

    def add(self, wanted: HookWanted) -> Hook:
        """Set a webhook up; existing balances and orders are not sent."""
        self._last += 1
        hook = Hook(self._last, wanted.kind, str(wanted.url), tuple(wanted.warehouses))
        self.all.append(hook)
        return hook

    def of(self, kind: Kind) -> list[Hook]:
        """The hooks of one kind."""
        return [hook for hook in self.all if hook.kind == kind]

    def note(self, attempt: Attempt) -> None:
        """Keep what became of an attempt."""
        self._attempts.append(attempt)

    def attempts(self, after: int) -> list[dict[str, Any]]:
        """The attempts with a number above `after`."""
        return [asdict(attempt) for attempt in self._attempts if attempt.n > after]

    def clear(self) -> None:
        """Remove hooks and attempts."""
        self.all.clear()
        self._attempts.clear()


def masked(url: str) -> str:
    """The address without a secret in its path (`/t/<secret>`) or its query."""
    return re.sub(r"(/t/)[^/?#]+|([?&](?:token|secret)=)[^&#]+", lambda match: f"{match[1] or match[2]}***", url)
