"""What a record is called on a page, and where its page is.

Promises: a customer's name is shown to those who may see it; whoever may not is given an id that both can talk about.
"""

from __future__ import annotations

from console.domain.masks import MASK
from console.pages.say import Say
from console.pages.words import N_
from libs.contracts.access import Person
from libs.contracts.types import Entity
from libs.state.labels import Label

PATHS = {Entity.ORDER: "orders", Entity.CUSTOMER: "customers", Entity.ARTICLE: "articles"}
ENTITIES = {path: entity for entity, path in PATHS.items()}
STATUSES = {
    "pending": N_("being paired"), "creating": N_("being made on the other side"), "synced": N_("in step"),
    "conflict": N_("a question is open"), "error": N_("has failed"),
}  # fmt: skip


def address(label: Label) -> str:
    """Where the record's page is."""
    return f"/records/{PATHS[label.entity]}/{label.id}"


def title(label: Label, person: Person, say: Say) -> str:
    """The record in two or three words."""
    return f"{say.entity(label.entity)} {name(label, person, say)}"


def name(label: Label, person: Person, say: Say) -> str:
    """What it is called without its kind."""
    if label.entity is Entity.ORDER:
        return label.number or ids(label)
    if label.entity is Entity.ARTICLE:
        return label.name or label.sku or ids(label)
    return (label.name or ids(label)) if person.sees_personal else f"{MASK} ({ids(label)})"


def ids(label: Label) -> str:
    """The ids of both sides, as far as there are any."""
    told = [("VMS", label.vms_id), ("KeyCRM", label.keycrm_id)]
    return " · ".join(f"{side} {number}" for side, number in told if number is not None)


def status(key: str, say: Say) -> str:
    """How a record stands, in words."""
    return say.gettext(STATUSES[key]) if key in STATUSES else key
