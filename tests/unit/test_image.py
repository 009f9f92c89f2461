"""What the images are made of: locked, the same versions everywhere, nobody's root, and no secret in the context."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
IGNORED = [
    line for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line[:1] not in ("", "#")
]
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-sandbox.lock")
IMAGES_WITH_A_WRITABLE_ROOT = {"kafka"}  # its start script writes the configuration into /opt/kafka


def _pins(lock: str) -> dict[str, str]:
    text = (ROOT / lock).read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9.-]+)(?:\[[^]]*\])?==(\S+)", text, re.MULTILINE))


def _names(requirements: list[str | dict[str, str]]) -> set[str]:
    found: set[str] = set()
    for requirement in requirements:
        if isinstance(requirement, dict):
            found |= _names(PROJECT["dependency-groups"][requirement["include-group"]])
        else:
            found.add(re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0].lower().replace("_", "-"))
    return found


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_hashes_and_no_address(lock: str) -> None:
    """pip refuses what is not the very file that was locked, wherever it comes from."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    packages = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]

    assert len(packages) == len(_pins(lock))
    assert all("--hash=sha256:" in package for package in packages)
    assert "://" not in text


@pytest.mark.parametrize(
    ("lock", "group"),
    [("requirements.lock", None), ("requirements-dev.lock", "dev"), ("requirements-sandbox.lock", "sandbox")],
)
def test_the_locks_hold_every_name_of_the_project_file(lock: str, group: str | None) -> None:
    """A dependency that was added without `make lock` is missing somewhere else."""
    needed = _names(PROJECT["project"]["dependencies"])
    if group:
        needed |= _names(PROJECT["dependency-groups"][group])

    assert needed <= _pins(lock).keys()


@pytest.mark.parametrize("lock", LOCKS[1:])
def test_all_locks_pin_the_same_versions(lock: str) -> None:
    """What is tested is what is shipped."""
    shipped, other = _pins("requirements.lock"), _pins(lock)

    assert {name: other.get(name) for name in shipped} == shipped


def test_the_services_image_installs_nothing_of_the_sandbox() -> None:
    """The stage that becomes the services' image copies the environment without the sandbox's lock."""
    app = DOCKERFILE.split(" AS app\n", 1)[1].split("\nFROM ", 1)[0]

    assert "--from=build " in app
    assert "sandbox" not in app
    assert not _names(PROJECT["dependency-groups"]["sandbox"]) - {"pyyaml"} & _pins("requirements.lock").keys()


def test_the_image_runs_as_nobody_in_particular() -> None:
    """A number, so that an orchestrator can see that it is not root."""
    users = re.findall(r"^USER (\S+)$", DOCKERFILE, re.MULTILINE)

    assert users == ["65532:65532"]


def test_the_build_context_is_a_list_of_what_is_needed() -> None:
    """Everything is left out first, so neither .env nor ./secrets nor a cache can slip in."""
    assert IGNORED[0] == "*"
    assert all(line.startswith(("!", "**/")) for line in IGNORED[1:])
    assert all((ROOT / line[1:]).exists() for line in IGNORED if line.startswith("!"))


@pytest.mark.parametrize("service", COMPOSE["services"])
def test_compose_locks_every_container_down(service: str) -> None:
    """No capability, no way to gain one, a memory limit, a way back after a crash, and nothing to write to."""
    settings = COMPOSE["services"][service]

    assert settings["cap_drop"] == ["ALL"]
    assert settings["security_opt"] == ["no-new-privileges:true"]
    assert settings["mem_limit"]
    assert settings["restart"] in ("unless-stopped", "on-failure:3")
    assert settings.get("read_only", False) is (service not in IMAGES_WITH_A_WRITABLE_ROOT)
    assert "healthcheck" in settings or settings["restart"] == "on-failure:3"


@pytest.mark.parametrize("service", COMPOSE["services"])
def test_compose_opens_ports_on_this_machine_only(service: str) -> None:
    """Whoever wants more says so with BIND_ADDRESS."""
    for port in COMPOSE["services"][service].get("ports", ()):
        assert port.startswith("${BIND_ADDRESS:-127.0.0.1}:")
