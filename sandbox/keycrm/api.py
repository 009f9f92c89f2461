"""The public API below `/v1`: route, key, limit, contract, handler, and the shapes of its refusals.

A path that does not exist gives an HTML page, and so does every error to a caller that does not accept JSON.
"""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Scope

from sandbox.edge import NUMBER
from sandbox.keycrm import routes_catalogue, routes_dictionaries, routes_orders, routes_people
from sandbox.keycrm.account import Account, Breach
from sandbox.keycrm.calls import ApiCall, Reply
from sandbox.keycrm.contract import Contract, Finding, field_texts
from sandbox.keycrm.errors import Refusal
from sandbox.keycrm.limits import Limits
from sandbox.keycrm.lists import query_of
from sandbox.keycrm.operations import Operation

HANDLERS = {
    **routes_orders.HANDLERS,
    **routes_people.HANDLERS,
    **routes_catalogue.HANDLERS,
    **routes_dictionaries.HANDLERS,
}
PREFIX = "/v1"
UNKNOWN = "unknownRoute"


class Api:
    """Answers the API calls of one account."""

    def __init__(self, account: Account, limits: Limits, contract: Contract) -> None:
        self._account = account
        self._limits = limits
        self._contract = contract

    def operation_of(self, scope: Scope) -> str | None:
        """The call's name in the contract; pages and admin calls have none."""
        path: str = scope["path"]
        if not path.startswith(PREFIX):
            return None
        found = self._contract.spec.find(scope["method"], path.removeprefix(PREFIX))
        return found[0].name if found else UNKNOWN

    async def answer(self, request: Request) -> Response:
        """One call, from its first byte to its answer."""
        path: str = request.scope["path"]
        found = self._contract.spec.find(request.method, path.removeprefix(PREFIX))
        if found is None or found[0].name not in HANDLERS:
            self._breach(request, UNKNOWN, [Finding(f"{request.method} {path}: no such call here")])
            return HTMLResponse("<!DOCTYPE html><title>Not Found</title><h1>404</h1>", status_code=404)
        key = request.headers.get("authorization", "").removeprefix("Bearer ")
        is_refused = False
        try:
            if key not in self._account.knobs.keys:
                raise Refusal(401, "Unauthenticated.")
            is_refused = not self._limits.take(key)
            if is_refused:
                raise Refusal(429, "Too Many Attempts.")
            response = _success(await self._done(request, *found))
        except Refusal as refusal:
            response = _refused(request, refusal)
        if key in self._account.knobs.keys:
            response.headers.update(self._limits.headers(key, is_refused))
        return response

    async def _done(self, request: Request, operation: Operation, ids: dict[str, str]) -> Reply:
        """Hold the call against the contract, then do it."""
        raw = await request.body()
        content = _content(raw)
        pairs = request.query_params.multi_items()
        headers = {name.lower(): value for name, value in request.headers.items()}
        findings = self._contract.findings(operation, request.scope["path"], pairs, headers, raw, content)
        self._breach(request, operation.name, findings)
        self._check_brackets(request)
        if not all(value.isdigit() for value in ids.values()):
            raise Refusal(404, "Not found.")
        fields = field_texts(findings)
        if fields:
            raise Refusal(422, next(iter(fields.values()))[0], fields)
        query = query_of(pairs, str(request.url.replace(query="")))
        body = content if isinstance(content, dict) else {}
        call = ApiCall(operation.name, {name: int(value) for name, value in ids.items()}, query, body)
        return HANDLERS[operation.name](self._account, call)

    def _check_brackets(self, request: Request) -> None:
        """Reports disagree on whether encoded brackets are understood; the knob plays an account where they are not."""
        query = request.scope["query_string"].lower()
        if self._account.knobs.encoded_brackets == "refused" and b"%5b" in query:
            raise Refusal(400, "Requested filter(s) are not allowed.")

    def _breach(self, request: Request, operation: str, findings: list[Finding]) -> None:
        number: int = request.scope.get(NUMBER, 0)
        self._account.breaches.extend(Breach(number, operation, finding.message) for finding in findings)


def _content(raw: bytes) -> Any:
    """The body's JSON; what is not JSON is the contract's to find."""
    try:
        return json.loads(raw) if raw else None
    except ValueError:
        return None


def _success(reply: Reply) -> Response:
    if reply.content is None:
        return Response(status_code=reply.status)
    return JSONResponse(reply.content, status_code=reply.status)


def _refused(request: Request, refusal: Refusal) -> Response:
    if "application/json" not in request.headers.get("accept", ""):
        page = f"<!DOCTYPE html><title>{refusal.status}</title><h1>{refusal.message}</h1>"
        return HTMLResponse(page, status_code=refusal.status)
    content: dict[str, Any] = {"message": refusal.message}
    if refusal.fields is not None:
        content["errors"] = refusal.fields
    return JSONResponse(content, status_code=refusal.status)
