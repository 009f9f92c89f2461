"""deploy/kubernetes as its tests read it: documents, workloads, and the environment that a container would get."""

from __future__ import annotations

import importlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from libs.runtime.settings import Group

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "deploy" / "kubernetes"
BASE = FOLDER / "base"
EXAMPLE = FOLDER / "overlays" / "example"
COMPONENTS = sorted(path for path in (FOLDER / "components").iterdir() if path.is_dir())
TEMPLATE = FOLDER / "secrets.template.yaml"
NAMESPACE = "keycrm-vms-sync"
WORKLOADS = ("Deployment", "StatefulSet", "Job")
# Groups that Kubernetes itself has; everything else is an operator's.
OWN_GROUPS = {"v1", "apps/v1", "batch/v1", "policy/v1", "networking.k8s.io/v1"}

Document = dict[str, Any]

KUBECTL = shutil.which("kubectl")
needs_kubectl = pytest.mark.skipif(KUBECTL is None, reason="kubectl is not installed: manifests are not put together")


def documents(path: Path) -> list[Document]:
    """The objects of one file."""
    return [found for found in yaml.safe_load_all(path.read_text(encoding="utf-8")) if found]


def folder(path: Path) -> list[Document]:
    """The objects of one kustomization, without what its generators make."""
    listed = yaml.safe_load((path / "kustomization.yaml").read_text(encoding="utf-8")).get("resources", ())
    return [found for name in listed if (path / name).is_file() for found in documents(path / name)]


def rendered(path: Path) -> list[Document]:
    """What `kubectl apply -k` would send."""
    assert KUBECTL is not None
    built = subprocess.run([KUBECTL, "kustomize", str(path)], capture_output=True, text=True, timeout=60)
    assert built.returncode == 0, built.stderr
    return [found for found in yaml.safe_load_all(built.stdout) if found]


def of_kind(found: list[Document], *kinds: str) -> dict[str, Document]:
    """Those of these kinds, by name."""
    return {one["metadata"]["name"]: one for one in found if one["kind"] in kinds}


def pod(workload: Document) -> Document:
    """A workload's pod."""
    spec: Document = workload["spec"]["template"]["spec"]
    return spec


def container(workload: Document) -> Document:
    """A workload's only container."""
    (only,) = pod(workload)["containers"]
    found: Document = only
    return found


def pod_labels(workload: Document) -> dict[str, str]:
    """The labels of a workload's pods, with the one that the kustomization adds to all."""
    labels: dict[str, str] = workload["spec"]["template"]["metadata"]["labels"]
    return labels | {"app.kubernetes.io/part-of": NAMESPACE}


def settings_files() -> dict[str, dict[str, str]]:
    """Each ConfigMap of settings as the example overlay has it: the base's file, then the overlay's literals."""
    found: dict[str, dict[str, str]] = {}
    for path in (BASE, EXAMPLE):
        for one in yaml.safe_load((path / "kustomization.yaml").read_text(encoding="utf-8"))["configMapGenerator"]:
            into = found.setdefault(one["name"], {})
            for name in one.get("envs", ()):
                into |= dict(_assignments((path / name).read_text(encoding="utf-8").splitlines()))
            into |= dict(_assignments(one.get("literals", ())))
    return found


def _assignments(lines: Any) -> Iterator[tuple[str, str]]:
    for line in lines:
        if line and not line.startswith("#"):
            name, _, value = line.partition("=")
            yield name, value


def secret_keys(workload: Document) -> dict[str, tuple[str, str, bool]]:
    """Each variable that a Secret gives: the Secret, its key, whether it may be missing."""
    found = {}
    for entry in container(workload).get("env", ()):
        if reference := entry.get("valueFrom", {}).get("secretKeyRef"):
            found[entry["name"]] = reference["name"], reference["key"], reference.get("optional", False)
    return found


def plain(workload: Document) -> dict[str, str]:
    """The variables that have a value without a Secret, as the example overlay gives them."""
    found: dict[str, str] = {}
    for source in container(workload).get("envFrom", ()):
        found |= settings_files()[source["configMapRef"]["name"]]
    for entry in container(workload).get("env", ()):
        if "value" in entry:
            found[entry["name"]] = entry["value"]
        elif "fieldRef" in entry.get("valueFrom", {}):
            assert entry["valueFrom"]["fieldRef"]["fieldPath"] == "metadata.name"
            found[entry["name"]] = f"{workload['metadata']['name']}-0"
    return found


def service_settings() -> dict[str, type[Group]]:
    """Each service's settings class."""
    return {
        path.parts[-3]: importlib.import_module(f"{path.parent.name}.settings").Settings
        for path in sorted((ROOT / "services").glob("*/*/settings.py"))
    }
