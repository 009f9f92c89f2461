"""The house holds: floors, rooms and edges are executable, each is broken here on purpose, and no list is forgotten."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from libs.contracts.topics import SERVICES

ROOT = Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
SERVICE_FOLDERS = sorted(path for path in (ROOT / "services").iterdir() if path.is_dir())
ROOMS = {"__init__.py", "__main__.py", "app.py", "handlers.py", "domain.py", "settings.py"}
MOST_LINES = 300
MOST_LINES_OF_A_FUNCTION = 40


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    """import-linter over a tree, with this project's contracts."""
    paths = [root, *(root / folder.relative_to(ROOT) for folder in SERVICE_FOLDERS)]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths)), "NO_COLOR": "1", "COLUMNS": "300"}
    program = "import sys; from importlinter.cli import lint_imports_command as run; sys.exit(run())"
    command = [sys.executable, "-c", program, "--no-cache"]
    return subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the house to break."""
    root: Path = tmp_path_factory.mktemp("house")
    for name in ("libs", "services", "sandbox", "pyproject.toml"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, root / name)
    return root


def test_the_house_as_it_is_breaks_no_contract(copied: Path) -> None:
    """The copy stands for the tree itself."""
    done = lint(copied)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        ("libs/contracts/topics.py", "import libs.runtime.errors", "Floors"),
        ("libs/state/bindings.py", "import libs.flow.flow", "Floors"),
        ("services/ingress/ingress/app.py", "import inbound_apply.app", "Floors"),
        ("services/inbound-apply/inbound_apply/settings.py", "import inbound_apply.handlers.orders", "Rooms"),
        ("libs/reconcile/decide.py", "import time", "Pure"),
        ("services/outbound-sync/outbound_sync/domain.py", "import asyncio", "Pure"),
        ("libs/flow/round.py", "import httpx", "Edges"),
        ("services/outbound-sync/outbound_sync/handlers/orders.py", "import asyncpg", "Edges"),
        ("sandbox/system.py", "import libs.contracts.topics", "Sandbox"),
    ],
)
def test_a_wall_that_is_broken_is_reported(copied: Path, file: str, line: str, contract: str) -> None:
    """Each contract fails when it should: one forbidden import is one broken contract."""
    path = copied / file
    before = path.read_text(encoding="utf-8")
    path.write_text(before + f"\n\n{line}\n", encoding="utf-8")

    done = lint(copied)

    path.write_text(before, encoding="utf-8")
    broken = [row for row in done.stdout.splitlines() if " BROKEN" in row]
    assert done.returncode == 1, done.stdout + done.stderr
    assert any(row.startswith(contract) for row in broken), done.stdout


def test_every_service_is_in_every_list() -> None:
    """A sixth service would be invisible to the contracts until it is named in them."""
    packages = sorted(folder.name.replace("-", "_") for folder in SERVICE_FOLDERS)
    linter = PROJECT["tool"]["importlinter"]

    assert sorted(SERVICES) == [folder.name for folder in SERVICE_FOLDERS]
    assert set(packages) <= set(linter["root_packages"])
    assert sorted(linter["contracts"][1]["containers"]) == packages
    assert sorted(Path(p).name for p in PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) == sorted(
        ["libs", *packages]
    )


@pytest.mark.parametrize("folder", SERVICE_FOLDERS, ids=lambda folder: folder.name)
def test_every_service_has_the_same_rooms(folder: Path) -> None:
    """Navigation is muscle memory: a file or a folder of that name, and a door plate."""
    package = folder / folder.name.replace("-", "_")
    there = {path.name if path.is_file() else f"{path.name}.py" for path in package.iterdir()}

    assert there >= ROOMS
    assert (folder / "README.md").is_file()


def python_files() -> list[Path]:
    """All code of the project."""
    folders = ("libs", "services", "sandbox", "deploy", "tests")
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def test_no_module_is_a_room_with_two_purposes() -> None:
    """The ceiling is three hundred lines."""
    long = {str(p.relative_to(ROOT)): n for p in python_files() if (n := len(p.read_text().splitlines())) > MOST_LINES}

    assert long == {}


def test_no_function_is_longer_than_a_page() -> None:
    """What is longer does two things; the ceiling is forty lines, in tests too."""
    long = {
        f"{path.relative_to(ROOT)}::{node.name}": lines
        for path in python_files()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and (lines := node.end_lineno - node.lineno + 1) > MOST_LINES_OF_A_FUNCTION
    }

    assert long == {}


def test_every_module_opens_with_what_it_promises() -> None:
    """A docstring first; empty package markers aside."""
    bare = [
        str(path.relative_to(ROOT))
        for path in python_files()
        if (text := path.read_text(encoding="utf-8")).strip() and ast.get_docstring(ast.parse(text)) is None
    ]

    assert bare == []


def test_every_test_says_what_must_be_true() -> None:
    """A test without a docstring is a claim that nobody can check."""
    silent = [
        f"{path.relative_to(ROOT)}::{node.name}"
        for path in python_files()
        if path.name.startswith("test_")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and ast.get_docstring(node) is None
    ]

    assert silent == []


def test_no_name_is_a_drawer_for_anything() -> None:
    """Such names hide what a room is for."""
    banned = {"utils", "util", "helpers", "helper", "common", "manager", "misc", "base"}
    found = [str(p.relative_to(ROOT)) for p in python_files() if p.stem in banned or p.parent.name in banned]

    assert found == []
