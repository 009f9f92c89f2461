"""What KeyCRM makes of the texts, phones and amounts it is given, where the knobs say that it is lossy."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sandbox.keycrm.knobs import Knobs


def text(knobs: Knobs, value: str | None) -> str | None:
    """A text as stored."""
    if value is None:
        return None
    kept = value.strip() if knobs.is_text_trimmed else value
    return kept[: knobs.text_cut]


def phone(knobs: Knobs, value: str) -> str:
    """A phone as stored."""
    if knobs.phone_format == "as-sent":
        return value
    return ("+" if knobs.phone_format == "plus" else "") + digits(value)


def amount(knobs: Knobs, value: Any) -> Decimal | None:
    """An amount as stored; None stays None."""
    if value is None:
        return None
    exact = Decimal(str(value))
    if knobs.price_decimals is None:
        return exact
    return exact.quantize(Decimal(1).scaleb(-knobs.price_decimals), rounding=ROUND_HALF_UP)


def digits(value: str) -> str:
    """A phone's digits: what two spellings of one number share."""
    return re.sub(r"\D", "", value)
