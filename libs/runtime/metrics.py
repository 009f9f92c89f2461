"""Every metric of the house, each with its meaning; labels take few values: topics, lanes, fates, partners.

Promises: no label holds an id, a name, an address or anything a person typed. Names are `sync_<noun>_<unit>`.
What is not listed here does not exist: the documentation page and the dashboards are checked against this file.
"""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

# From a mark to a second, and to the hour that an outage lasts.
_LATENCY = (0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 7.5, 10, 15, 30, 60, 120, 300, 900, 3600)
_CALL = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 30)
_BATCH = (1, 2, 5, 10, 20, 50, 100, 200, 500)

# ---- ingress ----------------------------------------------------------------------------------------------------

# Webhooks received, by path (the nine and the generic one) and outcome: accepted, ignored, dead_letter, refused,
# unavailable.
WEBHOOKS = Counter("sync_webhooks_total", "Webhooks received.", ["path", "outcome"])
# From a webhook's first byte to its answer.
WEBHOOK_SECONDS = Histogram("sync_webhook_seconds", "Time to answer a webhook.", ["outcome"], buckets=_CALL)

# ---- Kafka in and out -------------------------------------------------------------------------------------------

# Records published and acknowledged by all in-sync replicas, by topic.
PUBLISHED = Counter("sync_published_records_total", "Records durable in Kafka.", ["topic"])
# Publishes given up, by topic and reason: away, too_large.
PUBLISH_FAILURES = Counter("sync_publish_failures_total", "Records that could not be published.", ["topic", "reason"])
# Records read, by topic; a record read again after a rewind counts again.
RECEIVED = Counter("sync_received_records_total", "Records read from Kafka.", ["topic"])
# Records whose mark is durable, by topic.
MARKED = Counter("sync_marked_records_total", "Records marked.", ["topic"])
# Records in one delivered batch.
BATCH_RECORDS = Histogram("sync_batch_records", "Records in one delivered batch.", buckets=_BATCH)
# From the start of a mark's transaction to its end.
MARK_SECONDS = Histogram("sync_mark_seconds", "Time to mark one batch.", buckets=_CALL)
# Dead letters written by delivery, by origin topic and reason: malformed, unknown_type, permanent, unexpected.
DEAD_LETTERS = Counter("sync_dead_letters_total", "Dead letters written.", ["topic", "reason"])
# Batches read again because something was away, by partner: database, broker.
REWINDS = Counter("sync_rewinds_total", "Batches rewound.", ["partner"])
# 1 while the flood guard holds this topic, by reason.
TOPIC_PAUSED = Gauge("sync_topic_paused", "1 while a topic is paused by the flood guard.", ["topic", "reason"])
# Newest offset minus the offset up to which everything is durable, by topic and partition.
LAG = Gauge("sync_consumer_lag_records", "Records not yet handled.", ["topic", "partition"])

# ---- work -------------------------------------------------------------------------------------------------------

# Items claimed, by side and lane.
CLAIMED = Counter("sync_claimed_items_total", "Work items claimed.", ["side", "lane"])
# Items that left the worker, by side, entity and fate: finished, world, transient, exhausted, permanent, unexpected,
# unknown, busy, asleep, lost, released.
WORKED = Counter("sync_worked_items_total", "Work items by fate.", ["side", "entity", "fate"])
# Errors nobody foresaw, by where they came up: deliver, worker, levels, background.
UNEXPECTED = Counter("sync_unexpected_errors_total", "Errors that are bugs.", ["where"])
# Levels (stock, price) sent or failed, by lane and fate.
LEVELS = Counter("sync_worked_levels_total", "Levels by fate.", ["lane", "fate"])
# From claim to fate.
WORK_SECONDS = Histogram("sync_work_seconds", "Time to work one item.", ["side", "entity"], buckets=_LATENCY)
# From the oldest mark to the finish, throttled and parked time included: the promise of five seconds.
LATENCY = Histogram(
    "sync_latency_seconds", "From the oldest mark of an item to its finish.", ["side", "entity"], buckets=_LATENCY
)
# Items due now, by side and lane.
DUE = Gauge("sync_due_items", "Work items due.", ["side", "lane"])
# Age of the oldest due item, by side and lane; grows while nothing is worked.
OLDEST_DUE = Gauge("sync_oldest_due_seconds", "Age of the oldest due item.", ["side", "lane"])
# Items in hand in this process, by side.
IN_HAND = Gauge("sync_items_in_hand", "Work items being worked.", ["side"])
# Leases that ran out or were fenced while their worker still held them, by side.
LEASES_LOST = Counter("sync_leases_lost_total", "Leases lost.", ["side"])
# Items asleep because their parent is not bound, and the age of the oldest.
ASLEEP = Gauge("sync_asleep_items", "Items asleep.", ["side"])
OLDEST_ASLEEP = Gauge("sync_oldest_asleep_seconds", "Age of the oldest sleeping item.", ["side"])

# ---- partners and quota -----------------------------------------------------------------------------------------

