"""The prose agrees with the tree: links lead somewhere, named files and commands exist, lists are whole."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from libs.contracts.topics import BY_NAME, DEAD_LETTERS

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path
    for folder in (ROOT, *(ROOT / name for name in ("docs", "services", "sandbox", "deploy")))
    for path in (folder.glob("*.md") if folder == ROOT else folder.rglob("*.md"))
)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
NAMED = re.compile(r"`((?:libs|services|sandbox|deploy|tests|docs)/[\w./-]+)`")
MODULE = re.compile(r"`((?:inbound_apply|outbound_sync|ingress|notifier|console)/[\w./-]+)`")
TARGET = re.compile(r"`make ([a-z]+)`")


def name(page: Path) -> str:
    """How a page is called in a failure."""
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_leads_somewhere(page: Path) -> None:
    """A newcomer clicks them."""
    links = [link for link in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in link]

    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_file_that_is_named_exists(page: Path) -> None:
    """A moved file takes its mentions along."""
    text = page.read_text(encoding="utf-8")
    packages = {"inbound_apply": "inbound-apply", "outbound_sync": "outbound-sync"}
    named = [ROOT / path for path in NAMED.findall(text)]
    for path in MODULE.findall(text):
        package = path.split("/")[0]
        named.append(ROOT / "services" / packages.get(package, package) / path)

    assert [str(path.relative_to(ROOT)) for path in named if not path.exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_make_target_that_is_named_exists(page: Path) -> None:
    """The README's commands are the contract."""
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))

    assert set(TARGET.findall(page.read_text(encoding="utf-8"))) <= targets


def test_the_index_lists_every_decision() -> None:
    """A decision that is not listed is not found."""
    folder = ROOT / "docs" / "adr"
    pages = {path.name for path in folder.glob("[0-9]*.md")}

    assert set(re.findall(r"\((\d{4}-[\w-]+\.md)\)", (folder / "README.md").read_text(encoding="utf-8"))) == pages


def test_every_service_page_names_the_topics_it_has() -> None:
    """What a page calls a topic is one, and each service names its dead letters."""
    for topic in DEAD_LETTERS:
        service = topic.owner
        text = (ROOT / "services" / service / "README.md").read_text(encoding="utf-8")
        named = set(re.findall(r"`((?:keycrm|vms|sync)\.[a-z]+\.v\d|[a-z-]+\.dead-letter\.v\d)`", text))

        assert named <= set(BY_NAME), service
        assert topic.name in named, service
