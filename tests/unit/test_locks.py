"""The locks: everything pyproject.toml names is pinned with hashes, and no address says where it comes from."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCKS = sorted(path.name for path in ROOT.glob("*.lock"))
PINNED = re.compile(r"^([\w.-]+)(?:\[[\w,-]+\])?==([\w.+!-]+)", re.MULTILINE)


def pins(lock: str) -> dict[str, str]:
    """Names and versions of a lock."""
    return dict(PINNED.findall((ROOT / lock).read_text()))


def names(requirements: list[str | dict[str, str]]) -> set[str]:
    """The bare names of requirements, as a lock writes them; a group that is included has a lock of its own."""
    words = [re.split(r"[\[<>=;~! ]", one)[0] for one in requirements if isinstance(one, str)]
    return {word.lower().replace("_", "-") for word in words}


def test_each_lock_has_every_name_of_the_project() -> None:
    """A requirement that was added without `make lock` is found here, not on someone's machine."""
    assert names(PROJECT["project"]["dependencies"]) <= set(pins("requirements.lock"))
    for group, requirements in PROJECT["dependency-groups"].items():
        assert names(requirements) <= set(pins(f"requirements-{group}.lock"))


@pytest.mark.parametrize("lock", LOCKS)
def test_tests_run_on_the_versions_that_are_shipped(lock: str) -> None:
    """The tests' lock pins what each image's lock pins, to the same version."""
    shipped, developed = pins(lock), pins("requirements-dev.lock")

    assert shipped
    assert shipped == {name: developed.get(name) for name in shipped}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_has_hashes_and_no_address(lock: str) -> None:
    """Every pin is followed by a SHA-256; no registry is named."""
    text = (ROOT / lock).read_text()

    blocks = re.split(r"\n(?=\S)", text[text.index("==") :])
    assert "://" not in text
    assert all("--hash=sha256:" in block for block in blocks if "==" in block.split("\n")[0])
