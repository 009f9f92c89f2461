"""What a handler of an API call is given, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.keycrm.account import Account
from sandbox.keycrm.lists import Query


@dataclass(frozen=True)
class ApiCall:
    """One checked call: path ids, query, and the body's JSON object (empty when there is none)."""

    operation: str
    ids: dict[str, int]
    query: Query
    body: dict[str, Any]


@dataclass(frozen=True)
class Reply:
    """A success: its status and its JSON; None is no body at all."""

    status: int
    content: Any = None


Handler = Callable[[Account, ApiCall], Reply]

DONE = {"status": True}
