"""What VMS makes of what it is given, where the knobs say that it is lossy: texts cut or trimmed, numbers rounded,
phones rewritten. The reference fields (order number, e-mail, SKU) are never touched."""

from __future__ import annotations

import re
from typing import Any

from sandbox.vms.columns import Columns
from sandbox.vms.knobs import Knobs

_KEPT = ("number_order", "e_mail", "material_id", "sub_position_id", "position_id", "order_id", "units_of_measurement")


def lose(columns: Columns, knobs: Knobs) -> None:
    """Rewrite every column, lines included, as this VMS stores it."""
    for name in type(columns).model_fields:
        value = getattr(columns, name)
        if isinstance(value, list):
            for item in value:
                if isinstance(item, Columns):
                    lose(item, knobs)
        elif name not in _KEPT:
            setattr(columns, name, _stored(name, value, knobs))


def _stored(name: str, value: Any, knobs: Knobs) -> Any:
    if isinstance(value, float) and knobs.decimals is not None:
        return round(value, knobs.decimals)
    if not isinstance(value, str):
        return value
    return _phone(value, knobs) if name == "phone" else _text(value, knobs)


def _text(value: str, knobs: Knobs) -> str:
    if knobs.is_text_trimmed:
        value = re.sub(r"[ \t]+", " ", value.replace("\r\n", "\n")).strip()
    return value if knobs.text_cut is None else value[: knobs.text_cut]


def _phone(value: str, knobs: Knobs) -> str:
    digits = re.sub(r"\D", "", value)
    if knobs.phone_format == "digits":
        return digits
    if knobs.phone_format == "local" and len(digits) == 12 and digits.startswith("380"):
        return f"({digits[2:5]}) {digits[5:8]}-{digits[8:10]}-{digits[10:]}"
    return value
