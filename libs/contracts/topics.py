"""Every topic and consumer group: the one list.

`deploy/topics.py` makes what stands here; no service makes a topic. Sizes: an event is at most 1 MiB; a dead letter
holds its record and its reason, so dead-letter topics take 2 MiB. Retention: 7 days where personal data travels,
14 for dead letters, one for what a process tells of itself; `vms.article.v1` is compacted, so that a replay rebuilds
every level.
"""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024
DAY_MS = 24 * 3600 * 1000
SERVICES = ("ingress", "inbound-apply", "outbound-sync", "notifier", "console")
DEAD_LETTER_SUFFIX = ".dead-letter.v1"


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic's settings; `key` says in words what its records are keyed by, `owner` who produces."""

    name: str
    key: str
    owner: str
    partitions: int = 6
    retention_ms: int = 7 * DAY_MS
    max_message_bytes: int = MIB
    is_compacted: bool = False

    def config(self, replication: int) -> dict[str, str]:
        """Broker settings; acknowledged by all in-sync replicas means two of three, one of one."""
        return {
            "cleanup.policy": "compact" if self.is_compacted else "delete",
            "retention.ms": str(self.retention_ms),
            "max.message.bytes": str(self.max_message_bytes),
            "min.insync.replicas": str(max(1, replication - 1)),
            "compression.type": "producer",
        }


KEYCRM_ORDER = Topic("keycrm.order.v1", "KeyCRM order id", "ingress")
KEYCRM_BUYER = Topic("keycrm.buyer.v1", "KeyCRM buyer id", "ingress")
KEYCRM_CATALOGUE = Topic("keycrm.catalogue.v1", "KeyCRM product or offer id", "ingress")
VMS_ORDER = Topic("vms.order.v1", "VMS order id (GUID, lower case)", "VMS")
VMS_CUSTOMER = Topic("vms.customer.v1", "VMS customer id", "VMS")
VMS_ARTICLE = Topic("vms.article.v1", "VMS article id", "VMS", is_compacted=True)
SYNC_EVENT = Topic("sync.event.v1", "entity and binding id", "inbound-apply, outbound-sync, console")

SYNC_PROCESS = Topic("sync.process.v1", "process id", "ingress", partitions=1, retention_ms=DAY_MS)


def dead_letter_topic(service: str) -> Topic:
    """The dead-letter topic of one service, for example `inbound-apply.dead-letter.v1`."""
    return Topic(
        f"{service}{DEAD_LETTER_SUFFIX}", "as received", service,
        partitions=3,
        retention_ms=14 * DAY_MS, max_message_bytes=2 * MIB,
    )  # fmt: skip


FROM_KEYCRM = (KEYCRM_ORDER, KEYCRM_BUYER, KEYCRM_CATALOGUE)
FROM_VMS = (VMS_ORDER, VMS_CUSTOMER, VMS_ARTICLE)
DEAD_LETTERS = tuple(dead_letter_topic(service) for service in SERVICES)
ALL = (*FROM_KEYCRM, *FROM_VMS, SYNC_EVENT, SYNC_PROCESS, *DEAD_LETTERS)
BY_NAME = {topic.name: topic for topic in ALL}
