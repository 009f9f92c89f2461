"""How ASP.NET binds a request: the body and the parameters, or an answer that ends it.

Everything that the real system would refuse or quietly read otherwise is also kept as a breach.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NoReturn, TypeVar

from pydantic import ValidationError
from starlette.requests import Request

from sandbox.vms.answers import Answered, errors_of, unsupported_media_type, validation_problem
from sandbox.vms.breaches import Breaches
from sandbox.vms.columns import YEAR_ONE, Columns, read_time

Body = TypeVar("Body", bound=Columns)


async def body_of(request: Request, model: type[Body], breaches: Breaches) -> Body:
    """The body as `model`.

    Raises:
        Answered: 415 for another media type, 400 for what is no JSON or breaks a column's type.
    """
    if not request.headers.get("content-type", "").split(";")[0].strip().endswith("json"):
        breaches.add(request, "content-type: must be application/json")
        raise Answered(unsupported_media_type())
    try:
        data = json.loads(await request.body(), parse_constant=_no_constant)
    except ValueError:
        _refuse(breaches, request, {"$": ["The body is no valid JSON value."]})
    try:
        body = model.model_validate(data, by_alias=True, by_name=False)
    except ValidationError as error:
        _refuse(breaches, request, errors_of(error.errors(include_input=False), _parameter(model)))
    for path in unknown_fields(body):
        breaches.add(request, f"{path}: VMS has no such field and ignores it")
    _drop_unknown(body)
    for path in times_with_offset(body):
        breaches.add(request, f"{path}: VMS's times are local wall clock; an offset is lost or shifts the time")
    return body


def _parameter(model: type[Columns]) -> str:
    """What the action's parameter is called in an error: `order`, `customer`, `article`."""
    return re.sub("(Body|Create|Update)$", "", model.__name__).lower()


def note_wiped(request: Request, body: Columns, current: Columns, writable: Sequence[str], breaches: Breaches) -> None:
    """A field that a full replace did not send becomes its default: a breach where that loses something."""
    for name in writable:
        field = type(body).model_fields[name]
        if name not in body.model_fields_set and getattr(current, name) != field.default:
            breaches.add(request, f"{field.alias}: not sent, so VMS's value is replaced by the default")


def unknown_fields(value: Any, path: str = "") -> list[str]:
    """Paths of the fields that no column is named like."""
    if isinstance(value, list):
        return [found for item in value for found in unknown_fields(item, f"{path}[]")]
    if not isinstance(value, Columns):
        return []
    found = [f"{path}.{name}".removeprefix(".") for name in value.model_extra or {}]
    for name, field in type(value).model_fields.items():
        found += unknown_fields(getattr(value, name), f"{path}.{field.alias}".removeprefix("."))
    return found


def _drop_unknown(value: Any) -> None:
    if isinstance(value, list):
        for item in value:
            _drop_unknown(item)
    elif isinstance(value, Columns):
        (value.model_extra or {}).clear()
        for name in type(value).model_fields:
            _drop_unknown(getattr(value, name))


def times_with_offset(body: Columns) -> list[str]:
    """The time fields that came with an offset."""
    values = {str(field.alias): getattr(body, name) for name, field in type(body).model_fields.items()}
    return [alias for alias, value in values.items() if isinstance(value, datetime) and value.tzinfo is not None]


def int_of(request: Request, name: str, breaches: Breaches, limit: int = 2**31 - 1) -> int:
    """An integer of the path."""
    text = str(request.path_params[name])
    if not text.removeprefix("-").isdecimal() or not 0 <= int(text) <= limit:
        _bad_value(request, name, text, breaches)
    return int(text)


def guid_of(request: Request, name: str, breaches: Breaches) -> str:
    """A GUID of the path, in lower case."""
    text = str(request.path_params[name])
    try:
        return str(uuid.UUID(text))
    except ValueError:
        _bad_value(request, name, text, breaches)


def search_term_of(request: Request, breaches: Breaches) -> str:
    """The `searchTerm` of the query; it must not be empty."""
    term = request.query_params.get("searchTerm", "")
    if not term.strip():
        _refuse(breaches, request, {"searchTerm": ["The searchTerm field is required."]})
    return term


def date_of(request: Request, name: str, breaches: Breaches) -> datetime:
    """A time of the query as model binding reads it: none is year 1, an offset is taken to UTC and dropped."""
    text = request.query_params.get(name)
    if text is None:
        breaches.add(request, f"{name}: not sent, so VMS takes the year 1")
        return YEAR_ONE
    try:
        moment: datetime = read_time(text)
    except ValueError:
        _bad_value(request, name, text, breaches)
    if moment.tzinfo is None:
        return moment
    breaches.add(request, f"{name}: VMS's times are local wall clock; an offset shifts the time")
    return moment.astimezone(UTC).replace(tzinfo=None)


def _bad_value(request: Request, name: str, text: str, breaches: Breaches) -> NoReturn:
    _refuse(breaches, request, {name: [f"The value '{text}' is not valid."]})


def _refuse(breaches: Breaches, request: Request, errors: dict[str, list[str]]) -> NoReturn:
    breaches.add(request, "; ".join(f"{name}: {' '.join(texts)}" for name, texts in errors.items()))
    raise Answered(validation_problem(errors))


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
