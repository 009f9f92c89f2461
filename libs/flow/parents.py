"""Parents before children: an order needs its customer on both sides.

Promises: the child goes to sleep on a missing parent; the transaction that puts it to sleep looks at the parent again
(rule 22) and makes it due in the child's lane, once; the one that binds the parent wakes the child. An order that
shows another client than its parent has the old parent looked at (rule 22).
"""

from __future__ import annotations

from libs.contracts.types import Entity, Side
from libs.flow.flow import Case, Flow
from libs.runtime.errors import ParentNotBound
from libs.runtime.work import WorkItem
from libs.state import bindings, marks
from libs.state.bindings import Binding, Change
from libs.state.due import MarkBinding
from libs.state.marks import Mark


async def bound(flow: Flow, item: WorkItem, entity: Entity, side: Side, external_id: int | str) -> Binding:
    """The parent's binding, bound on both sides.

    Raises:
        ParentNotBound: it is half or unknown.
    """
    async with flow.database.connection() as conn:
        parent = await bindings.find(conn, entity, side, external_id)
    if parent is not None and parent.is_bound:
        return parent
    async with flow.database.transaction() as conn:
        mark = Mark(
            entity, side, str(external_id), (), item.lane,
            correlation_id=item.correlation_id, traceparent=item.traceparent,
        )  # fmt: skip
        (marked,) = await marks.mark(conn, [mark], flow.clock())
    raise ParentNotBound(f"{entity} {external_id} has no pair yet", marked.binding_id)


async def of_now(flow: Flow, item: WorkItem, case: Case, buyer_id: int | None) -> Change:
    """Whose an order is by now. One that shows another client makes its old parent due: perhaps they were merged."""
    old = case.binding.parent_id
    if buyer_id is None or old is None:
        return Change()
    async with flow.database.transaction() as conn:
        parent = await bindings.find(conn, Entity.CUSTOMER, Side.KEYCRM, buyer_id)
        if parent is not None and parent.id == old:
            return Change()
        due = MarkBinding(old, (Side.VMS,), item.lane, None, item.correlation_id, item.traceparent)
        await marks.mark_bindings(conn, [due], flow.clock())
    return Change(parent_id=parent.id) if parent is not None else Change()


async def look_again(flow: Flow, item: WorkItem, parent: Binding) -> None:
    """The parent's record has vanished from KeyCRM, where buyers are merged: whoever works it finds his successor."""
    due = MarkBinding(
        parent.id, (Side.VMS,), item.lane, correlation_id=item.correlation_id, traceparent=item.traceparent
    )
    async with flow.database.transaction() as conn:
        await marks.mark_bindings(conn, [due], flow.clock())
