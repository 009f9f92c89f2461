"""What stands around the services on Kubernetes: Kafka, scaling, monitoring, and the page that says how."""

from __future__ import annotations

import re

import pytest
import yaml

from deploy import rules
from deploy.topics import Settings as TopicsSettings
from libs.contracts.topics import ALL, BY_NAME, FROM_KEYCRM, FROM_VMS, SERVICES
from tests.manifests import (
    BASE,
    FOLDER,
    ROOT,
    TEMPLATE,
    container,
    documents,
    folder,
    of_kind,
    plain,
    pod_labels,
    settings_files,
)

COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
KAFKA = folder(FOLDER / "components" / "kafka")
MONITORING = folder(FOLDER / "components" / "monitoring")
SCALED = of_kind(folder(FOLDER / "components" / "scaling"), "ScaledObject")
GUIDE = (ROOT / "docs" / "kubernetes.md").read_text(encoding="utf-8")
CONSUMED = {"inbound-apply": FROM_KEYCRM, "outbound-sync": FROM_VMS}


def test_kafka_keeps_three_copies_and_acknowledges_with_two() -> None:
    """As the job that makes the topics asks: else it could not make them, or a broker that is away would stop all."""
    (pool,) = of_kind(KAFKA, "KafkaNodePool").values()
    (kafka,) = of_kind(KAFKA, "Kafka").values()
    (job,) = [one for one in of_kind(folder(BASE), "Job").values() if one["metadata"]["name"] == "topics"]
    copies = int(plain(job)["KAFKA_REPLICATION_FACTOR"])
    config = kafka["spec"]["kafka"]["config"]

    assert pool["spec"]["replicas"] == copies == config["default.replication.factor"] == 3
    assert {topic.config(copies)["min.insync.replicas"] for topic in ALL} == {str(config["min.insync.replicas"])}
    assert set(pool["spec"]["roles"]) == {"controller", "broker"}
    assert config["auto.create.topics.enable"] == "false"
    assert "topicOperator" not in kafka["spec"]["entityOperator"]


def test_kafka_is_composes_and_is_found_by_its_name() -> None:
    """The same release, the same retention of offsets; Strimzi names the Service after the cluster."""
    (kafka,) = of_kind(KAFKA, "Kafka").values()
    name, compose = kafka["metadata"]["name"], COMPOSE["services"]["kafka"]
    (listener,) = [one for one in kafka["spec"]["kafka"]["listeners"] if one["name"] == "plain"]
    retention = compose["environment"]["KAFKA_OFFSETS_RETENTION_MINUTES"]

    assert settings_files()["kafka"]["KAFKA_BOOTSTRAP_SERVERS"] == f"{name}-kafka-bootstrap:{listener['port']}"
    assert compose["image"] == f"apache/kafka:{kafka['spec']['kafka']['version']}"
    assert str(kafka["spec"]["kafka"]["config"]["offsets.retention.minutes"]) == retention
    for other in of_kind(KAFKA, "KafkaNodePool", "KafkaUser").values():
        assert other["metadata"]["labels"]["strimzi.io/cluster"] == name


def test_only_pods_of_the_project_reach_the_listener_without_a_password() -> None:
    """And KEDA, which asks for the lag; VMS comes by TLS with a password."""
    (kafka,) = of_kind(KAFKA, "Kafka").values()
    listeners = {one["name"]: one for one in kafka["spec"]["kafka"]["listeners"]}
    (pods, _keda) = listeners["plain"]["networkPolicyPeers"]

    for workload in of_kind(folder(BASE), "Deployment", "StatefulSet", "Job").values():
        assert pods["podSelector"]["matchLabels"].items() <= pod_labels(workload).items()
    assert listeners["vms"]["tls"] is True
    assert listeners["vms"]["authentication"]["type"] == "scram-sha-512"


def test_a_user_of_kafka_is_named_as_no_secret_of_ours() -> None:
    """Strimzi writes the password into a Secret of the user's name, and would overwrite one that is there."""
    assert not of_kind(KAFKA, "KafkaUser").keys() & of_kind(documents(TEMPLATE), "Secret").keys()


