"""Every refusal as a problem (RFC 9457): what is wrong, where, and what to do.

Promises: no problem repeats what was sent, a token, a path or an exception's message; a failure of ours is a 500 that
says nothing but that, and the log says where it came up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, TypeAlias

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from console.domain.refusals import Absent, Overtaken, Refusal, Unusable
from console.endpoint.access import Forbidden, Unknown
from libs.contracts.types import CamelModel
from libs.runtime.errors import WorldUnavailable

Responses: TypeAlias = dict[int | str, dict[str, Any]]
MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 5
MOST_BYTES = 64 * 1024
"""An answer to a question is a few lines."""
OURS = "Something of ours failed: nothing more can be told here; the log says where."
TOO_LARGE = f"A request here has at most {MOST_BYTES} bytes."


class TooLarge(Exception):
    """The body has more bytes than any request of ours."""


class Fault(CamelModel):
    """One field that cannot be used, and what to write there."""

    field: str
    problem: str
    fix: str


class Problem(CamelModel):
    """RFC 9457; `errors` names the fields, where there are any."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[Fault] | None = None


def answer(
    status: int, detail: str, errors: Sequence[Fault] = (), headers: Mapping[str, str] | None = None
) -> Response:
    """The problem as an answer."""
    problem = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail, errors=list(errors) or None)
    body = orjson.dumps(problem.model_dump(by_alias=True, exclude_none=True))
    return Response(body, status, dict(headers or {}), MEDIA_TYPE)


def told(*statuses: int) -> Responses:
    """What the OpenAPI document says of these answers, and of those that every path has."""
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in sorted({401, 403, 422, 503, *statuses})
    }


def install(app: FastAPI) -> None:
    """Make problems of all that handlers and the framework raise."""
    for kind, made in _MADE.items():
        app.add_exception_handler(kind, made)


async def _unknown(_request: Request, _error: Exception) -> Response:
    return answer(401, "Send a known token: Authorization: Bearer <token>.", headers={"www-authenticate": "Bearer"})


async def _forbidden(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Forbidden)
    return answer(403, f"This needs the role {error.needed}; the token has the role {error.person.role}.")


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    if isinstance(error, Unusable):
        fault = Fault(field=error.field, problem=error.text, fix=error.fix)
        return answer(422, f"{error.field}: {error.text}: {error.fix}.", [fault])
    status = next(status for kind, status in _STATUS.items() if isinstance(error, kind))
    return answer(status, f"{error.text[:1].upper()}{error.text[1:]}.")


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    details = error.errors()
    if any(detail["type"] == "json_invalid" for detail in details):
        return answer(400, "The body is not JSON: send a JSON object.")
    is_body_wrong = any(detail["loc"] == ("body",) and detail["type"] != "missing" for detail in details)
    if is_body_wrong and "json" not in request.headers.get("content-type", ""):
        return answer(415, "Send the body as a JSON object, with content-type: application/json.")
    faults = [_fault(detail) for detail in details]
    return answer(422, "; ".join(f"{fault.field}: {fault.problem}: {fault.fix}" for fault in faults) + ".", faults)


async def _away(_request: Request, error: Exception) -> Response:
    assert isinstance(error, WorldUnavailable)
    what = error.partner or "a part of the system"
    return answer(
        503,
        f"The {what} does not answer: nothing was changed, ask again in a few seconds.",
        headers={"retry-after": str(RETRY_AFTER_SECONDS)},
    )


async def _http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if isinstance(error.__cause__, TooLarge):
        return answer(413, TOO_LARGE)
    detail = _DETAILS.get(error.status_code, "The request cannot be served.")
    return answer(error.status_code, detail, headers=error.headers)


async def _bug(_request: Request, _error: Exception) -> Response:
    """Answered here, raised again by the framework, told by the guard around it."""
    return answer(500, OURS)


def _fault(detail: Mapping[str, Any]) -> Fault:
    place = ".".join(str(part) for part in detail["loc"] if part not in ("body", "query", "path")) or "body"
    message = str(detail["msg"]).removeprefix("Value error, ")
    return Fault(field=place, problem=f"{message[:1].lower()}{message[1:]}", fix=_FIXES.get(detail["type"], _FIX))


_FIX = "correct it; /docs shows what is taken"
_FIXES = {
    "missing": "add it; /docs shows what is taken",
    "extra_forbidden": "leave it out; /docs shows what is taken",
    "string_too_short": "write what it is about",
}
_DETAILS = {
    404: "There is nothing at this address; /docs lists what there is.",
    405: "This address does not take this method; /docs lists what it takes.",
}
_STATUS: Mapping[type[Refusal], int] = {Absent: 404, Overtaken: 409}
_MADE: Mapping[type[Exception], Any] = {
    Unknown: _unknown,
    Forbidden: _forbidden,
    Refusal: _refused,
    RequestValidationError: _invalid,
    WorldUnavailable: _away,
    HTTPException: _http,
    Exception: _bug,
}
