"""What the admin calls of both sandboxes share: JSON in, JSON out, a clear sentence for a wrong request.

An admin handler takes a request and returns plain JSON data; it raises `Refused` with a status and a sentence.
No authentication: the sandboxes listen on 127.0.0.1 and hold invented data only.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Handler = Callable[[Request], Awaitable[Any]]
Model = TypeVar("Model", bound=BaseModel)


class Refused(Exception):
    """The request cannot be done; answered with `status` and the sentence."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def admin_route(path: str, handler: Handler, method: str = "GET", status: int = 200) -> Route:
    """A route under `/_admin` that answers what `handler` returns as JSON."""

    async def endpoint(request: Request) -> Response:
        try:
            return JSONResponse(await handler(request), status_code=status)
        except Refused as refusal:
            return JSONResponse({"message": refusal.message}, status_code=refusal.status)

    return Route(f"/_admin{path}", endpoint, methods=[method])


async def body_of(request: Request) -> Any:
    """The request's JSON; an empty body is an empty object."""
    raw = await request.body()
    try:
        return json.loads(raw) if raw else {}
    except ValueError as error:
        raise Refused(400, f"the body is not JSON: {error}") from error


async def object_of(request: Request) -> dict[str, Any]:
    """The request's JSON object."""
    body = await body_of(request)
    if not isinstance(body, dict):
        raise Refused(422, "the body must be a JSON object")
    return body


async def model_of(request: Request, model: type[Model]) -> Model:
    """The request's JSON as `model`, or a refusal that names the field."""
    return parse(model, await body_of(request))


def parse(model: type[Model], value: Any) -> Model:
    """`value` as `model`, or a refusal that names the field."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "body"
        raise Refused(422, f"{field}: {first['msg']}") from error


def number_of(request: Request, name: str) -> int:
    """An integer path parameter."""
    text = str(request.path_params[name])
    if not text.isdigit():
        raise Refused(404, f"{name} must be a number")
    return int(text)


def after_of(request: Request) -> int:
    """The `after` of a paged admin list; 0 when not given."""
    text = request.query_params.get("after", "0")
    if not text.isdigit():
        raise Refused(422, "after: must be a number")
    return int(text)
