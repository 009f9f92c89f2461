"""VMS's column types as pydantic types, as strict as System.Text.Json and the length attributes are.

Errors of type `required`, `too_long` and `not_email` are ASP.NET's annotations, all others are its JSON conversions;
`problems` words them. Lengths count UTF-16 units, as .NET and SQL Server do: an emoji is two.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

ANNOTATIONS = ("missing", "required", "too_long", "not_email")
# DateTime's default, a wall-clock time like all of VMS's.
YEAR_ONE = datetime.min  # noqa: DTZ901  # VMS's times have no offset
# What System.Text.Json reads as a DateTime: the T is not optional, a bare date is fine.
_ISO = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,16})?)?(Z|[+-]\d\d:\d\d)?)?")


class Columns(BaseModel):
    """One JSON object of VMS. Unknown fields are kept apart, so that they can be reported."""

    model_config = ConfigDict(
        strict=True, extra="allow", alias_generator=to_camel, populate_by_name=True, hide_input_in_errors=True
    )


def utf16_length(value: str) -> int:
    """The length as .NET counts it."""
    return len(value.encode("utf-16-le", "surrogatepass")) // 2


def _within(limit: int) -> Callable[[str | None], str | None]:
    def check(value: str | None) -> str | None:
        if value is not None and utf16_length(value) > limit:
            raise PydanticCustomError("too_long", "with a maximum length of {limit}.", {"limit": limit})
        return value

    return check


def _not_null(value: Any) -> Any:
    """A non-nullable text is implicitly required, but may be empty."""
    if value is None:
        raise PydanticCustomError("required", "is required.")
    return value


def _filled(value: Any) -> Any:
    """`[Required]`: neither null nor blank."""
    if value is None or (isinstance(value, str) and not value.strip()):
        raise PydanticCustomError("required", "is required.")
    return value


def _email(value: str | None) -> str | None:
    """`[EmailAddress]`: one @, not at an end."""
    if value is not None and not (value.count("@") == 1 and 0 < value.index("@") < len(value) - 1):
        raise PydanticCustomError("not_email", "is not a valid e-mail address.")
    return value


def _guid(value: str) -> str:
    try:
        parsed = uuid.UUID(value)
    except ValueError:
        raise PydanticCustomError("not_guid", "is no GUID") from None
    if len(value) != 36:
        raise PydanticCustomError("not_guid", "is no GUID")
    return str(parsed)


def read_time(value: Any) -> Any:
    """ISO 8601 as a datetime, without an offset where the text has none.

    Raises:
        PydanticCustomError: another spelling.
    """
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not _ISO.fullmatch(value):
        raise PydanticCustomError("not_datetime", "is no date and time")
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        raise PydanticCustomError("not_datetime", "is no date and time") from None


def dotnet_wall(moment: datetime, local: Callable[[datetime], datetime]) -> datetime:
    """What SQL Server then holds: `Z` keeps its digits, another offset becomes the server's local time."""
    if moment.tzinfo is UTC or moment.utcoffset() is None:
        return moment.replace(tzinfo=None)
    return local(moment)


Int32 = Annotated[int, Field(ge=-(2**31), le=2**31 - 1)]
Byte = Annotated[int, Field(ge=0, le=255)]
Double = Annotated[float, Field(allow_inf_nan=False)]
Guid = Annotated[str, AfterValidator(_guid)]
LocalTime = Annotated[datetime, BeforeValidator(read_time)]
Required255 = Annotated[str, BeforeValidator(_filled), AfterValidator(_within(255))]
Text10 = Annotated[str, BeforeValidator(_not_null), AfterValidator(_within(10))]
Text255 = Annotated[str, BeforeValidator(_not_null), AfterValidator(_within(255))]
MaybeText20 = Annotated[str | None, AfterValidator(_within(20))]
MaybeText50 = Annotated[str | None, AfterValidator(_within(50))]
MaybeText255 = Annotated[str | None, AfterValidator(_within(255))]
MaybeText500 = Annotated[str | None, AfterValidator(_within(500))]
MaybeText1000 = Annotated[str | None, AfterValidator(_within(1000))]
MaybeEmail = Annotated[str | None, AfterValidator(_email), AfterValidator(_within(255))]
