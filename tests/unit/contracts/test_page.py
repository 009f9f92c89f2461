"""The page for VMS's developers says what the code takes: examples, classes, topics, headers."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from libs.contracts.envelope import decode
from libs.contracts.events import (
    MODELS,
    SYNC_TYPES,
    TYPES_OF_TOPIC,
    VmsArticleEvent,
    VmsCustomerEvent,
    VmsLine,
    VmsOrderEvent,
    VmsPayment,
    VmsStock,
)
from libs.contracts.topics import FROM_VMS
from libs.contracts.types import CamelModel

DOCS = Path(__file__).parents[3] / "docs" / "contracts"
PAGE = (DOCS / "README.md").read_text(encoding="utf-8")
EXAMPLES = {path.stem: path.read_text(encoding="utf-8") for path in sorted((DOCS / "examples").glob("*.json"))}
VMS_TYPES = [kind for topic in FROM_VMS for kind in TYPES_OF_TOPIC[topic.name]]
CLASSES = [VmsOrderEvent, VmsLine, VmsPayment, VmsCustomerEvent, VmsArticleEvent, VmsStock]
CSHARP = {"Guid": "string", "DateTimeOffset": "string", "string": "string", "int": "integer", "byte": "integer"}


def test_every_event_type_of_vms_has_an_example() -> None:
    """A developer finds each event as it must look."""
    assert set(VMS_TYPES) <= EXAMPLES.keys()


@pytest.mark.parametrize("kind", EXAMPLES)
def test_examples_are_what_the_model_takes_and_nothing_is_ignored(kind: str) -> None:
    """A field that the model does not know would be ignored in silence: the dump shows the example's own keys."""
    example = json.loads(EXAMPLES[kind])

    model = MODELS[kind].model_validate(example)

    assert _keys(model.model_dump(mode="json", by_alias=True, exclude_unset=True)) == _keys(example)


@pytest.mark.parametrize("kind", VMS_TYPES)
def test_examples_of_vms_carry_the_whole_entity(kind: str) -> None:
    """What an event leaves out is unknown to the sync; the examples leave out nothing."""
    fields = {field.alias for field in MODELS[kind].model_fields.values()}

    assert json.loads(EXAMPLES[kind]).keys() == fields


@pytest.mark.parametrize("kind", EXAMPLES)
def test_the_page_shows_each_example_as_it_is(kind: str) -> None:
    """The file and the page cannot drift apart."""
    section = PAGE.split(f"#### `{kind}`\n", 1)[1]

    assert re.search(r"```json\n(.*?)```", section, re.DOTALL).group(1) == EXAMPLES[kind]  # type: ignore[union-attr]  # no match fails the test


@pytest.mark.parametrize("model", CLASSES, ids=lambda model: model.__name__)
def test_the_csharp_classes_have_the_fields_of_the_models(model: type[CamelModel]) -> None:
    """Names and kinds: a property more or less, or a text where a number is read, would be a broken event."""
    body = PAGE.split(f"public sealed record {model.__name__}\n", 1)[1].split("\n}\n", 1)[0]
    properties = re.findall(r"public (?:required )?(\S+) (\w+) \{ get; init; \}", body)

    declared = {name[0].lower() + name[1:]: kind for kind, name in properties}

    assert declared.keys() == {field.alias for field in model.model_fields.values()}
    schema = model.model_json_schema(by_alias=True)["properties"]
    for name, kind in declared.items():
        assert _kind(kind) in _kinds(schema[name]), name


@pytest.mark.parametrize("model", CLASSES, ids=lambda model: model.__name__)
def test_what_the_model_requires_is_required_in_csharp(model: type[CamelModel]) -> None:
    """A forgotten property does not compile."""
    body = PAGE.split(f"public sealed record {model.__name__}\n", 1)[1].split("\n}\n", 1)[0]
    required = {name[0].lower() + name[1:] for name in re.findall(r"public required \S+ (\w+) \{", body)}

    assert {field.alias for field in model.model_fields.values() if field.is_required()} <= required


def test_the_table_of_topics_is_the_list() -> None:
    """Each of VMS's topics with all its types."""
    rows = dict(re.findall(r"^\| `(vms\.[\w.]+)` \| [^|]* \| ([^|]*) \|", PAGE, re.MULTILINE))

    assert {topic: tuple(re.findall(r"`([^`]+)`", types)) for topic, types in rows.items()} == {
        topic.name: TYPES_OF_TOPIC[topic.name] for topic in FROM_VMS
    }


def test_the_page_names_every_type_of_the_sync_itself() -> None:
    """Whoever listens knows what may come."""
    listed = PAGE.split("Types: ", 1)[1].split("\n", 1)[0]

    assert tuple(re.findall(r"`([^`]+)`", listed)) == SYNC_TYPES


def test_the_record_on_the_page_is_read() -> None:
    """The headers shown, with a body shown, are an event."""
    lines = re.search(r"```text\n(.*?)```", PAGE, re.DOTALL).group(1).splitlines()  # type: ignore[union-attr]  # as above
    headers = [(name, value.encode()) for name, value in (line.split(": ", 1) for line in lines)]

    envelope = decode(headers, EXAMPLES["vms.order.status-changed"].encode())

    body = VmsOrderEvent.model_validate_json(envelope.body)
    assert (envelope.type, envelope.subject) == ("vms.order.status-changed", body.order_id)
    assert envelope.time == body.changed_at


def _keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _keys(inner) for key, inner in value.items() if key != "details"}
    return [_keys(inner) for inner in value] if isinstance(value, list) else None


def _kind(csharp: str) -> str:
    plain = csharp.rstrip("?")
    if plain.startswith("IReadOnlyList<"):
        return "array"
    return {"decimal": "number", "bool": "boolean", **CSHARP}[plain]


def _kinds(schema: dict[str, Any]) -> set[str]:
    branches = schema.get("anyOf", [schema])
    return {str(branch.get("type")) for branch in branches}
