"""Values on the wire: the two spellings of time, and money now as a number and now as a text."""

from __future__ import annotations

from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any

from sandbox.keycrm.knobs import Knobs


def iso(moment: datetime | None) -> str | None:
    """`2026-01-15T09:30:00.000000Z`."""
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def spaced(moment: datetime | None) -> str | None:
    """`2026-01-15 09:30:00`, the spelling of `closed_at` and `payment_date`."""
    return None if moment is None else moment.strftime("%Y-%m-%d %H:%M:%S")


def moment_of(text: str) -> datetime:
    """A time in either spelling, or a date alone; UTC when it does not say."""
    moment = datetime.fromisoformat(text.strip())
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def end_of(text: str) -> datetime:
    """As `moment_of`, but a date alone is its last second."""
    moment = moment_of(text)
    return moment if len(text.strip()) > 10 else datetime.combine(moment.date(), time(23, 59, 59), UTC)


def number(knobs: Knobs, value: Decimal | None) -> Any:
    """A value that the real API shows as a number, unless the knob says otherwise."""
    return _shown(value, is_text=knobs.decimals == "texts")


def text(knobs: Knobs, value: Decimal | None) -> Any:
    """A value that the real API shows as a decimal text, unless the knob says otherwise."""
    return _shown(value, is_text=knobs.decimals != "numbers")


def _shown(value: Decimal | None, is_text: bool) -> Any:
    if value is None:
        return None
    if is_text:
        return f"{value:.2f}" if value == value.quantize(Decimal("0.01")) else f"{value:f}"
    return int(value) if value == value.to_integral_value() else float(value)
