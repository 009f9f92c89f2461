"""Look at VMS again, so that what both sides showed belongs together (rule 1): VMS, KeyCRM, VMS.

If VMS has changed meanwhile, its second look is the first of the next try. A record that moves at every try is left
for a moment later; that is no failure of the entity.
"""

from __future__ import annotations

from dataclasses import replace

from libs.clients.terms import Terms
from libs.flow.flow import Both, K, Reader, V
from libs.runtime.errors import TransientError
from libs.state.bindings import Binding

TRIES = 3


async def stand_still(reader: Reader[V, K], binding: Binding, both: Both[V, K], terms: Terms) -> Both[V, K]:
    """Both sides of a bound binding, VMS the same before and after KeyCRM; `both` is the first try's first half.

    Raises:
        TransientError: VMS's record changed during each of three tries.
        GoneError: one side has no such record any more.
    """
    for number in range(1, TRIES + 1):
        after = await reader.vms(binding, terms)
        if after.record.raw == both.vms.record.raw:
            return replace(both, vms=after)
        if number < TRIES:
            both = Both(after, await reader.keycrm(binding, terms))
    raise TransientError(f"VMS's {reader.entity} {binding.vms_id} changed during {TRIES} reads", 1.0)
