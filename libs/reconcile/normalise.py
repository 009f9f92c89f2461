"""One spelling for each thing that two systems spell differently: money, quantities, phones, e-mails, texts, times.

Promises: normalising twice changes nothing; an empty text is None; what cannot be understood stays as it is
(trimmed), so that no value is lost and a business rule can name it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

import phonenumbers

REGION = "UA"
_CENT, _FINE = Decimal("0.01"), Decimal("0.0001")
_SPACES = re.compile(r"[ \t\u00a0\u202f]+")
_EPOCH_YEAR = 1900  # .NET's empty date is the year 1


def money(value: Decimal | int | str) -> str:
    """Canonical money: at least two decimals, at most four, half up: `1011.00`, `12.345`."""
    amount = Decimal(value).quantize(_FINE, ROUND_HALF_UP)
    short = amount.quantize(_CENT, ROUND_HALF_UP)
    return f"{(short if short == amount else amount.normalize()) + 0:f}"


def cents(value: str) -> Decimal:
    """Money to the cent, half up: what every side can show."""
    return Decimal(value).quantize(_CENT, ROUND_HALF_UP)


def quantity(value: Decimal | int | str) -> str:
    """Canonical quantity: at most four decimals, no trailing zeros: `3`, `2.5`."""
    amount = Decimal(value).quantize(_FINE, ROUND_HALF_UP).normalize()
    return f"{amount + 0:f}"


def text(value: str | None, limit: int | None = None) -> str | None:
    """A text of several lines: one kind of line end, no trailing spaces, no empty ends; cut at `limit`."""
    if value is None:
        return None
    lines = value.replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return cut("\n".join(line.rstrip() for line in lines).strip(), limit)


def line(value: str | None, limit: int | None = None) -> str | None:
    """A text of one line: runs of white space are one space; cut at `limit`."""
    flat = text(value)
    return cut(_SPACES.sub(" ", " ".join(flat.split("\n"))).strip(), limit) if flat else None


def cut(value: str | None, limit: int | None) -> str | None:
    """At most `limit` UTF-16 units (what VMS's database counts), never half a character; empty is None."""
    if value and limit is not None:
        value = value.encode("utf-16-le")[: limit * 2].decode("utf-16-le", "ignore").rstrip()
    return value or None


def email(value: str | None) -> str | None:
    """An e-mail address, lower case."""
    flat = line(value)
    return flat.lower() if flat else None


def phone(value: str | None, region: str = REGION) -> str | None:
    """E.164 (`+380501112233`, an extension kept as ` ext. 12`); what is no possible number stays as it is."""
    flat = line(value)
    if flat is None:
        return None
    for spelling in _spellings(flat):
        number = _parsed(spelling, region)
        if number is not None:
            e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
            return f"{e164} ext. {number.extension}" if number.extension else e164
    return flat


def is_phone(value: str) -> bool:
    """Whether a normalised phone is a possible number."""
    return value.startswith("+") and _parsed(value, REGION) is not None


def _spellings(flat: str) -> list[str]:
    # KeyCRM's and old habits: 380501112233 without a plus, 80501112233 with the trunk 8 of before 2009.
    digits = re.sub(r"\D", "", flat)
    spellings = [flat]
    if digits == flat.strip("+") and len(digits) > 10:
        spellings.append(f"+{digits}")
    if len(digits) == 11 and digits.startswith("80"):
        spellings.append(f"+3{digits}")
    return spellings


def _parsed(value: str, region: str) -> phonenumbers.PhoneNumber | None:
    try:
        number = phonenumbers.parse(value, region)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_possible_number(number) else None


@dataclass(frozen=True, slots=True)
class Local:
    """What a wall-clock text can mean: one instant, or two in the repeated autumn hour."""

    earliest: datetime
    latest: datetime

    @property
    def is_certain(self) -> bool:
        """Whether it can mean one instant only."""
        return self.earliest == self.latest


def local(value: str | None, zone: ZoneInfo) -> Local | None:
    """VMS's wall-clock text as instants; a time in the spring gap is read as the clock before it would go on."""
    if not value:
        return None
    moment = datetime.fromisoformat(value)
    if moment.year < _EPOCH_YEAR:
        return None
    if moment.tzinfo is not None:
        return Local(moment.astimezone(UTC), moment.astimezone(UTC))
    first, second = (moment.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    is_gap = first.astimezone(zone).replace(tzinfo=None) != moment
    return Local(first, first if is_gap else max(first, second))


def row_instant(value: str | None, zone: ZoneInfo, not_after: datetime) -> datetime | None:
    """The latest instant that a row's change time can mean and that is not in the future."""
    moments = local(value, zone)
    if moments is None:
        return None
    return moments.latest if moments.latest <= not_after else moments.earliest


def to_local(moment: datetime, zone: ZoneInfo) -> str:
    """An instant as VMS's wall-clock text."""
    return moment.astimezone(zone).replace(tzinfo=None, microsecond=0).isoformat()


def local_day(value: str | None, zone: ZoneInfo) -> str | None:
    """The day of a VMS wall-clock text, in VMS's own zone."""
    moments = local(value, zone)
    return moments.earliest.astimezone(zone).date().isoformat() if moments else None


def day(value: datetime | date | None) -> str | None:
    """The UTC day of an instant, or the day itself."""
    if isinstance(value, datetime):
        value = value.astimezone(UTC).date()
    return value.isoformat() if value else None


def utc(moment: datetime) -> str:
    """An instant as ISO-8601 UTC text."""
    return moment.astimezone(UTC).isoformat()