@pytest.mark.parametrize("service", CONSUMED)
def test_a_scaled_service_is_scaled_by_what_it_consumes(service: str) -> None:
    """Its topics, its group, the broker that it has itself; both appliers and nobody else."""
    spec = SCALED[service]["spec"]
    triggers = [trigger["metadata"] for trigger in spec["triggers"]]
    host, _, port = settings_files()["kafka"]["KAFKA_BOOTSTRAP_SERVERS"].partition(":")

    assert SCALED.keys() == CONSUMED.keys()
    assert spec["scaleTargetRef"] == {"kind": "Deployment", "name": service}
    assert {one["topic"] for one in triggers} == {topic.name for topic in CONSUMED[service]}
    assert {one["consumerGroup"] for one in triggers} == {service} <= set(SERVICES)
    assert {one["bootstrapServers"] for one in triggers} == {f"{host}.keycrm-vms-sync.svc:{port}"}


@pytest.mark.parametrize("service", CONSUMED)
def test_no_more_copies_are_made_than_there_are_partitions(service: str) -> None:
    """A further copy would mark nothing."""
    spec = SCALED[service]["spec"]
    partitions = min(BY_NAME[trigger["metadata"]["topic"]].partitions for trigger in spec["triggers"])

    assert 2 == spec["minReplicaCount"] == spec["fallback"]["replicas"] < spec["maxReplicaCount"] <= partitions
    for trigger in spec["triggers"]:
        assert trigger["metadata"]["excludePersistentLag"] == "true"
        assert trigger["metadata"]["offsetResetPolicy"] == "earliest"


def test_the_cluster_is_watched_by_the_rules_of_compose() -> None:
    """To the letter; promtool's cases hold for both."""
    assert rules.TARGET.read_text(encoding="utf-8") == rules.text(rules.ALERTS.read_text(encoding="utf-8"))

    (object_,) = of_kind(MONITORING, "PrometheusRule").values()
    assert object_["spec"] == yaml.safe_load(rules.ALERTS.read_text(encoding="utf-8"))


def test_every_copy_is_scraped_under_the_job_that_the_rules_name() -> None:
    """The rules say job="notifier"; the operator's own choice would be another name."""
    (monitor,) = of_kind(MONITORING, "PodMonitor").values()
    workloads = of_kind(folder(BASE), "Deployment", "StatefulSet")
    chosen = {
        pod_labels(one)[monitor["spec"]["jobLabel"]]
        for one in [*workloads.values(), *of_kind(folder(BASE), "Job").values()]
        if monitor["spec"]["selector"]["matchLabels"].items() <= pod_labels(one).items()
    }

    assert chosen == set(SERVICES)
    (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
    assert endpoint["path"] == "/metrics"
    for one in workloads.values():
        assert endpoint["port"] in [port["name"] for port in container(one)["ports"]]


def test_the_job_that_makes_topics_waits_for_a_cluster_that_is_made_beside_it() -> None:
    """Longer than by default, and shorter than Kubernetes gives it."""
    job = of_kind(folder(BASE), "Job")["topics"]

    assert TopicsSettings.model_fields["kafka_wait_seconds"].default < int(plain(job)["KAFKA_WAIT_SECONDS"])
    assert int(plain(job)["KAFKA_WAIT_SECONDS"]) < job["spec"]["activeDeadlineSeconds"]


def test_the_guide_applies_first_what_is_labelled_so() -> None:
    """The label that the page selects by is the one on the jobs, and it waits for both of them."""
    jobs = of_kind(folder(BASE), "Job")

    assert all("keycrm-vms-sync/step" in one["metadata"]["labels"] for one in jobs.values())
    assert re.search(r"kubectl apply -k \S+ -l keycrm-vms-sync/step$", GUIDE, re.MULTILINE)
    (waited,) = re.findall(r"kubectl wait --for=condition=complete .*", GUIDE)[:1]
    assert {f"job/{name}" for name in jobs} <= set(waited.split())