# 1 while KeyCRM, VMS, the database or the broker answers, as last seen by traffic or probe.
PARTNER_UP = Gauge("sync_partner_up", "1 while a partner answers.", ["partner"])
# Calls, by partner, operation (our method's name) and status: the HTTP status, timeout, cut, refused.
CALLS = Counter("sync_calls_total", "Calls to partners.", ["partner", "operation", "status"])
# From a call's start to its answer.
CALL_SECONDS = Histogram("sync_call_seconds", "Time of a call.", ["partner", "operation"], buckets=_CALL)
# Calls that count in KeyCRM's running minute; the limit as it is now; 1 while somebody in the lane waits for a grant.
QUOTA_USED = Gauge("sync_quota_used_calls", "Grants that count now.")
QUOTA_LIMIT = Gauge("sync_quota_limit_calls", "Calls a minute allowed now.")
QUOTA_WAITING = Gauge("sync_quota_waiting_lanes", "1 while a lane waits for a grant.", ["lane"])
# 429 answers, by partner.
THROTTLED = Counter("sync_throttled_calls_total", "Calls answered 429.", ["partner"])

# ---- state ------------------------------------------------------------------------------------------------------

# Rows of the outbox not yet published, and the age of the oldest.
OUTBOX_DEPTH = Gauge("sync_outbox_rows", "Outbox rows not yet published.")
OUTBOX_AGE = Gauge("sync_outbox_oldest_seconds", "Age of the oldest outbox row.")
# Open questions to people, by entity.
CONFLICTS_OPEN = Gauge("sync_conflicts_open", "Open conflicts.", ["entity"])
# Age of the oldest of them, by entity; 0 where none is open.
OLDEST_CONFLICT = Gauge("sync_oldest_conflict_seconds", "Age of the oldest open conflict.", ["entity"])
# 1 while the guard holds a flow because one run would change too much, until a person lets it go on.
FLOW_STOPPED = Gauge("sync_flow_stopped", "1 while a flow is stopped by the guard.", ["flow"])
# Dead letters nobody has replayed or discarded, by service.
DEAD_LETTERS_OPEN = Gauge("sync_dead_letters_open", "Dead letters waiting for a person.", ["service"])
# How far each poll has got: age of its watermark.
WATERMARK_AGE = Gauge("sync_watermark_age_seconds", "Age of a poll's watermark.", ["poll"])

# ---- agreement --------------------------------------------------------------------------------------------------

# Looks at both sides of a record, by subject (order, customer, article) and what they showed: same, suspect, differs.
COMPARED = Counter("sync_compared_records_total", "Records compared.", ["subject", "outcome"])
# Of what was compared (orders, customers, articles, stock figures, prices), the share that differs, at two looks.
DRIFT_RATIO = Gauge("sync_drift_ratio", "Share of compared records that differ.", ["subject"])
# How many differ, by cause: question, dead_letter, stopped, waiting; nothing: none of these explains it.
DRIFT_RECORDS = Gauge("sync_drift_records", "Records that differ.", ["subject", "cause"])
# How long ago the last whole comparison began; 0 where none has come to its end, or comparing is off.
COMPARISON_AGE = Gauge("sync_comparison_age_seconds", "Age of the last whole comparison.", ["subject"])

# ---- people -----------------------------------------------------------------------------------------------------

# Notifications, by channel and outcome: sent, failed (one attempt), folded (into a summary).
NOTIFICATIONS = Counter("sync_notifications_total", "Notifications.", ["channel", "outcome"])

# Clients of the hub that have shaken hands, by transport: websockets, sse, long_polling.
HUB_CONNECTIONS = Gauge("sync_hub_connections", "Clients of the hub.", ["transport"])
# Connections that ended, by transport (none: negotiated only) and reason: left, gone, slow, silent, late, unreadable,
# stopping.
HUB_ENDED = Counter("sync_hub_ended_connections_total", "Connections of the hub that ended.", ["transport", "reason"])
# Requests to the hub that were refused, by reason: token, right, origin, limit (as many connections as there may be),
# size, stopping, away, ours, request.
HUB_REFUSED = Counter("sync_hub_refused_requests_total", "Requests the hub refused.", ["reason"])
# Events said to the hub's clients; the number of the newest.
HUB_EVENTS = Counter("sync_hub_events_total", "Events said to the hub's clients.")
HUB_DELIVERIES = Counter("sync_hub_deliveries_total", "Events queued for clients: each event once for each listener.")
FEED_NUMBER = Gauge("sync_feed_number", "The newest number of the feed that this process has said.")
# When the feed was last read to its end, in seconds since 1970: it is read every second, news or not.
FEED_READ = Gauge("sync_feed_read_seconds", "When the feed was last read to its end.")
# From an event to its being said to the hub's clients.
HUB_DELAY = Histogram("sync_hub_delay_seconds", "From an event to its being said.", buckets=_LATENCY)

# ---- the process ------------------------------------------------------------------------------------------------

# 1 while this process says it is ready.
READY = Gauge("sync_ready", "1 while /health/ready answers 200.")
