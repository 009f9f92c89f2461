"""What a person typed as an answer, as the question takes it.

Promises: an amount may be written as people write it (1 011,50); what cannot be read is passed on as it is, and the
question's own check says what to write.
"""

from __future__ import annotations

from typing import Any

from libs.contracts.types import Side

AMOUNTS = ("deposited_amount",)
NUMBERS = ("status", "delivery_service")
LONG = ("manager_comment", "buyer_comment", "address")
_SPACES = str.maketrans("", "", " \u00a0\u202f")


def value(field: str, text: str) -> Any:
    """The text as the field's kind of value; nothing typed is empty."""
    flat = text.strip()
    if field in NUMBERS:
        return int(flat) if flat.isascii() and flat.isdigit() and len(flat) < 10 else flat
    if field in AMOUNTS:
        return flat.translate(_SPACES).replace(",", ".")
    return text.replace("\r\n", "\n").strip() or None


def picked(text: str) -> tuple[int | None, Side | None]:
    """The number that was chosen from a list, and whose it is; nothing where nothing was chosen."""
    whose, _, number = text.partition(":")
    side = next((one for one in Side if one.value == whose), None)
    is_number = number.isascii() and number.isdigit() and len(number) < 10
    return (int(number), side) if side is not None and is_number else (None, None)


def kind(field: str) -> str:
    """How the place to type in looks: a line, several lines, a number, an amount, a phone, a mail."""
    if field in NUMBERS:
        return "number"
    if field in AMOUNTS:
        return "amount"
    if field in LONG:
        return "text"
    return {"phone": "phone", "email": "email"}.get(field, "line")
