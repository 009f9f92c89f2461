"""What can be turned on this KeyCRM while it runs: every point on which its documentation and its users disagree.

`PATCH /_admin/knobs {"name": value}` turns one; `sandbox/README.md` tells what each is for.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Rate = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[float, Field(ge=0)]
Movement = Literal["status", "payment", "line", "shipping", "comment"]


class Knobs(BaseModel):
    """All knobs at their defaults; an unknown name or a wrong value is refused with its name."""

    model_config = ConfigDict(extra="forbid")

    # Access and quota. A limit of null is off.
    keys: list[str] = ["sandbox-key"]
    limit_per_minute: Annotated[int, Field(ge=1)] | None = 60
    sends_rate_headers: bool = True
    encoded_brackets: Literal["accepted", "refused"] = "accepted"

    # Writes: what is refused, what is taken in silence, and when it takes effect (null: never).
    second_tracking_code: Literal["422", "400", "accepted"] = "422"
    duplicate_source_uuid: Literal["accepted", "refused"] = "accepted"
    duplicate_sku: Literal["accepted", "refused"] = "refused"
    unknown_sku_in_stocks: Literal["refused", "skipped"] = "refused"
    unknown_sku_in_offers: Literal["refused", "skipped"] = "refused"
    unknown_line_in_update: Literal["ignored", "refused"] = "ignored"
    update_delay_seconds: Seconds | None = 0
    update_delay_operations: list[str] = ["updateOrder"]
    buyer_matching: Literal["name_and_phone", "phone"] = "name_and_phone"
    payment_answer_has_id: bool = False
    new_order_status_id: int = 1

    # Reads: what moves updated_at, how late searches follow, how a phone filter compares.
    updated_at_follows: list[Movement] = ["status", "payment", "line", "shipping", "comment"]
    search_lag_seconds: Seconds = 0
    phone_filter: Literal["digits", "exact"] = "digits"
    decimals: Literal["mixed", "numbers", "texts"] = "mixed"
    buyer_contacts: Literal["list", "text"] = "list"

    # Loss: what KeyCRM makes of what it is given.
    text_cut: Annotated[int, Field(ge=1)] | None = None
    is_text_trimmed: bool = False
    price_decimals: Annotated[int, Field(ge=0, le=10)] | None = None
    phone_format: Literal["as-sent", "digits", "plus"] = "as-sent"

    # Stock: which statuses reserve, write off and give back; any other keeps what is.
    has_stock_accounting: bool = True
    reserving_statuses: list[int] = [4]
    writing_off_statuses: list[int] = [11, 12]
    releasing_statuses: list[int] = [1, 19]
    cancel_cancels_payments: bool = False

    # Webhooks: which changes fire them, and how badly they travel.
    trigger_on_api_change: bool = True
    trigger_on_create: bool = True
    stock_echo: bool = True
    stock_webhook_rows: Annotated[int, Field(ge=1)] = 100
    webhook_attempts: Annotated[int, Field(ge=1)] = 3
    webhook_pause_seconds: Seconds = 0.5
    webhook_timeout_seconds: Seconds = 10
    webhook_success_codes: list[int] = [200]
    webhook_duplicate_rate: Rate = 0
    webhook_duplicate_copies: Annotated[int, Field(ge=1)] = 1
    webhook_delay_rate: Rate = 0
    webhook_delay_seconds: Seconds = 5
    webhook_reorder_rate: Rate = 0
    webhook_seed: int = 0

    def turn(self, values: dict[str, Any]) -> None:
        """Set the named knobs, all or none; raises pydantic's `ValidationError`."""
        turned = Knobs.model_validate({**self.model_dump(), **values})
        for name in values:
            setattr(self, name, getattr(turned, name))
