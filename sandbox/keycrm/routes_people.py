"""The API calls about buyers and staff."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sandbox.keycrm import buyers, loss
from sandbox.keycrm.account import Account
from sandbox.keycrm.calls import DONE, ApiCall, Handler, Reply
from sandbox.keycrm.lists import between, check_filters, ids, includes, indexed, ordered, page, texts
from sandbox.keycrm.rows import Buyer
from sandbox.keycrm.wire_people import INCLUDES, buyer_shape

FILTERS = ["buyer_id", "buyer_phone", "buyer_email", "created_between", "updated_between"]
Test = Callable[[Buyer], bool]


def list_buyers(account: Account, call: ApiCall) -> Reply:
    """`GET /buyer`: a search, so it follows as late as the knob says."""
    check_filters(call.query, FILTERS)
    include = includes(call.query, INCLUDES)
    seen = indexed(account.store.buyers, account.horizon())
    tests = [_test(account, seen, name, value) for name, value in call.query.filters.items()]
    rows = [account.store.buyers[key] for key in sorted(seen)]
    rows = [buyer for buyer in rows if all(test(buyer) for test in tests)]
    return Reply(200, page(call.query, rows, lambda buyer: buyer_shape(account, buyer, include)))


def _test(account: Account, seen: dict[int, datetime], name: str, value: str) -> Test:
    period = between(value) if name.endswith("_between") else lambda moment: False
    is_exact = account.knobs.phone_filter == "exact"
    comparable: Callable[[str], str] = str if is_exact else loss.digits
    wanted_ids, wanted = ids(value), texts(value)
    phones = {comparable(phone) for phone in wanted}
    tests: dict[str, Test] = {
        "buyer_id": lambda buyer: buyer.id in wanted_ids,
        "buyer_phone": lambda buyer: bool(phones & {comparable(phone) for phone in buyer.phones}),
        "buyer_email": lambda buyer: bool(wanted & set(buyer.emails)),
        "created_between": lambda buyer: period(buyer.created_at),
        "updated_between": lambda buyer: period(seen[buyer.id]),
    }
    return tests[name]


def get_buyer(account: Account, call: ApiCall) -> Reply:
    """`GET /buyer/{buyerId}`."""
    include = includes(call.query, INCLUDES)
    return Reply(200, buyer_shape(account, buyers.find(account, call.ids["buyerId"]), include))


def create_buyer(account: Account, call: ApiCall) -> Reply:
    """`POST /buyer`."""
    return Reply(201, buyer_shape(account, buyers.create(account, call.body)))


def update_buyer(account: Account, call: ApiCall) -> Reply:
    """`PUT /buyer/{buyerId}`."""
    buyer = buyers.find(account, call.ids["buyerId"])
    account.take_effect(call.operation, lambda: buyers.update(account, buyer, call.body))
    return Reply(202, buyer_shape(account, buyer))


def import_buyers(account: Account, call: ApiCall) -> Reply:
    """`POST /buyer/import`: refused with `status: false` when a name is missing."""
    items: list[dict[str, Any]] = call.body["buyers"]
    if not all(item.get("full_name") for item in items):
        return Reply(400, {"status": False})
    for item in items:
        buyers.create(account, item)
    return Reply(201, DONE)


def list_users(account: Account, call: ApiCall) -> Reply:
    """`GET /users`: filters and includes are overlooked."""
    rows = ordered(call.query, list(account.store.users.values()), {"id": lambda user: user["id"]})
    return Reply(200, page(call.query, rows, lambda user: user))


HANDLERS: dict[str, Handler] = {
    "listBuyers": list_buyers,
    "getBuyer": get_buyer,
    "createBuyer": create_buyer,
    "updateBuyer": update_buyer,
    "importBuyers": import_buyers,
    "listUsers": list_users,
}
