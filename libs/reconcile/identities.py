"""Whose record is it (rule 20): our references read back, and a customer's phone and e-mail as claims.

Promises: a copied KeyCRM order (it has a parent) is a new order whatever it shares with its parent; several customers
with one phone or e-mail are a question, never a choice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar
from uuid import UUID

from libs.contracts import keycrm
from libs.reconcile import normalise
from libs.reconcile.values import Image

K = TypeVar("K", int, str)
Claim = tuple[Literal["phone", "email"], str]
_NUMBER = re.compile(r"KC-([1-9][0-9]*)")
_OURS = re.compile(r"binding ([1-9][0-9]*)")


def vms_number(keycrm_id: int) -> str:
    """The number of a VMS order that was born in KeyCRM."""
    return f"KC-{keycrm_id}"


def vms_order_is_of(number_order: str) -> int | None:
    """The KeyCRM order that a VMS order was made from."""
    found = _NUMBER.fullmatch(number_order.strip())
    return int(found.group(1)) if found else None


def ours(number: int) -> str:
    """A candidate that is known on our books by this number, as a question names it."""
    return f"binding {number}"


def is_ours(candidate: str) -> int | None:
    """The number of a binding that a person chose among candidates; None: it is a record's own id."""
    found = _OURS.fullmatch(candidate)
    return int(found.group(1)) if found else None


def keycrm_order_is_of(order: keycrm.Order, our_source_id: int) -> str | None:
    """The VMS order (GUID, lower case) that a KeyCRM order was made from."""
    if order.parent_id is not None or order.source_id != our_source_id:
        return None
    try:
        return str(UUID(order.source_uuid or ""))
    except ValueError:
        return None


def claims(image: Image) -> tuple[Claim, ...]:
    """What a customer claims before it is created on either side: possible phones and e-mails, the first ones first."""
    phones = [phone for phone in _ordered(image, "phone", "phones") if normalise.is_phone(phone)]
    emails = _ordered(image, "email", "emails")
    return (*(("phone", phone) for phone in phones), *(("email", email) for email in emails))


@dataclass(frozen=True, slots=True)
class Match(Generic[K]):
    """The one customer that is the same, or several that may be; neither: there is none."""

    one: K | None = None
    several: tuple[K, ...] = ()


def match_customers(image: Image, candidates: Mapping[K, Image]) -> Match[K]:
    """Which candidates share a phone with the customer; without a phone on either, an e-mail address."""
    alike = tuple(sorted(key for key, other in candidates.items() if _is_alike(image, other)))
    return Match(one=alike[0]) if len(alike) == 1 else Match(several=alike)


def _is_alike(image: Image, other: Image) -> bool:
    phones, others = _values(image, "phone", "phones"), _values(other, "phone", "phones")
    if phones and others:
        return bool(phones & others)
    return bool(_values(image, "email", "emails") & _values(other, "email", "emails"))


def _values(image: Image, name: str, list_name: str) -> set[str]:
    return set(_ordered(image, name, list_name))


def _ordered(image: Image, name: str, list_name: str) -> list[str]:
    """The first value, then the rest of the list that it stands in; each once."""
    rest = image.get(list_name)
    values = [image.get(name), *(rest if isinstance(rest, list) else ())]
    return list(dict.fromkeys(value for value in values if isinstance(value, str)))
