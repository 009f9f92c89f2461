"""What may stand in no log, metric, header or error: the secrets of the running system, and its people's data."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

from sandbox.system import TOKENS, WEBHOOK_SECRET
from tests.world import World

WRONG_SECRET = "canary-wrong-secret-0001"
WRONG_TOKEN = "canary-wrong-token-0001"
NAME = "Канарка Пташина"
TEXT = "canary-text-7341"
EMAIL = "canary.7341@example.com"
PHONE = "+380507341734"
NO_PHONE = "canary-no-phone"

# Of every person and comment that the end-to-end tests invent.
PERSONAL = (
    NAME, TEXT, EMAIL, PHONE, PHONE[1:], NO_PHONE, "Тестова", "Пробний", "Пробна", "@example.com", "+38067", "Крамниця",
    "Перевірити адресу",
)  # fmt: skip
_PHONE = re.compile(r"\b38067\d{7}\b")
"""An invented number without its plus."""


def secrets_of(world: World) -> tuple[str, ...]:
    """The running system's own secrets, and those that strangers tried."""
    password = urlsplit(world.system.database_url).password or ""
    owner = urlsplit(world.system.database_owner_url).password or ""
    hmac = "example-hmac-secret-0001"
    return (
        WEBHOOK_SECRET, hmac, "sandbox-key", *TOKENS.values(), password, owner, WRONG_SECRET, WRONG_TOKEN,
    )  # fmt: skip


def found_in(world: World, text: str) -> list[str]:
    """The canaries that stand in a text; the secrets by their place in the list only."""
    names = [f"secret {number}" for number, secret in enumerate(secrets_of(world)) if secret and secret in text]
    return names + [canary for canary in PERSONAL if canary in text] + _PHONE.findall(text)


def spilt(world: World) -> dict[str, list[str]]:
    """The canaries in what any process has written, by file."""
    logs = sorted(Path(world.system.folder).rglob("*.log"))
    found = {path.name: found_in(world, path.read_text(errors="replace")) for path in logs}
    return {name: canaries for name, canaries in found.items() if canaries}
