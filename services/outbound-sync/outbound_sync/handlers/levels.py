"""Stock and prices due towards KeyCRM: thousands in one call; a refused batch is split until the bad SKU is alone.

Promises: values are absolute and the newest wanted ones, so an unknown outcome is simply sent again (rule 29). Negative
values and warehouses without a pair are refused before any call.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal

from libs.clients.keycrm.bodies import OfferPrice, StockItem
from libs.clients.terms import Terms
from libs.contracts.types import Lane
from libs.flow import guarding
from libs.flow.flow import Flow
from libs.runtime.errors import OutcomeUnknown, PermanentError, SyncError, TransientError
from libs.runtime.work import Lease
from libs.state.levels import Kind, Level

_PLACE = re.compile(r"^(?:stocks|offers)\.(\d+)(?:\.|$)")
Call = Callable[[Sequence[Level], Terms], Awaitable[None]]
Fates = list[Exception | None]


class KeyCrmLevels:
    """outbound-sync's levels."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow

    async def stocks(self, batch: Sequence[Level], lease: Lease) -> Sequence[Exception | None]:
        """One warehouse's quantities, physical, reserved units included."""
        warehouse = self._flow.pairs.warehouses.to_keycrm.get(batch[0].warehouse)
        if warehouse is None:
            reason = f"warehouse {batch[0].warehouse!r} has no pair: add it to [[warehouses]] of the pairs file"
            return [PermanentError(reason, code="no-pair", field="warehouse")] * len(batch)

        await guarding.levels(self._flow, Kind.STOCK)

        async def call(part: Sequence[Level], terms: Terms) -> None:
            items: list[StockItem] = [{"sku": level.sku, "quantity": level.value} for level in part]
            await self._flow.keycrm.set_stocks(warehouse, items, terms)

        return await _sent(batch, call, Terms(Lane.STOCK, lease))

    async def prices(self, batch: Sequence[Level], lease: Lease) -> Sequence[Exception | None]:
        """Prices by SKU."""
        await guarding.levels(self._flow, Kind.PRICE)

        async def call(part: Sequence[Level], terms: Terms) -> None:
            offers: list[OfferPrice] = [{"sku": level.sku, "price": level.value} for level in part]
            await self._flow.keycrm.update_offers(offers, terms)

        return await _sent(batch, call, Terms(Lane.STOCK, lease))


def _suspects(refused: PermanentError, length: int) -> tuple[int, int]:
    """Which part of a refused batch to send by itself: the item whose place KeyCRM names, else the first half.

    A wrong place costs two calls and no level: what is sent by itself is refused only if it is bad.
    """
    named = _PLACE.match(refused.field or "")
    place = int(named.group(1)) if named else length
    return (place, place + 1) if place < length else (0, length // 2)


async def _sent(batch: Sequence[Level], call: Call, terms: Terms) -> Fates:
    """A fate for each level, in order; what is below zero is not sent."""
    good = [level for level in batch if level.value >= Decimal(0)]
    fates = dict(zip(good, await _split(good, call, terms), strict=True)) if good else {}
    below = PermanentError("a level below zero is not sent: correct it in VMS", code="negative", field="quantity")
    return [fates.get(level) if level in fates else below for level in batch]


async def _split(batch: Sequence[Level], call: Call, terms: Terms) -> Fates:
    """Send; where KeyCRM refuses, take out the one it names, or halve until the culprit is alone."""
    try:
        await call(batch, terms)
    except PermanentError as refused:
        if len(batch) == 1:
            return [PermanentError(f"SKU {batch[0].sku}: {refused.reason}", refused.code, refused.field)]
        first, last = _suspects(refused, len(batch))
        alone = await _split(batch[first:last], call, terms)
        others = await _split([*batch[:first], *batch[last:]], call, terms)
        return [*others[:first], *alone, *others[first:]]
    except OutcomeUnknown as unknown:
        return [TransientError(unknown.reason)] * len(batch)
    except SyncError as fate:
        return [fate] * len(batch)
    return [None] * len(batch)
