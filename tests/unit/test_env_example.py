""".env.example, compose.yaml and the settings classes: the same variables, the same defaults, nothing spare."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest
import yaml

from deploy.topics import Settings as TopicsSettings
from libs.runtime.settings import Group, OwnerSettings

ROOT = Path(__file__).parents[2]
COMPOSE_TEXT = (ROOT / "compose.yaml").read_text(encoding="utf-8")
SECRETS_TEXT = (ROOT / "deploy" / "compose.secrets.yaml").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load(COMPOSE_TEXT)
LINES = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
ENTRIES = [match.groups() for line in LINES if (match := re.fullmatch(r"(#?)([A-Z][A-Z0-9_]*)=(.*)", line))]
EXAMPLE = {name: value for mark, name, value in ENTRIES if not mark}
DEFAULTS = {name: value for mark, name, value in ENTRIES if mark}

# Read by compose itself, by no process and nowhere interpolated.
COMPOSE_ONLY = {"COMPOSE_PROFILES"}
# Read by deploy/migrations/env.py, which is no settings class because Alembic runs it.
MIGRATIONS_ONLY = {"SYNC_SERVICE_PASSWORD"}
# In a settings class, and rightly not in a service's container.
NOT_IN_CONTAINERS = {
    "HTTP_HOST",  # a container must be reached from outside itself
    "KAFKA_REPLICATION_FACTOR",  # only the job that makes topics asks for copies
}
# Shown with a comment for use outside compose; it has no default to compare with.
ADDRESSES = {"KAFKA_BOOTSTRAP_SERVERS", "DATABASE_URL", "DATABASE_OWNER_URL"}


def _service_settings() -> dict[str, type[Group]]:
    found = {}
    for path in sorted((ROOT / "services").glob("*/*/settings.py")):
        settings: type[Group] = importlib.import_module(f"{path.parent.name}.settings").Settings
        found[path.parts[-3]] = settings
    return found


SERVICES = _service_settings()
CLASSES: list[type[Group]] = [*SERVICES.values(), TopicsSettings, OwnerSettings]


def _variables(settings: type[Group]) -> set[str]:
    return {name.upper() for name in settings.model_fields}


def _environment(service: str) -> dict[str, str]:
    """What compose would give this service with .env.example as .env."""
    given = COMPOSE["services"][service]["environment"]
    found = {name: EXAMPLE.get(name) if value is None else _interpolated(value) for name, value in given.items()}
    return {name: value for name, value in found.items() if value is not None}


def _interpolated(text: str) -> str:
    def value(match: re.Match[str]) -> str:
        default = match[3] if (match[2] or "").endswith("-") else None
        return EXAMPLE.get(match[1]) or default or EXAMPLE[match[1]]

    return re.sub(r"\$\{(\w+)(:?[?-])?([^}]*)\}", value, text)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment without any variable of ours."""
    for name in {variable for settings in CLASSES for variable in _variables(settings)}:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"{name}_FILE", raising=False)
    return monkeypatch


def test_every_service_has_its_settings() -> None:
    """What is not found here would be compared with nothing."""
    assert SERVICES.keys() == {path.name for path in (ROOT / "services").iterdir() if path.is_dir()}


def test_the_example_names_every_variable_and_no_other() -> None:
    """Both ways: a variable that is not told of cannot be set, one that nobody reads misleads."""
    named = [name for _, name, _ in ENTRIES]
    read = set().union(*(_variables(settings) for settings in CLASSES)) | MIGRATIONS_ONLY
    compose = set(re.findall(r"\$\{(\w+)", COMPOSE_TEXT + SECRETS_TEXT)) | COMPOSE_ONLY

    assert len(named) == len(set(named))
    assert set(named) == read | compose


def test_every_variable_is_explained() -> None:
    """A comment stands above each, or above the group it belongs to; [compose] where no process reads it."""
    for number, line in enumerate(LINES):
        if re.match(r"#?[A-Z][A-Z0-9_]*=", line):
            assert LINES[number - 1].strip(), line


@pytest.mark.parametrize("settings", CLASSES, ids=lambda settings: f"{settings.__module__}.{settings.__name__}")
def test_the_defaults_shown_are_the_defaults(settings: type[Group], environment: pytest.MonkeyPatch) -> None:
    """A commented line can be uncommented without a change."""
    needed = EXAMPLE | {name: DEFAULTS[name] for name in ADDRESSES} | {"HTTP_PORT": "8080"}
    shown = {name: value for name, value in DEFAULTS.items() if value and name not in ADDRESSES}
    for name, value in (needed | shown).items():
        environment.setenv(name, value)

    loaded = settings(_env_file=None)

    for name, field in settings.model_fields.items():
        if name.upper() in shown:
            assert getattr(loaded, name) == field.default, name.upper()


@pytest.mark.parametrize("settings", CLASSES, ids=lambda settings: f"{settings.__module__}.{settings.__name__}")
def test_what_has_no_default_is_set_in_the_example(settings: type[Group]) -> None:
    """Whoever copies the example need not search for what is missing."""
    needed = {name.upper() for name, field in settings.model_fields.items() if field.is_required()}

    assert needed - ADDRESSES <= EXAMPLE.keys() | {"HTTP_PORT"}


@pytest.mark.parametrize("service", SERVICES)
def test_with_the_example_copied_every_service_of_compose_starts(service: str, environment: pytest.MonkeyPatch) -> None:
    """The values pass the settings class of the service that gets them."""
    for name, value in _environment(service).items():
        environment.setenv(name, value)

    SERVICES[service](_env_file=None)


@pytest.mark.parametrize("service", SERVICES)
def test_compose_gives_a_service_what_its_settings_name_and_nothing_more(service: str) -> None:
    """A secret that a service does not need is a secret that it can lose."""
    given = COMPOSE["services"][service]["environment"].keys()

    assert given == _variables(SERVICES[service]) - NOT_IN_CONTAINERS


def test_compose_gives_the_jobs_what_they_read() -> None:
    """The job that makes topics, and the migrations, which alone know the owner."""
    topics = COMPOSE["services"]["topics"]["environment"].keys()
    migrate = COMPOSE["services"]["migrate"]["environment"].keys()

    assert topics == _variables(TopicsSettings)
    assert migrate == _variables(OwnerSettings) | MIGRATIONS_ONLY


def test_secrets_of_the_example_are_marked_as_examples() -> None:
    """Nobody takes one for a real one, and no scanner need ask."""
    secret = {
        name.upper()
        for settings in CLASSES
        for name, field in settings.model_fields.items()
        if "SecretStr" in str(field.annotation)
    }
    passwords = secret | MIGRATIONS_ONLY | {"POSTGRES_PASSWORD"}

    for name in passwords & EXAMPLE.keys():
        assert re.search("example|sandbox", EXAMPLE[name]), name
