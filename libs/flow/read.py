"""Read both sides so that the two looks belong together (rule 1): VMS, KeyCRM, VMS again.

If VMS has changed meanwhile, its second look is the first of the next try. A record that moves at every try is left
for a moment later; that is no failure of the entity.
"""

from __future__ import annotations

from libs.clients.terms import Terms
from libs.flow.flow import Both, K, Reader, V
from libs.runtime.errors import TransientError
from libs.state.bindings import Binding

TRIES = 3


async def read_both(reader: Reader[V, K], binding: Binding, terms: Terms) -> Both[V, K]:
    """Both sides of a bound binding.

    Raises:
        TransientError: VMS's record changed during each of three tries.
        GoneError: one side has no such record any more.
    """
    before = await reader.vms(binding, terms)
    for _ in range(TRIES):
        keycrm = await reader.keycrm(binding, terms)
        after = await reader.vms(binding, terms)
        if after.record.raw == before.record.raw:
            return Both(after, keycrm)
        before = after
    raise TransientError(f"VMS's {reader.entity} {binding.vms_id} changed during {TRIES} reads", 1.0)
