"""The pages in their order: what the navigation shows, and the keys that lead there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from console.pages.words import N_

if TYPE_CHECKING:
    from console.pages.view import View


@dataclass(frozen=True, slots=True)
class Place:
    """One page of the navigation; `key` is pressed after `g`."""

    path: str
    title: str
    icon: str
    key: str
    badge: str | None = None
    """The live figure beside it."""


PLACES = (
    Place("/", N_("Now"), "pulse", "n"),
    Place("/conflicts", N_("Conflicts"), "fork", "c", "conflicts"),
    Place("/records", N_("Records"), "search", "r"),
    Place("/comparison", N_("Comparison"), "compare", "p"),
    Place("/dead-letters", N_("Dead letters"), "letter", "d", "letters"),
    Place("/operations", N_("Operations"), "gear", "o"),
    Place("/audit", N_("Audit"), "book", "a"),
    Place("/setup", N_("Set-up"), "sliders", "s"),
)


def of(view: View) -> tuple[tuple[Place, bool], ...]:
    """Each page, and whether this one is it or lies below it."""
    path = view.request.url.path
    return tuple((place, _is_at(path, place.path)) for place in PLACES)


def _is_at(path: str, place: str) -> bool:
    return path == place or (place != "/" and path.startswith(f"{place}/"))
