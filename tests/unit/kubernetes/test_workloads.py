"""The services and jobs on Kubernetes: what their settings name, the image's user, compose's commands and ports."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from deploy.topics import Settings as TopicsSettings
from libs.runtime.settings import Group, OwnerSettings
from tests.manifests import (
    BASE,
    ROOT,
    Document,
    container,
    folder,
    of_kind,
    plain,
    pod,
    pod_labels,
    secret_keys,
    service_settings,
    settings_files,
)

COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
MEASURED = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
OBJECTS = folder(BASE)
SETTINGS = service_settings()
SERVICES = of_kind(OBJECTS, "Deployment", "StatefulSet")
JOBS = of_kind(OBJECTS, "Job")
ALL = SERVICES | JOBS
JOB_VARIABLES = {
    "topics": {name.upper() for name in TopicsSettings.model_fields},
    "migrate": {name.upper() for name in OwnerSettings.model_fields} | {"SYNC_SERVICE_PASSWORD"},
}
EXAMPLE = dict(
    re.findall(r"^#?([A-Z][A-Z0-9_]*)=(.+)$", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE)
)
# Files of settings whose values mean nothing to the class that reads their paths.
SECRET_OF_THE_EXAMPLE = {"WEBHOOK_HMAC_SECRETS": "example-signature-secret", "CONSOLE_OIDC_CLIENT_SECRET": "example"}


def _variables(settings: type[Group]) -> set[str]:
    return {name.upper() for name in settings.model_fields}


def _megabytes(text: str) -> float:
    ((amount, unit),) = re.findall(r"^(\d+)(Mi|Gi)$", text)
    return int(amount) * {"Mi": 1.048576, "Gi": 1073.741824}[unit]


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment without any variable of ours."""
    for name in set().union(*map(_variables, SETTINGS.values())):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"{name}_FILE", raising=False)
    return monkeypatch


def test_every_service_and_every_job_of_compose_is_there() -> None:
    """By the same names, with the same commands."""
    assert SERVICES.keys() == SETTINGS.keys()
    assert JOBS.keys() == {"migrate", "topics"}
    for name, workload in ALL.items():
        assert container(workload)["name"] == name
        assert container(workload)["args"] == COMPOSE["services"][name]["command"]
        assert "command" not in container(workload)
        assert container(workload)["image"] == COMPOSE["services"][name]["image"]


@pytest.mark.parametrize("name", ALL)
def test_a_container_gets_what_its_settings_name_and_nothing_more(name: str) -> None:
    """A variable that nobody reads misleads, and a secret that is not needed can be lost."""
    read = _variables(SETTINGS[name]) if name in SETTINGS else JOB_VARIABLES[name]
    named = [entry["name"] for entry in container(ALL[name]).get("env", ())]
    shared = {"KAFKA_PUBLISH_SECONDS", "DELIVERY_FLOOD_LIMIT", "DELIVERY_FLOOD_PAUSE_SECONDS"}

    assert len(named) == len(set(named))
    assert plain(ALL[name]).keys() | secret_keys(ALL[name]).keys() <= read | shared


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_gets_all_that_has_no_default(name: str) -> None:
    """With the example overlay and the template filled, nothing that is needed is missing; a needed secret must be."""
    needed = {field.upper() for field, info in SETTINGS[name].model_fields.items() if info.is_required()}
    sure = {variable for variable, (_, _, optional) in secret_keys(SERVICES[name]).items() if not optional}

    assert needed <= plain(SERVICES[name]).keys() | sure


@pytest.mark.parametrize("name", SERVICES)
def test_every_secret_of_a_service_can_be_given(name: str) -> None:
    """What compose passes on from .env and is secret comes from a Secret here, under the variable's own name."""
    secret = {
        field.upper()
        for field, info in SETTINGS[name].model_fields.items()
        if re.search("Secret|Token", str(info.annotation))
    }

    assert secret_keys(SERVICES[name]).keys() == secret
    assert all(variable == key for variable, (_, key, _) in secret_keys(SERVICES[name]).items())


@pytest.mark.parametrize("name", SERVICES)
def test_with_the_example_a_service_starts(name: str, environment: pytest.MonkeyPatch) -> None:
    """The values pass the settings class of the service that gets them, the secrets being those of .env.example."""
    secrets = {
        variable: SECRET_OF_THE_EXAMPLE.get(variable) or EXAMPLE.get(variable)
        for variable in secret_keys(SERVICES[name])
    }
    for variable, value in (plain(SERVICES[name]) | {k: v for k, v in secrets.items() if v}).items():
        environment.setenv(variable, value)

    loaded = SETTINGS[name](_env_file=None)

    assert getattr(loaded, "kafka_bootstrap_servers", None) == settings_files()["kafka"]["KAFKA_BOOTSTRAP_SERVERS"]


@pytest.mark.parametrize("name", SERVICES)
def test_ports_and_probes_are_the_services_own(name: str) -> None:
    """The port of its settings everywhere; alive and ready are asked where they are answered."""
    port = SETTINGS[name].model_fields["http_port"].default
    only = container(SERVICES[name])
    service = of_kind(OBJECTS, "Service")[name]

    assert only["ports"] == [{"name": "http", "containerPort": port}]
    assert plain(SERVICES[name])["HTTP_PORT"] == str(port) == COMPOSE["services"][name]["environment"]["HTTP_PORT"]
    assert service["spec"]["ports"] == [{"name": "http", "port": port, "targetPort": "http"}]
    assert only["readinessProbe"]["httpGet"] == {"path": "/health/ready", "port": "http"}
    assert (
        only["livenessProbe"]["httpGet"] == only["startupProbe"]["httpGet"] == {"path": "/health/live", "port": "http"}
    )


