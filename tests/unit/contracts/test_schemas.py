"""The generated contracts: current, complete, and unable to break those who were written against them."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from deploy.contracts import problems, write
from libs.contracts.events import MODELS, TYPES_OF_TOPIC
from libs.contracts.schemas import asyncapi, breaches, json_schemas, topic_of
from libs.contracts.topics import ALL

DOCS = Path(__file__).parents[3] / "docs" / "contracts"


def test_the_committed_contracts_are_current() -> None:
    """What VMS's developers read is what the code takes."""
    assert problems(DOCS) == []


def test_a_stale_file_is_reported(tmp_path: Path) -> None:
    """The check can fail: one changed byte is one problem."""
    write(tmp_path)
    (tmp_path / "asyncapi.json").write_text("{}", encoding="utf-8")

    assert problems(tmp_path) == ["asyncapi.json is stale: run python -m deploy.contracts"]


def test_every_type_travels_on_exactly_one_topic() -> None:
    """A type without a topic could not be sent, one with two would have two orders."""
    listed = [kind for kinds in TYPES_OF_TOPIC.values() for kind in kinds]

    assert sorted(listed) == sorted(MODELS)
    assert all(topic_of(kind) in ALL for kind in listed)


def test_asyncapi_names_every_topic_and_message() -> None:
    """The document is generated from the one list."""
    document = asyncapi()

    assert set(document["channels"]) == {topic.name for topic in ALL}
    assert set(document["components"]["messages"]) == set(MODELS)


def _edited(path: tuple[str, ...], value: Any) -> dict[str, Any]:
    schema = copy.deepcopy(json_schemas()["VmsOrderEvent"])
    node: Any = schema
    for key in path[:-1]:
        node = node[key]
    if value is None:
        del node[path[-1]]
    else:
        node[path[-1]] = value
    return schema


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        (("properties", "trackingCode"), None, "trackingCode: removed"),
        (("properties", "orderStatus", "type"), "string", "orderStatus: no longer takes ['integer']"),
        (("properties", "numberOrder", "maxLength"), 10, "numberOrder: shorter than before"),
        (("$defs", "VmsLine", "properties", "sku"), None, "lines.sku: removed"),
    ],
)
def test_a_breaking_change_is_named(path: tuple[str, ...], value: Any, sentence: str) -> None:
    """Removed, retyped, shortened, at any depth."""
    assert sentence in list(breaches(json_schemas()["VmsOrderEvent"], _edited(path, value)))


def test_a_field_that_becomes_required_breaks() -> None:
    """An older producer does not send it."""
    newer = _edited(("required",), [*json_schemas()["VmsOrderEvent"]["required"], "trackingCode"])

    assert list(breaches(json_schemas()["VmsOrderEvent"], newer)) == ["trackingCode: has become required"]


def test_a_new_optional_field_breaks_nobody() -> None:
    """Contracts grow by optional fields."""
    newer = _edited(("properties", "loyaltyCard"), {"type": "string"})

    assert list(breaches(json_schemas()["VmsOrderEvent"], newer)) == []
