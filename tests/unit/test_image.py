"""The images and compose: nobody's root, nothing to write to, and no secret in what is sent to the engine."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
IGNORED = [
    line for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line[:1] not in ("", "#")
]
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
IMAGES_WITH_A_WRITABLE_ROOT = {"kafka"}  # its start script writes the configuration into /opt/kafka


def test_the_services_image_installs_nothing_of_the_sandbox() -> None:
    """The stage that becomes the services' image copies the environment without the sandbox's lock."""
    app = DOCKERFILE.split(" AS app\n", 1)[1].split("\nFROM ", 1)[0]

    assert "--from=build " in app
    assert "sandbox" not in app


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
