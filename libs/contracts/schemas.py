"""JSON Schema and AsyncAPI 3.0 of everything on our topics, as values; `deploy/contracts.py` writes them to files.

`breaches` says what in a newer schema would break a producer or consumer written against an older one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from libs.contracts.events import MODELS, TYPES_OF_TOPIC
from libs.contracts.topics import ALL, BY_NAME, Topic

Json = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schemas() -> dict[str, Json]:
    """One schema a model, by the model's name: the JSON body of its event types."""
    models = sorted({m.__name__: m for m in MODELS.values()}.items())
    return {name: {"$schema": DIALECT, **model.model_json_schema(by_alias=True)} for name, model in models}


def asyncapi() -> Json:
    """The AsyncAPI 3.0 document: channels, messages with their CloudEvents headers, who sends what."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "KeyCRM and VMS sync: events",
            "version": "1.0.0",
            "description": "CloudEvents 1.0 over Kafka, binary content mode; structured mode is read too.",
        },
        "defaultContentType": "application/json",
        "channels": {topic.name: _channel(topic) for topic in ALL},
        "operations": {f"send.{topic.name}": _operation(topic) for topic in ALL},
        "components": {
            "messages": {kind: _message(kind) for kind in MODELS},
            "schemas": {"CloudEventHeaders": _HEADERS},
        },
    }


def breaches(older: Json, newer: Json, where: str = "") -> Iterator[str]:
    """What `newer` no longer takes or no longer promises, one sentence each, for two JSON schemas of one model."""
    old, new = _resolved(older, older), _resolved(newer, newer)
    yield from _breaches(older, newer, old, new, where)


def _breaches(older: Json, newer: Json, old: Json, new: Json, where: str) -> Iterator[str]:
    olds, news = old.get("properties", {}), new.get("properties", {})
    for name in olds.keys() - news.keys():
        yield f"{where}{name}: removed"
    for name in set(new.get("required", ())) - set(old.get("required", ())):
        yield f"{where}{name}: has become required"
    for name in olds.keys() & news.keys():
        left, right = _resolved(older, olds[name]), _resolved(newer, news[name])
        if not _types(older, left) <= _types(newer, right):
            yield f"{where}{name}: no longer takes {sorted(_types(older, left) - _types(newer, right))}"
        for lost in set(left.get("enum", ())) - set(right.get("enum") or left.get("enum", ())):
            yield f"{where}{name}: no longer takes {lost!r}"
        if right.get("maxLength", left.get("maxLength", 0)) < left.get("maxLength", 0):
            yield f"{where}{name}: shorter than before"
        yield from _breaches(older, newer, _item(older, left), _item(newer, right), f"{where}{name}.")


def _item(root: Json, schema: Json) -> Json:
    """The object schema inside: of an array's items, of the non-null branch, or the schema itself."""
    for branch in (schema.get("items"), *schema.get("anyOf", ())):
        if isinstance(branch, dict) and branch.get("type") != "null":
            return _item(root, _resolved(root, branch))
    return schema


def _types(root: Json, schema: Json) -> set[str]:
    branches = schema.get("anyOf")
    if branches:
        return set().union(*(_types(root, _resolved(root, branch)) for branch in branches))
    kind = schema.get("type", "any")
    return set(kind) if isinstance(kind, list) else {kind}


def _resolved(root: Json, schema: Json) -> Json:
    reference = schema.get("$ref")
    if not reference:
        return schema
    found: Json = root["$defs"][reference.rsplit("/", 1)[-1]]
    return found


_HEADERS: Json = {
    "type": "object",
    "required": ["ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time"],
    "properties": {
        "ce_specversion": {"type": "string", "const": "1.0"},
        "ce_id": {"type": "string", "description": "new for every event, a UUID; the same when an event is repeated"},
        "ce_source": {"type": "string", "format": "uri-reference"},
        "ce_type": {"type": "string"},
        "ce_subject": {"type": "string", "description": "the entity's id, as in the key"},
        "ce_time": {"type": "string", "format": "date-time"},
        "ce_correlationid": {"type": "string", "description": "optional; carried to the last call"},
        "traceparent": {"type": "string", "description": "optional; W3C trace context"},
        "content-type": {"type": "string", "const": "application/json"},
    },
}


def _channel(topic: Topic) -> Json:
    kinds = TYPES_OF_TOPIC.get(topic.name, ())
    return {
        "address": topic.name,
        "description": f"Key: {topic.key}. Producer: {topic.owner}.",
        "messages": {kind: {"$ref": f"#/components/messages/{kind}"} for kind in kinds},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": {
                    "cleanup.policy": ["compact" if topic.is_compacted else "delete"],
                    "retention.ms": topic.retention_ms,
                    "max.message.bytes": topic.max_message_bytes,
                },
            }
        },
    }


def _operation(topic: Topic) -> Json:
    return {"action": "send", "channel": {"$ref": f"#/channels/{topic.name}"}, "title": f"{topic.owner} sends"}


def _message(kind: str) -> Json:
    model = MODELS[kind]
    return {
        "name": kind,
        "summary": (model.__doc__ or "").split("\n")[0],
        "contentType": "application/json",
        "headers": {"$ref": "#/components/schemas/CloudEventHeaders"},
        "payload": {
            "schemaFormat": "application/schema+json;version=draft-2020-12",
            "schema": {"$ref": f"schemas/{model.__name__}.json"},
        },
    }


def topic_of(kind: str) -> Topic:
    """The topic on which an event type travels.

    Raises:
        KeyError: no topic carries this type.
    """
    for name, kinds in TYPES_OF_TOPIC.items():
        if kind in kinds:
            return BY_NAME[name]
    raise KeyError(kind)
