"""Whether something newer than a dead-lettered record has come since: then a replay changes nothing, and says so."""

from __future__ import annotations

from datetime import datetime


def event(changed_at: datetime, event_id: str, newest_at: datetime | None, newest_id: str | None) -> str | None:
    """Why a VMS event is superseded; None: it is not. An older one, or the very one applied, changes nothing (15)."""
    if newest_at is None or changed_at > newest_at:
        return None
    if changed_at < newest_at:
        return f"VMS has told a newer state since, of {newest_at.isoformat()}: this one changes nothing"
    if event_id == newest_id:
        return "this very event has been applied since: it changes nothing"
    return None


def hint(is_news: bool) -> str | None:
    """Why a hint of KeyCRM is superseded: the record was read since and shows what the hint says (rule 16)."""
    return None if is_news else "the record was read since and shows just this: it changes nothing"
