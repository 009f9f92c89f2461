"""Kafka and services: webhooks in, records through, work done, events out; whether each process can do its part."""

from __future__ import annotations

from deploy.grafana.panels import YES_IS_BAD, Board, Panel, Row

_PROCESSES = Row(
    "Processes",
    (
        Panel(
            "Ready", "Whether each copy says that it can work; /health/ready names what it misses.",
            "yes. No for a moment at a start.",
            "servicenotready",
            (("sync_ready", "{{job}} {{instance}}"),),
            kind="state-timeline", width=12, words={0: ("not ready", "red"), 1: ("ready", "green")},
        ),
        Panel(
            "Errors nobody foresaw", "Bugs met within five minutes, by where they came up.",
            "0.",
            "unexpectederrors",
            (("sum by (job, where) (increase(sync_unexpected_errors_total[5m]))", "{{job}} {{where}}"),),
            bad=1, width=12,
        ),
    ),
)  # fmt: skip

_WEBHOOKS = Row(
    "Webhooks",
    (
        Panel(
            "Webhooks by outcome", "A minute. accepted is durable in Kafka, ignored is nothing for us.",
            "accepted and ignored; refused is a wrong secret, unavailable is Kafka.",
            "webhooksnotaccepted",
            (("60 * sum by (outcome) (rate(sync_webhooks_total[5m]))", "{{outcome}}"),),
        ),
        Panel(
            "Webhooks by path", "A minute: which of KeyCRM's triggers speak.",
            "as people work. A path that falls silent in working hours: its trigger in KeyCRM is gone.",
            "webhooksrefused",
            (("60 * sum by (path) (rate(sync_webhooks_total[5m]))", "{{path}}"),),
        ),
        Panel(
            "Time to answer a webhook", "From its first byte to the answer.",
            "a few milliseconds. KeyCRM gives up after some ten seconds.",
            "webhooksnotaccepted",
            (
                ("histogram_quantile(0.5, sum by (le) (rate(sync_webhook_seconds_bucket[5m])))", "p50"),
                ("histogram_quantile(0.99, sum by (le) (rate(sync_webhook_seconds_bucket[5m])))", "p99"),
            ),
            unit="s", bad=8,
        ),
    ),
)  # fmt: skip

_KAFKA = Row(
    "Kafka",
    (
        Panel(
            "Lag", "Records that are not handled yet, by topic.",
            "near 0. A hundred and growing for five minutes calls somebody.",
            "consumerlaggrowing",
            (("sum by (job, topic) (sync_consumer_lag_records)", "{{job}} {{topic}}"),),
            bad=100,
        ),
        Panel(
            "Read and marked, a second", "Records read from Kafka, and records whose mark is durable.",
            "the two together. Read far above marked: batches are read again and again.",
            "consumerlaggrowing",
            (
                ("sum by (job) (rate(sync_received_records_total[5m]))", "{{job}} read"),
                ("sum by (job) (rate(sync_marked_records_total[5m]))", "{{job}} marked"),
            ),
        ),
        Panel(
            "Records in a batch, p95", "How many records are marked in one transaction.",
            "a few; hundreds while a service catches up.",
            "consumerlaggrowing",
            (("histogram_quantile(0.95, sum by (job, le) (rate(sync_batch_records_bucket[5m])))", "{{job}}"),),
        ),
        Panel(
            "Time to mark a batch, p95", "One transaction of PostgreSQL.",
            "below 0.1 s. Slower: the database.",
            "consumerlaggrowing",
            (("histogram_quantile(0.95, sum by (job, le) (rate(sync_mark_seconds_bucket[5m])))", "{{job}}"),),
            unit="s", bad=1,
        ),
        Panel(
            "Rewinds within five minutes", "Batches read again because something was away.",
            "0. Nothing is lost by one, and no attempt is counted.",
            "consumerlaggrowing",
            (("sum by (job, partner) (increase(sync_rewinds_total[5m]))", "{{job}}: {{partner}} away"),),
            bad=1,
        ),
        Panel(
            "Topics paused", "Topics that the flood guard holds: too many dead letters in a row.",
            "none.",
            "topicpaused",
            (("max by (job, topic, reason) (sync_topic_paused)", "{{job}} {{topic}} {{reason}}"),),
            kind="state-timeline", words=YES_IS_BAD,
        ),
        Panel(
            "Dead letters written within ten minutes", "Records put aside by delivery, by topic and reason.",
            "0. Twenty call somebody.",
            "deadlettersarriving",
            (("sum by (topic, reason) (increase(sync_dead_letters_total[10m]))", "{{topic}} {{reason}}"),),
            bad=20,
        ),
        Panel(
            "Published, a minute", "Records durable on all in-sync replicas, and those given up.",
            "given up stays at 0.",
            "webhooksnotaccepted",
            (
                ("60 * sum by (topic) (rate(sync_published_records_total[5m]))", "{{topic}}"),
                (
                    "60 * sum by (topic, reason) (rate(sync_publish_failures_total[5m]))",
                    "{{topic}} given up: {{reason}}",
                ),
            ),
        ),
    ),
)  # fmt: skip

_WORK = Row(
    "Work and outbox",
    (
        Panel(
            "Claimed, a minute", "Items that workers took, by lane.",
            "as people work.",
            "workoverdue",
            (("60 * sum by (side, lane) (rate(sync_claimed_items_total[5m]))", "{{lane}} → {{side}}"),),
        ),
        Panel(
            "In hand", "Items being worked, all copies together.",
            "up to SYNC_CONCURRENCY a copy. 0 with due work: the worker stands.",
            "workoverdue",
            (("sum by (side) (sync_items_in_hand)", "→ {{side}}"),),
        ),
        Panel(
            "Time to work an item, p95", "From claim to fate: mostly calls, and waiting for leave to call.",
            "below two seconds.",
            "synclatencyoverpromise",
            (
                (
                    "histogram_quantile(0.95, sum by (side, entity, le) (rate(sync_work_seconds_bucket[5m])))",
                    "{{entity}} → {{side}}",
                ),
            ),
            unit="s", bad=5,
        ),
        Panel(
            "Leases lost within an hour", "Leases that ran out while their worker still held them.",
            "0. The item comes again and nothing is written twice; often, SYNC_LEASE_SECONDS is too short.",
            "synclatencyoverpromise",
            (("sum by (side) (increase(sync_leases_lost_total[1h]))", "→ {{side}}"),),
            bad=1,
        ),
        Panel(
            "Outbox", "Events of the sync that are not in Kafka yet.",
            "near 0.",
            "outboxnotrelayed",
            (("max(sync_outbox_rows)", "rows"),),
        ),
        Panel(
            "Oldest event in the outbox", "How long the oldest has waited.",
            "below a second. A minute calls somebody.",
            "outboxnotrelayed",
            (("max(sync_outbox_oldest_seconds)", "oldest"),),
            unit="s", bad=60,
        ),
    ),
)  # fmt: skip

BOARD = Board(
    "kafka-and-services",
    "Kafka and services",
    "From the webhook to the outbox: whether each process, topic and batch moves.",
    (_PROCESSES, _WEBHOOKS, _KAFKA, _WORK),
)
