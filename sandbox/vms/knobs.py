"""What can be turned on this VMS while it runs: access, clock, events, and the ways in which it is lossy.

`PATCH /_admin/knobs {"name": value}` turns one; `sandbox/README.md` tells what each is for.
"""

from __future__ import annotations

from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (LookupError, OSError, ValueError):
        raise ValueError("must be an IANA time zone, for example Europe/Kyiv") from None
    return name


class Knobs(BaseModel):
    """All knobs at their defaults; an unknown name or a wrong value is refused with its name."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    # Access: a bearer token that the proxy in front of VMS asks for; empty asks for none.
    token: str = ""

    # Clock: the zone of VMS's wall clock, and how far the clock is off the machine's.
    time_zone: Annotated[str, AfterValidator(_known_zone)] = "Europe/Kyiv"
    clock_offset_seconds: float = 0
    time_resolution: Literal["microsecond", "second"] = "microsecond"

    # Events: sent at all, or never even written, also for what came by the API, and as what.
    emit: bool = True
    lose_events: bool = False
    emit_api_writes: bool = True
    api_changed_by: str = "api"
    event_mode: Literal["binary", "structured"] = "binary"
    omit_event_fields: list[str] = []

    # Loss: what VMS makes of what it is given.
    text_cut: Annotated[int, Field(ge=1)] | None = None
    is_text_trimmed: bool = False
    decimals: Annotated[int, Field(ge=0, le=10)] | None = None
    phone_format: Literal["as-sent", "digits", "local"] = "as-sent"

    # Reading: what the documentation leaves open; the default is the one that helps a caller least.
    has_lines_in_lists: bool = False
    has_sku_in_article_search: bool = False
