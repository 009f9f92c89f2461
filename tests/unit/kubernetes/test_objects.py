"""The manifests: each object is one that Kubernetes takes, each reference leads somewhere, no secret has a value."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from tests.manifests import (
    BASE,
    COMPONENTS,
    EXAMPLE,
    FOLDER,
    NAMESPACE,
    OWN_GROUPS,
    ROOT,
    TEMPLATE,
    WORKLOADS,
    Document,
    container,
    documents,
    folder,
    needs_kubectl,
    of_kind,
    pod,
    rendered,
    secret_keys,
)

VERSION = "1.37"
KUSTOMIZATIONS = [BASE, EXAMPLE, *COMPONENTS]
FILES = sorted(path for path in FOLDER.rglob("*.yaml") if path.name != "kustomization.yaml")
FOUND = {
    f"{path.relative_to(FOLDER)}: {one['kind']} {one['metadata']['name']}": one
    for path in FILES
    for one in documents(path)
}
PLAIN = {name: one for name, one in FOUND.items() if one["apiVersion"] in OWN_GROUPS}


@pytest.mark.parametrize("found", PLAIN.values(), ids=PLAIN)
def test_an_object_is_what_kubernetes_takes(found: Document) -> None:
    """By the API's own schema, strictly: a field that is spelled wrong would be dropped without a word."""
    kubernetes_validate.validate(found, VERSION, strict=True)


def test_an_object_with_a_wrong_field_is_reported() -> None:
    """The check above can fail."""
    (wrong,) = of_kind(documents(BASE / "ingress.yaml"), "Deployment").values()
    container(wrong)["readinesProbe"] = container(wrong).pop("readinessProbe")

    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, VERSION, strict=True)


@pytest.mark.parametrize("found", FOUND.values(), ids=FOUND)
def test_an_operators_object_says_which_it_is(found: Document) -> None:
    """Their schemas are not at hand here, so at least group, version, kind and name are as the operators have them."""
    known = {
        "kafka.strimzi.io/v1": {"Kafka", "KafkaNodePool", "KafkaUser"},
        "postgresql.cnpg.io/v1": {"Cluster"},
        "keda.sh/v1alpha1": {"ScaledObject"},
        "monitoring.coreos.com/v1": {"PodMonitor", "PrometheusRule"},
        "gateway.networking.k8s.io/v1": {"HTTPRoute"},
    }

    assert found["apiVersion"] in OWN_GROUPS or found["kind"] in known[found["apiVersion"]]
    assert re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", found["metadata"]["name"])


@pytest.mark.parametrize("path", KUSTOMIZATIONS, ids=lambda path: path.name)
def test_a_kustomization_lists_what_lies_beside_it(path: Path) -> None:
    """A file that is not listed is applied by nobody."""
    listed = yaml.safe_load((path / "kustomization.yaml").read_text(encoding="utf-8")).get("resources", [])
    beside = {one.name for one in path.glob("*.yaml")} - {"kustomization.yaml"}

    assert {name for name in listed if not (path / name).is_dir()} == beside


def test_no_secret_has_a_value() -> None:
    """Names and keys only, in a file that no kustomization includes."""
    secrets = [(path, one) for path in FILES for one in documents(path) if one["kind"] == "Secret"]
    texts = "".join(path.read_text(encoding="utf-8") for path in FOLDER.rglob("*") if path.is_file())

    assert {path for path, _ in secrets} == {TEMPLATE}
    assert all(set(one["stringData"].values()) == {""} and "data" not in one for _, one in secrets)
    assert "secretGenerator" not in texts
    assert all(one["metadata"]["namespace"] == NAMESPACE for _, one in secrets)


def test_the_template_names_every_secret_and_no_other() -> None:
    """Whoever fills it has everything that a service, a job or the database asks for."""
    template = {name: set(one["stringData"]) for name, one in of_kind(documents(TEMPLATE), "Secret").items()}
    asked: dict[str, set[str]] = {}
    for workload in of_kind(folder(BASE), *WORKLOADS).values():
        for name, key, _ in secret_keys(workload).values():
            asked.setdefault(name, set()).add(key)
    (cluster,) = of_kind(folder(FOLDER / "components" / "postgres"), "Cluster").values()
    asked[cluster["spec"]["bootstrap"]["initdb"]["secret"]["name"]] = {"username", "password"}

    assert template == asked


