"""The calls of `openapi.yaml`: which one a method and a path name, and which names it knows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

METHODS = ("get", "post", "put", "delete")


@dataclass(frozen=True)
class Operation:
    """One call of the API."""

    name: str
    method: str
    pattern: re.Pattern[str]
    query: tuple[str, ...]
    objects: tuple[str, ...]
    body: dict[str, Any] | None

    def unknown_query(self, query: list[tuple[str, str]]) -> list[str]:
        """Parameters that the call does not have; the names inside `filter[...]` are the schema's business."""
        return [name for name, _ in query if name not in self.query and name.partition("[")[0] not in self.objects]


class Spec:
    """The document as data."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        found = [self._operation(path, method) for path, method in self._calls()]
        # `/order/status` before `/order/{orderId}`.
        self.operations = sorted(found, key=lambda operation: operation.pattern.pattern.count("("))

    def find(self, method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
        """The call and its path parameters, for a path below `/v1`."""
        for operation in self.operations:
            match = operation.pattern.fullmatch(path)
            if match and operation.method == method.lower():
                return operation, match.groupdict()
        return None

    def unknown_fields(self, operation: Operation, content: Any) -> list[str]:
        """Dotted names of body fields that the call does not have."""
        return [] if operation.body is None else list(self._strays(operation.body, content, ""))

    def _calls(self) -> Iterator[tuple[str, str]]:
        for path, item in self.document["paths"].items():
            yield from ((path, method) for method in METHODS if method in item)

    def _operation(self, path: str, method: str) -> Operation:
        item = self.document["paths"][path]
        call = item[method]
        own = [self._resolved(one) for one in [*item.get("parameters", []), *call.get("parameters", [])]]
        query = [one for one in own if one["in"] == "query"]
        content = call.get("requestBody", {}).get("content", {}).get("application/json", {})
        return Operation(
            name=call["operationId"],
            method=method,
            pattern=re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)),
            query=tuple(one["name"] for one in query if one.get("style") != "deepObject"),
            objects=tuple(one["name"] for one in query if one.get("style") == "deepObject"),
            body=content.get("schema"),
        )

    def _resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in schema:
            found: Any = self.document
            for part in schema["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            schema = found
        return schema

    def _strays(self, schema: dict[str, Any], content: Any, prefix: str) -> Iterator[str]:
        if isinstance(content, list):
            items = self._merged(schema).get("items", {})
            for index, one in enumerate(content):
                yield from self._strays(items, one, f"{prefix}{index}.")
        elif isinstance(content, dict):
            properties: dict[str, Any] | None = self._merged(schema).get("properties")
            if properties is None:
                return
            for name, value in content.items():
                if name in properties:
                    yield from self._strays(properties[name], value, f"{prefix}{name}.")
                else:
                    yield f"{prefix}{name}"

    def _merged(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The schema with its references followed and the parts of `allOf` and `oneOf` laid together."""
        own = dict(self._resolved(schema))
        for part in [*own.get("allOf", []), *own.get("oneOf", [])]:
            merged = self._merged(part)
            own["properties"] = {**merged.get("properties", {}), **own.get("properties", {})} or None
            own.setdefault("items", merged.get("items", {}))
        return {name: value for name, value in own.items() if value is not None}
