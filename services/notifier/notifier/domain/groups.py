"""The hub's groups: which event goes to which, and who may listen to which.

Promises: an event that belongs to several groups is one event; a token that is limited to groups hears of nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

GROUPS = ("orders", "customers", "articles", "conflicts", "health")
ONE_ORDER = "order:"
"""Begins the group of one order; VMS's id or KeyCRM's number follows."""
_OF_ENTITY = {"order": "orders", "customer": "customers", "article": "articles", "system": "health"}
_HEALTH_TYPES = ("sync.dead-letter", "sync.flow.stopped", "sync.partner.unreachable", "sync.partner.reachable")
_LONGEST = 100


def groups_of(event_type: str, event: Mapping[str, Any]) -> tuple[str, ...]:
    """All groups that hear of an event."""
    found = [_OF_ENTITY.get(str(event.get("entity")), "health")]
    if found == ["orders"]:
        ids = (event.get("vmsId"), event.get("keycrmId"))
        found += [f"{ONE_ORDER}{str(one).lower()}" for one in ids if one]
    if event_type.startswith("sync.conflict."):
        found.append("conflicts")
    if event_type in _HEALTH_TYPES and "health" not in found:
        found.append("health")
    return tuple(found)


def normal(name: str) -> str:
    """A group's name as it is kept: ids of either side in lower case."""
    return name.lower() if name.lower().startswith(ONE_ORDER) else name


def is_group(name: str) -> bool:
    """Whether there is, or can be, such a group."""
    return name in GROUPS or (name.startswith(ONE_ORDER) and len(ONE_ORDER) < len(name) <= _LONGEST)


def may_listen(name: str, allowed: Collection[str] | None) -> bool:
    """Whether a token limited to these groups may hear this one: who hears all orders may hear one."""
    if allowed is None or name in allowed:
        return True
    return name.startswith(ONE_ORDER) and ("orders" in allowed or name in {normal(one) for one in allowed})


def all_of(allowed: Collection[str] | None) -> tuple[str, ...]:
    """Every group that is not one order's, as far as a token may hear it, and the orders it names."""
    return GROUPS if allowed is None else tuple(sorted(normal(name) for name in allowed if is_group(normal(name))))
