"""Which fate an answer means: the one table of statuses, for both partners.

Promises: an answer becomes JSON or one of the fates of `libs.runtime.errors`, whose reason names the operation, the
ids and the fields at fault, never a value. A write is only called refused when the partner says so itself (4xx);
whatever leaves doubt is `OutcomeUnknown`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Never, TypeVar

import orjson
from pydantic import BaseModel, ValidationError

from libs.clients.scrub import field_name, scrubbed
from libs.clients.wire import Call, Reply
from libs.runtime.errors import (
    KEY_REFUSED,
    GoneError,
    KeyRefused,
    OutcomeUnknown,
    PermanentError,
    TransientError,
    WorldUnavailable,
)

RETRY_AFTER_FALLBACK_SECONDS = 15.0
"""A 429 without `Retry-After`: integrators of KeyCRM wait between 1.5 s and 30 s."""
GATEWAY_STATUSES = (502, 503, 504)
"""Somebody in front of the partner says that it is away."""
UNSETTLED_STATUSES = (408, 425)
"""Time-out and too early: refusals that may come after the work was done."""
TOO_LARGE_STATUSES = (413, 414, 431)
"""Often said by a proxy's page, and still about this request alone."""
MOVED_STATUSES = (301, 307, 308)
"""The address is wrong: nothing was done (302 and 303 may follow work that was)."""

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Partner:
    """Whose answers these are: the name in fates and metrics, the name for people, and the settings to look at."""

    name: str
    title: str
    address_setting: str
    key_setting: str
    is_plain_spoken: bool = False
    """Whether its 404 is a sentence; otherwise a 404 that is no JSON comes from a wrong address."""


def judge(partner: Partner, call: Call, reply: Reply, now: datetime) -> Any:
    """The answer's JSON (None when a 2xx has no body).

    Raises:
        SyncError: the fate that the status, or a body that is no JSON, means.
    """
    status = reply.status
    if status == 429:
        seconds = reply.retry_after_seconds(now)
        raise WorldUnavailable(
            f"{partner.title} is throttling ({call.operation})",
            partner.name,
            RETRY_AFTER_FALLBACK_SECONDS if seconds is None else seconds,
        )
    if status in (401, 403):
        raise KeyRefused(
            f"{partner.title} {KEY_REFUSED} ({status} to {call.operation}): check {partner.key_setting}", partner.name
        )
    if status >= 500 or status in UNSETTLED_STATUSES:
        _failed(partner, call, reply, now)
    if status not in TOO_LARGE_STATUSES and _is_strange(partner, reply):
        _astray(partner, call, status)
    if status >= 400:
        _refused(partner, call, reply)
    return _json(partner, call, reply)


def read(partner: Partner, call: Call, model: type[Model], data: Any) -> Model:
    """The JSON as one of the contracts' models.

    Raises:
        PermanentError: a read that shows a shape we cannot read; the field is named, its value is not.
        OutcomeUnknown: the same of a write: it did happen.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        _unreadable(partner, call, first_field(error))


def first_field(error: ValidationError) -> str:
    """Where the first thing is that cannot be read, for example `products.0.price`."""
    return field_name(".".join(str(part) for part in error.errors(include_input=False)[0]["loc"])) or "(the whole)"


def _failed(partner: Partner, call: Call, reply: Reply, now: datetime) -> Never:
    reason = f"{partner.title} answered {reply.status} to {told(call)}"
    if call.is_write:
        raise OutcomeUnknown(reason, call.reference)
    if reply.status in GATEWAY_STATUSES:
        raise WorldUnavailable(reason, partner.name, reply.retry_after_seconds(now))
    raise TransientError(reason)


def _is_strange(partner: Partner, reply: Reply) -> bool:
    if reply.status < 200 or 300 <= reply.status < 400 or reply.is_html:
        return True
    is_said = reply.is_json or (partner.is_plain_spoken and bool(reply.content.strip()))
    return reply.status == 404 and not is_said


def _astray(partner: Partner, call: Call, status: int) -> Never:
    reason = (
        f"{partner.title} answered {status} with something that is not its API to {call.operation}: "
        f"check {partner.address_setting}"
    )
    if call.is_write and status not in MOVED_STATUSES and status < 400:
        raise OutcomeUnknown(reason, call.reference)
    raise WorldUnavailable(reason, partner.name)


def _refused(partner: Partner, call: Call, reply: Reply) -> Never:
    if reply.status == 404:
        raise GoneError(f"{partner.title} has no such record: {told(call)}", partner.name)
    fields, text = _words(reply)
    text = scrubbed(text, (call.body, call.sent))
    at = f", field {', '.join(fields)}" if fields else ""
    said = f": {text}" if text else ""
    raise PermanentError(
        f"{partner.title} refused {told(call)} with {reply.status}{at}{said}",
        code="refused",
        field=fields[0] if fields else None,
    )


def _words(reply: Reply) -> tuple[tuple[str, ...], str]:
    """Fields and text of `{message, errors}` (KeyCRM), `{title, errors}` (VMS) or a plain sentence; of a page, none."""
    if reply.is_html:
        return (), ""
    try:
        document = orjson.loads(reply.content)
    except orjson.JSONDecodeError:
        return (), reply.content[:2000].decode(errors="replace")
    if not isinstance(document, dict):
        return (), document if isinstance(document, str) else ""
    errors = document.get("errors")
    if not isinstance(errors, dict):
        return (), str(document.get("message") or document.get("title") or "")
    texts = [str(text) for said in errors.values() for text in (said if isinstance(said, list) else [said])]
    return tuple(name for name in map(field_name, errors) if name)[:5], " ".join(texts[:5])


def _json(partner: Partner, call: Call, reply: Reply) -> Any:
    if not reply.content.strip():
        return None
    try:
        return orjson.loads(reply.content)
    except orjson.JSONDecodeError:
        _unreadable(partner, call, "(the whole)")


def _unreadable(partner: Partner, call: Call, at: str) -> Never:
    reason = f"{partner.title}'s answer to {told(call)} cannot be read: field {at}"
    if call.is_write:
        raise OutcomeUnknown(reason, call.reference)
    raise PermanentError(reason, code="unreadable", field=at)


def told(call: Call) -> str:
    """The operation with its ids, for a reason."""
    return " ".join([call.operation, *(f"{name} {value}" for name, value in call.ids.items())])