@pytest.mark.parametrize("name", ALL)
def test_a_pod_is_locked_down_as_the_image_is_made(name: str) -> None:
    """Nobody's root, nothing to write to but /tmp, no way to gain anything, nothing of the cluster's API."""
    (user, group), *_ = re.findall(r"^USER (\d+):(\d+)$", DOCKERFILE, re.MULTILINE)
    spec, only = pod(ALL[name]), container(ALL[name])
    whole: dict[str, Any] = spec["securityContext"]

    assert (whole["runAsUser"], whole["runAsGroup"]) == (int(user), int(group))
    assert whole["runAsNonRoot"] is True
    assert whole["seccompProfile"] == {"type": "RuntimeDefault"}
    assert only["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert spec["automountServiceAccountToken"] is False
    assert spec["enableServiceLinks"] is False
    assert {"name": "tmp", "mountPath": "/tmp"} in only["volumeMounts"]
    assert {mount["name"] for mount in only["volumeMounts"]} == {volume["name"] for volume in spec["volumes"]}
    assert all(mount["mountPath"] == "/tmp" or mount["readOnly"] for mount in only["volumeMounts"])


@pytest.mark.parametrize("name", SERVICES)
def test_files_of_settings_lie_where_their_variables_say(name: str) -> None:
    """The ConfigMap's key is the file's name."""
    mounted = {mount["name"]: mount["mountPath"] for mount in container(SERVICES[name])["volumeMounts"]}
    keys = {"pairs": "pairs.toml", "rules": "notify.toml"}
    files = {f"{path}/{keys[volume]}" for volume, path in mounted.items() if volume in keys}

    assert {value for variable, value in plain(SERVICES[name]).items() if variable.endswith("_FILE")} == files


@pytest.mark.parametrize("name", SERVICES)
def test_memory_is_asked_for_as_it_was_measured(name: str) -> None:
    """More than a service had after a hundred thousand events, and a limit of twice as much at least."""
    (measured,) = re.findall(rf"^\| {name}, after the events \| ([\d.]+) MB", MEASURED, re.MULTILINE)
    resources = container(SERVICES[name])["resources"]

    assert _megabytes(resources["requests"]["memory"]) > float(measured)
    assert _megabytes(resources["limits"]["memory"]) > 2 * float(measured)
    assert "cpu" not in resources["limits"]


@pytest.mark.parametrize("name", SERVICES)
def test_copies_are_spread_and_leave_one_by_one(name: str) -> None:
    """A drained node or zone takes one copy at most, and a roll-out none before its follower is ready."""
    workload, labels = SERVICES[name], pod_labels(SERVICES[name])
    budget = of_kind(OBJECTS, "PodDisruptionBudget")[name]["spec"]
    spread = pod(workload)["topologySpreadConstraints"]

    assert budget["maxUnavailable"] == 1
    for selector in (workload["spec"]["selector"], budget["selector"], *(one["labelSelector"] for one in spread)):
        assert selector["matchLabels"].items() <= labels.items()
    assert {one["topologyKey"] for one in spread} == {"kubernetes.io/hostname", "topology.kubernetes.io/zone"}
    if workload["kind"] == "Deployment":
        assert workload["spec"]["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
        assert workload["spec"]["replicas"] == 2


def test_a_copy_of_the_hub_has_a_name_that_the_hub_takes(environment: pytest.MonkeyPatch) -> None:
    """A pod of a StatefulSet keeps its name, and any of the first thousand is short enough."""
    assert SERVICES["notifier"]["kind"] == "StatefulSet"
    hub_copy = SETTINGS["notifier"].model_fields["hub_copy"]
    pattern = next(one.pattern for one in hub_copy.metadata if hasattr(one, "pattern"))

    assert re.fullmatch(pattern, "notifier-999")
    assert plain(SERVICES["notifier"])["HUB_COPY"] == "notifier-0"


def _allows(policy: Document, labels: dict[str, str]) -> bool:
    selector = policy["spec"]["podSelector"]
    return selector.get("matchLabels", {}).items() <= labels.items() and all(
        labels.get(one["key"]) in one["values"] for one in selector.get("matchExpressions", ())
    )


@pytest.mark.parametrize("name", ALL)
def test_a_pod_reaches_what_it_needs_and_nothing_more(name: str) -> None:
    """Policies add up: the one that denies all counts for every pod, the rest opens what the settings name."""
    policies = [one for one in of_kind(OBJECTS, "NetworkPolicy").values() if _allows(one, pod_labels(ALL[name]))]
    opened = [rule for policy in policies for rule in policy["spec"].get("egress", ())]
    ports = {port["port"] for rule in opened for port in rule.get("ports", ())}
    given = plain(ALL[name]).keys() | secret_keys(ALL[name]).keys()

    assert "nothing-else" in [policy["metadata"]["name"] for policy in policies]
    assert {53, 9092} <= ports
    assert (5432 in ports) is bool({"DATABASE_URL", "DATABASE_OWNER_URL"} & given)
    assert ({} in opened) is bool({"KEYCRM_API_KEY", "NOTIFY_RULES_FILE"} & given)
    assert (443 in ports) is ("CONSOLE_OIDC_CLIENT_SECRET" in given)


@pytest.mark.parametrize("name", ALL)
def test_a_pod_is_reached_by_whom_it_serves(name: str) -> None:
    """The three that serve somebody by the ways in, all services by Prometheus, the jobs by nobody."""
    policies = [one for one in of_kind(OBJECTS, "NetworkPolicy").values() if _allows(one, pod_labels(ALL[name]))]
    doors = {policy["metadata"]["name"] for policy in policies if policy["spec"].get("ingress")}
    served = {"front"} if name in ("ingress", "notifier", "console") else set()

    assert doors == (served | {"monitoring"} if name in SERVICES else set())
