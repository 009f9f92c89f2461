"""Custom fields: made in the user interface, filled through the API by uuid (or id)."""

from __future__ import annotations

from typing import Any

from sandbox.keycrm.account import Account


def custom_values(account: Account, body: dict[str, Any], model: str) -> dict[str, Any]:
    """The body's custom fields by uuid; a field the account does not have is overlooked."""
    fields = account.store.custom_fields
    by_id = {entry["id"]: uuid for uuid, entry in fields.items()}
    values = {item.get("uuid") or by_id.get(item.get("id")): item["value"] for item in body.get("custom_fields") or []}
    return {uuid: value for uuid, value in values.items() if uuid in fields and fields[uuid]["model"] == model}
