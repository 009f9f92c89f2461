"""What the developers' pages say of the hub is what the hub does."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from libs.contracts.events import SYNC_TYPES
from libs.state.retention import RETENTION_DAYS
from notifier.domain.envelopes import versions
from notifier.domain.groups import GROUPS
from notifier.hub.limits import Limits

DOCS = Path(__file__).parents[3] / "docs"
AT = datetime(2026, 3, 1, 10, 0, 0, 250_000, tzinfo=UTC)
EVENT = {
    "entity": "order", "bindingId": 7, "vmsId": "2b0c3a3e-0000-4000-8000-0000000001f4", "keycrmId": 501234,
    "side": "keycrm", "fields": ["status"], "actor": "inbound-apply", "details": {"number": "104201"},
}  # fmt: skip

pages = pytest.mark.parametrize("language", ["en", "uk"])


def page(language: str) -> str:
    """The developers' page."""
    return (DOCS / language / "listening-to-the-hub.md").read_text(encoding="utf-8")


@pages
def test_the_example_of_an_event_is_one(language: str) -> None:
    """Field by field; its sentences are those of one day, since they are made for people and may change."""
    (shown,) = re.findall(r"```json\n(.*?)```", page(language), re.DOTALL)
    told = versions(
        1842, "5f0c2a9e-7c1d-4e0b-9a53-1f2e3d4c5b6a", "sync.updated", AT, EVENT, "https://sync.example.com"
    )[False]
    example = json.loads(shown)
    assert list(example) == list(told)
    assert set(example["text"]) == set(told["text"])
    assert example | {"text": None} == told | {"text": None}  # type: ignore[operator]  # both are plain dicts


@pages
def test_every_type_and_group_is_named(language: str) -> None:
    """A developer who filters by type must know them all."""
    text = page(language)
    assert set(re.findall(r"`(sync\.[a-z.-]+)`", text)) == set(SYNC_TYPES)
    assert all(f"`{group}`" in text for group in GROUPS)


@pages
def test_the_limits_are_those_in_force(language: str) -> None:
    """The numbers that a client can run into."""
    text, limits = page(language), Limits()
    kilobyte, megabyte = ("KiB", "MiB") if language == "en" else ("КіБ", "МіБ")
    for said in (
        f"{limits.groups} ", f"{limits.streams} ", f"{limits.message_bytes // 1024} {kilobyte}",
        f"{limits.queue_bytes // 1024**2} {megabyte}", f"{limits.ping_seconds:.0f} ", f"{limits.client_seconds:.0f}",
        f"{limits.stall_seconds:.0f} ", f"{RETENTION_DAYS} ",
    ):  # fmt: skip
        assert said in text, said
