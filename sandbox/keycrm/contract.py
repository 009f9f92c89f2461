"""Every request held against `openapi.yaml` by openapi-core: what the real API refuses, misreads or overlooks.

Findings are kept as breaches for the test that caused them. A body that breaks its schema is refused with 422, as the
real API does; a field, parameter or header that it would only overlook is a breach and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from openapi_core import OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.validation.request.exceptions import RequestBodyValidationError
from werkzeug.datastructures import Headers, ImmutableMultiDict

from sandbox.keycrm.operations import Operation, Spec

SPEC_FILE = Path(__file__).with_name("openapi.yaml")
# openapi-core matches an address against the document's servers; the port here means nothing.
HOST = "http://127.0.0.1:8085"


@dataclass
class Asked:
    """A request as openapi-core reads it (its `Request` protocol)."""

    method: str
    path: str
    parameters: RequestParameters
    body: bytes | None
    content_type: str
    host_url: str = HOST


@dataclass(frozen=True)
class Finding:
    """One breach; `field` is set when the body is refused for it."""

    message: str
    field: str | None = None


class Contract:
    """The document, read once."""

    def __init__(self) -> None:
        self.spec = Spec(yaml.safe_load(SPEC_FILE.read_text(encoding="utf-8")))
        self._openapi = OpenAPI.from_dict(self.spec.document)

    def findings(
        self,
        operation: Operation,
        path: str,
        query: list[tuple[str, str]],
        headers: dict[str, str],
        body: bytes,
        content: Any,
    ) -> list[Finding]:
        """All that is wrong with a request; `content` is the body's JSON."""
        parameters = RequestParameters(
            query=ImmutableMultiDict(query), header=Headers(headers), cookie=ImmutableMultiDict()
        )
        kind = headers.get("content-type", "").partition(";")[0].strip()
        asked = Asked(operation.method, path, parameters, body or None, kind or "application/octet-stream")
        found = [finding for error in self._openapi.iter_request_errors(asked) for finding in _findings(error)]
        found += [Finding(f"query {name}: not a parameter of this call") for name in operation.unknown_query(query)]
        found += [
            Finding(f"body {name}: not a field of this call") for name in self.spec.unknown_fields(operation, content)
        ]
        if "application/json" not in headers.get("accept", ""):
            found.append(Finding("header Accept: must name application/json, else errors come as HTML"))
        return found


def _findings(error: Exception) -> Iterable[Finding]:
    """One finding a schema error, or one for the error as a whole."""
    in_body = isinstance(error, RequestBodyValidationError)
    details = getattr(error.__cause__, "schema_errors", None)
    if not details:
        return [Finding(_short(str(error)), "body" if in_body else None)]
    if in_body:
        return [_body_finding(detail) for detail in details]
    return [Finding(f"{error}: {_short(detail.message)}") for detail in details]


def _body_finding(detail: Any) -> Finding:
    """A schema error of the body, with the field's dotted path."""
    path = [str(part) for part in detail.absolute_path]
    if detail.validator == "required":
        path += [str(name) for name in detail.validator_value if name not in detail.instance][:1]
    field = ".".join(path) or "body"
    return Finding(f"body {field}: {_short(detail.message)}", field)


def _short(message: str) -> str:
    """Both ends of a long message: what is wrong stands before or after a value that may be huge."""
    return message if len(message) <= 240 else f"{message[:120]} ... {message[-100:]}"


def field_texts(findings: Iterable[Finding]) -> dict[str, list[str]]:
    """The `errors` of a 422 for the findings that refuse the body."""
    texts: dict[str, list[str]] = {}
    for finding in _refusing(findings):
        texts.setdefault(finding.field or "body", []).append(_laravel(finding))
    return texts


def _refusing(findings: Iterable[Finding]) -> Iterator[Finding]:
    return (finding for finding in findings if finding.field is not None)


def _laravel(finding: Finding) -> str:
    name = (finding.field or "body").replace("_", " ")
    is_absent = "is a required property" in finding.message
    return f"The {name} field is required." if is_absent else f"The {name} field is not valid."
