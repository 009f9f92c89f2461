"""What a KeyCRM record shows, as one value: read, or foreseen once our own writes have landed.

Promises: two reads of an unchanged record have one digest, whatever spelling KeyCRM chooses for its numbers; what our
writes make of the record has the digest of the read that will show it, so that KeyCRM telling us of our own write
tells nothing new. A person's change of anything that is kept the same changes the digest.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from libs.contracts import keycrm
from libs.reconcile import images, ledger, lines, normalise
from libs.reconcile.hints import Facts
from libs.reconcile.values import Image, Value, Write

Paid = tuple[str, str, int | None, str | None]
"""Amount, status, method, and our reference if it carries one; KeyCRM's id of it is not known before a read."""
_LISTS = {"phone": "phones", "email": "emails"}


@dataclass(frozen=True, slots=True)
class Content:
    """One record's image, an order's payments and owner, and what its row tells of itself."""

    image: Image
    paid: tuple[Paid, ...] = ()
    owner: int | None = None
    payments_total: str | None = None
    updated_at: datetime | None = None

    def written(self, writes: Mapping[str, Write]) -> Content:
        """With our writes; when the row will have changed is not known."""
        image = dict(self.image)
        for name, write in writes.items():
            image |= _written(image, name, write.value)
        return replace(self, image=image, updated_at=None)

    def answered(self, shown: Image) -> Content:
        """With what a write's answer showed: cut, rounded, reformatted."""
        return replace(self, image={**self.image, **shown})

    def paid_in(self, amount: str, method: int | None, reference: str) -> Content:
        """With a payment of ours."""
        total = normalise.money(Decimal(self.payments_total or "0") + Decimal(amount))
        row: Paid = (normalise.money(amount), "paid", method, reference)
        return replace(self, paid=(*self.paid, row), payments_total=total, updated_at=None)

    def taken_back(self, reference: str) -> Content:
        """With our payment cancelled."""
        gone = [Decimal(row[0]) for row in self.paid if row[3] == reference and row[1] == "paid"]
        rows = tuple((a, "canceled", m, r) if r == reference else (a, s, m, r) for a, s, m, r in self.paid)
        total = normalise.money(Decimal(self.payments_total or "0") - sum(gone, Decimal(0)))
        return replace(self, paid=rows, payments_total=total, updated_at=None)

    def facts(self) -> Facts:
        """What a later hint or polled row is compared with."""
        status = self.image.get("status")
        return Facts(self.updated_at, status if isinstance(status, int) else None, self.payments_total, self._digest())

    def _digest(self) -> str:
        shown = {**self.image, "paid": sorted(self.paid, key=repr), "owner": self.owner}
        if "lines" in shown:
            shown["lines"] = [[str(part) for part in line] for line in lines.content(shown["lines"])]
        return hashlib.sha256(json.dumps(shown, sort_keys=True, default=str).encode()).hexdigest()[:32]


def of_order(order: keycrm.Order) -> Content:
    """An order read with everything that is included."""
    return Content(
        image=images.of_keycrm_order(order),
        paid=tuple(_paid(row) for row in order.payments or ()),
        owner=order.buyer.id if order.buyer else order.client_id,
        payments_total=normalise.money(order.payments_total) if order.payments_total is not None else None,
        updated_at=order.updated_at,
    )


def of_buyer(buyer: keycrm.Buyer) -> Content:
    """A buyer read with his addresses."""
    return Content(image=images.of_keycrm_buyer(buyer), updated_at=buyer.updated_at)


def of_product(product: keycrm.Product) -> Content:
    """A product; with variants its name is nobody's."""
    variants: dict[str, Value] = {"has_offers": True} if product.has_offers else {}
    return Content(image={**images.of_keycrm_product(product), **variants}, updated_at=product.updated_at)


def begun(writes: Mapping[str, Write], initial: Image) -> Content:
    """A record that is being made: what its create carries, and what that cannot carry as a new record has it."""
    return replace(Content(initial).written(writes), payments_total=normalise.money(0))


def _written(image: Mapping[str, Any], name: str, value: Value) -> dict[str, Value]:
    """One field; the first phone or e-mail stands before the rest of its list."""
    list_name = _LISTS.get(name)
    if list_name is None:
        return {name: value}
    rest = [text for text in _rest(image.get(list_name)) if text != value]
    return {name: value, list_name: [*([value] if value is not None else []), *rest]}


def _rest(found: Any) -> Iterable[str]:
    return found[1:] if isinstance(found, list) else ()


def _paid(row: keycrm.Payment) -> Paid:
    return normalise.money(row.amount), row.status, row.payment_method_id, ledger.reference_in(row.description)