def test_an_ingress_leads_to_services_that_are_there() -> None:
    """By name and by the name of the port; figures and health lead to nobody."""
    services = of_kind(folder(BASE), "Service")
    backends = [
        (path["path"], path["backend"]["service"])
        for ingress in of_kind(folder(BASE), "Ingress").values()
        for rule in ingress["spec"]["rules"]
        for path in rule["http"]["paths"]
    ]

    for _, backend in backends:
        assert backend["port"]["name"] in [port["name"] for port in services[backend["name"]]["spec"]["ports"]]
    assert {path: backend["name"] for path, backend in backends} == {
        "/api/keycrm/webhook": "ingress",
        "/hubs/keycrm": "notifier",
        "/api/keycrm/events": "notifier",
        "/metrics": "closed",
        "/health": "closed",
        "/": "console",
    }
    assert "selector" not in services["closed"]["spec"]


@pytest.mark.parametrize(
    ("copy", "sample"), [("pairs.toml", "pairs.sample.toml"), ("notify.toml", "notify.sample.toml")]
)
def test_the_example_has_the_samples(copy: str, sample: str) -> None:
    """kustomize reads no file outside of its folder, so they are copied; a copy that stays behind misleads."""
    assert (EXAMPLE / copy).read_bytes() == (ROOT / "deploy" / sample).read_bytes()


def _together(tmp_path: Path, *components: str) -> list[Document]:
    """The example with further components, put together from a folder of its own."""
    text = f"resources: [{_relative(tmp_path, EXAMPLE)}]\ncomponents:\n"
    text += "".join(f"  - {_relative(tmp_path, FOLDER / 'components' / name)}\n" for name in components)
    (tmp_path / "kustomization.yaml").write_text(text, encoding="utf-8")
    return rendered(tmp_path)


def _relative(start: Path, path: Path) -> str:
    return "/".join([".."] * (len(start.resolve().parts) - 1)) + str(path)


@needs_kubectl
def test_the_example_is_put_together() -> None:
    """Every reference to a ConfigMap leads to one; all lies in one namespace; what is Kubernetes' own is valid."""
    found = rendered(EXAMPLE)
    maps = of_kind(found, "ConfigMap")

    for workload in of_kind(found, *WORKLOADS).values():
        named = [one["configMapRef"]["name"] for one in container(workload).get("envFrom", ())]
        named += [one["configMap"]["name"] for one in pod(workload)["volumes"] if "configMap" in one]
        assert set(named) <= maps.keys()
        assert container(workload)["image"] == "registry.example.com/keycrm-vms-sync:0.1.0"
    for one in found:
        assert one["kind"] == "Namespace" or one["metadata"]["namespace"] == NAMESPACE
        if one["apiVersion"] in OWN_GROUPS:
            kubernetes_validate.validate(one, VERSION, strict=True)


@needs_kubectl
def test_what_must_be_first_is_found_by_its_label() -> None:
    """The first apply sends the namespace, the servers, the settings and the jobs, and no service."""
    found = rendered(EXAMPLE)
    first = [one for one in found if "keycrm-vms-sync/step" in one["metadata"].get("labels", {})]
    needed = {
        one["configMapRef"]["name"]
        for job in of_kind(found, "Job").values()
        for one in container(job).get("envFrom", ())
    }

    assert {one["kind"] for one in first} == {
        "Namespace", "ConfigMap", "Job", "Kafka", "KafkaNodePool", "KafkaUser", "Cluster",
    }  # fmt: skip
    assert needed <= of_kind(first, "ConfigMap").keys()


@needs_kubectl
def test_scaling_takes_the_copies_out_of_the_manifests() -> None:
    """Else each apply would set them back."""
    deployments = of_kind(rendered(EXAMPLE), "Deployment")
    fixed = {name for name, one in deployments.items() if "replicas" in one["spec"]}

    assert fixed == {"ingress", "console"}


@needs_kubectl
def test_copies_of_the_hub_are_reached_by_their_names(tmp_path: Path) -> None:
    """As many as there are routes and Services; the id of a client begins with the name of its pod."""
    found = _together(tmp_path, "hub-copies")
    (notifier,) = of_kind(found, "StatefulSet").values()
    (route,) = of_kind(found, "HTTPRoute").values()
    services = of_kind(found, "Service")
    *by_name, rest = route["spec"]["rules"]
    paths = [path for rule in of_kind(found, "Ingress")["people"]["spec"]["rules"] for path in rule["http"]["paths"]]

    assert notifier["spec"]["replicas"] == len(by_name)
    for number, rule in enumerate(by_name):
        name = f"notifier-{number}"
        query: dict[str, Any] = rule["matches"][0]["queryParams"][0]
        assert rule["backendRefs"][0]["name"] == name
        assert services[name]["spec"]["selector"]["statefulset.kubernetes.io/pod-name"] == name
        assert query["name"] == "id"
        assert re.fullmatch(query["value"], f"{name}.abc")
        assert not re.fullmatch(query["value"], f"{name}1.abc")
    assert rest["backendRefs"][0]["name"] == "notifier"
    assert "/hubs/keycrm" not in [path["path"] for path in paths]
