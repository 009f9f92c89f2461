"""Answers as ASP.NET gives them: pretty camelCase JSON, sentences as text, `ValidationProblemDetails`."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic_core import ErrorDetails
from starlette.responses import Response

from sandbox.vms.clock import Clock
from sandbox.vms.columns import ANNOTATIONS

JSON_TYPE = "application/json; charset=utf-8"
PROBLEM_TYPE = "application/problem+json; charset=utf-8"
_SYSTEM_TYPES = {
    "int": "System.Int32",
    "greater": "System.Int32",
    "less": "System.Int32",
    "float": "System.Double",
    "finite": "System.Double",
    "bool": "System.Boolean",
    "string": "System.String",
    "not_guid": "System.Guid",
    "not_datetime": "System.DateTime",
}


class Answered(Exception):
    """The request ends here, with this response."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status_code)
        self.response = response


def json_answer(data: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Pretty JSON with everything but ASCII escaped, as System.Text.Json writes it by default."""
    return Response(json.dumps(data, indent=2), status, headers, JSON_TYPE)


def text_answer(sentence: str, status: int) -> Response:
    """404 and 500 are sentences."""
    return Response(sentence, status, media_type="text/plain; charset=utf-8")


def error_answer(status: int) -> Response:
    """What a failing server says."""
    return text_answer("Internal server error" if status == 500 else f"Error {status}", status)


def not_found(noun: str, key: object) -> Answered:
    """No such row."""
    return Answered(text_answer(f"{noun} with ID {key} not found", 404))


def foreign_key(table: str, column: str) -> Answered:
    """The row names another that does not exist: the database refuses, and ASP.NET answers 500."""
    return Answered(
        text_answer(
            "Internal server error: An error occurred while saving the entity changes. The statement conflicted with "
            f'the FOREIGN KEY constraint "FK_{table}_{column}".',
            500,
        )
    )


def validation_problem(errors: Mapping[str, Sequence[str]]) -> Response:
    """400 with the fields at fault."""
    problem = {
        "type": "https://tools.ietf.org/html/rfc9110#section-15.5.1",
        "title": "One or more validation errors occurred.",
        "status": 400,
        "errors": errors,
        "traceId": f"00-{uuid.uuid4().hex}-{uuid.uuid4().hex[:16]}-00",
    }
    return Response(json.dumps(problem), 400, media_type=PROBLEM_TYPE)


def unsupported_media_type() -> Response:
    """415: the body is not said to be JSON."""
    problem = {
        "type": "https://tools.ietf.org/html/rfc9110#section-15.5.16",
        "title": "Unsupported Media Type",
        "status": 415,
        "traceId": f"00-{uuid.uuid4().hex}-{uuid.uuid4().hex[:16]}-00",
    }
    return Response(json.dumps(problem), 415, media_type=PROBLEM_TYPE)


def errors_of(details: Sequence[ErrorDetails], parameter: str) -> dict[str, list[str]]:
    """pydantic's errors in ASP.NET's words: the first wrong JSON value alone, else every broken annotation."""
    for error in details:
        if error["type"] not in ANNOTATIONS:
            path = _path(error["loc"], "$")
            kind = next((name for start, name in _SYSTEM_TYPES.items() if error["type"].startswith(start)), parameter)
            return {
                parameter: [f"The {parameter} field is required."],
                path: [f"The JSON value could not be converted to {kind}. Path: {path} | LineNumber: 0."],
            }
    errors: dict[str, list[str]] = {}
    for error in details:
        name = _path([part[:1].upper() + part[1:] if isinstance(part, str) else part for part in error["loc"]], "")
        errors.setdefault(name, []).append(_sentence(error, name))
    return errors


def _sentence(error: ErrorDetails, name: str) -> str:
    if error["type"] == "too_long":
        return f"The field {name} must be a string {error['msg']}"
    ending = "is required." if error["type"] == "missing" else error["msg"]
    return f"The {name} field {ending}"


def _path(parts: Sequence[int | str], root: str) -> str:
    text = root
    for part in parts:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")


def plain(value: Any, clock: Clock) -> Any:
    """Python values as .NET writes them: wall-clock times, whole doubles without a point."""
    if isinstance(value, dict):
        return {name: plain(item, clock) for name, item in value.items()}
    if isinstance(value, list):
        return [plain(item, clock) for item in value]
    if isinstance(value, datetime):
        return clock.text(value)
    return number(value) if isinstance(value, float) else value


def number(value: float) -> float | int:
    """A double as .NET writes it: 100 for 100.0."""
    return int(value) if value.is_integer() and abs(value) < 1e15 else value
