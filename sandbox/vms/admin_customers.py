"""What a person does with customers in VMS."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.routing import BaseRoute

from sandbox.admin import Refused, admin_route, model_of, number_of
from sandbox.vms.answers import Answered
from sandbox.vms.bodies import CUSTOMER_WRITABLE, CustomerCreate, CustomerUpdate
from sandbox.vms.changes import tell_customer
from sandbox.vms.customers import check_customer, keep_customer
from sandbox.vms.edits import CustomerEdit, CustomerWanted
from sandbox.vms.loss import lose
from sandbox.vms.rows import CustomerRow, OrderRow
from sandbox.vms.shown import customer_json
from sandbox.vms.system import Vms


class AdminCustomers:
    """The admin calls about customers."""

    def __init__(self, vms: Vms) -> None:
        self._vms = vms

    def routes(self) -> list[BaseRoute]:
        """All of them."""
        return [
            admin_route("/customers", self._create, "POST", 201),
            admin_route("/customers/{id}", self._edit, "PATCH"),
        ]

    async def _create(self, request: Request) -> Any:
        wanted = await model_of(request, CustomerWanted)
        columns = CustomerCreate(company_name=wanted.contact_name, contact_name=wanted.contact_name)
        _write(columns, wanted)
        row = keep_customer(self._vms, columns)
        tell_customer(self._vms, row, wanted.changed_by, "created")
        return customer_state(self._vms, row)

    async def _edit(self, request: Request) -> Any:
        row = self._vms.world.customers.get(number_of(request, "id"))
        if row is None:
            raise Refused(404, "no such customer")
        edit = await model_of(request, CustomerEdit)
        _write(row.columns, edit)
        lose(row.columns, self._vms.knobs)
        tell_customer(self._vms, row, edit.changed_by, "updated")
        return customer_state(self._vms, row)


def _write(columns: CustomerUpdate, edit: CustomerEdit) -> None:
    candidate = columns.model_copy(update=edit.sent(*CUSTOMER_WRITABLE))
    try:
        check_customer(candidate)
    except Answered:
        raise Refused(422, "managerId, customerStatusId, customerSegmentId: no such row") from None
    for name in CUSTOMER_WRITABLE:
        setattr(columns, name, getattr(candidate, name))


def customer_state(vms: Vms, row: CustomerRow, orders: list[OrderRow] | None = None) -> dict[str, Any]:
    """A customer as the REST API shows it, with the time of its last change."""
    return customer_json(vms, row, orders) | {"changedAt": row.changed_at.isoformat()}
