"""KeyCRM's quota: how much of the minute is used, who spends it, who waits, and how the calls to both sides fare."""

from __future__ import annotations

from deploy.grafana.panels import Board, Panel, Row

_QUOTA = Row(
    "The minute",
    (
        Panel(
            "Used and allowed", "Calls that count in the running minute, and how many are allowed now.",
            "used below allowed. Allowed below KEYCRM_CALLS_PER_MINUTE: KeyCRM's answers lowered it.",
            "quotaexhausted",
            (("max(sync_quota_used_calls)", "used"), ("max(sync_quota_limit_calls)", "allowed")),
        ),
        Panel(
            "Share used", "Used ÷ allowed.",
            "below 80 %. At 100 % for a quarter of an hour, with lanes that wait, slow lanes stand.",
            "quotaexhausted",
            (("max(sync_quota_used_calls) / max(sync_quota_limit_calls)", "used"),),
            unit="percentunit", bad=1,
        ),
        Panel(
            "Lanes that wait", "Whether somebody in a lane waits for leave to call.",
            "short marks in stock, customer, catalogue, reconcile; order and interactive hardly ever.",
            "quotaexhausted",
            (("max by (lane) (sync_quota_waiting_lanes)", "{{lane}}"),),
            kind="state-timeline", words={0: ("free", "green"), 1: ("waits", "orange")},
        ),
    ),
)  # fmt: skip

_SPENT = Row(
    "Who spends it",
    (
        Panel(
            "Calls of KeyCRM by operation", "Calls a minute: what the quota goes to.",
            "polls and the comparison are steady, the rest follows people's work.",
            "quotaexhausted",
            (('60 * sum by (operation) (rate(sync_calls_total{partner="keycrm"}[5m]))', "{{operation}}"),),
        ),
        Panel(
            "Calls of KeyCRM by status", "The HTTP status, or timeout, cut, refused.",
            "200 and 201; some 404 from looks for what may not exist.",
            "keycrmunreachable",
            (('60 * sum by (status) (rate(sync_calls_total{partner="keycrm"}[5m]))', "{{status}}"),),
        ),
        Panel(
            "429 within five minutes", "Calls that KeyCRM answered with too many requests.",
            "0: the sync keeps to its budget. Else somebody else uses the account, or its limit is smaller.",
            "keycrmthrottles",
            (('sum(increase(sync_throttled_calls_total{partner="keycrm"}[5m]))', "429"),),
            bad=1,
        ),
    ),
)  # fmt: skip

_CALLS = Row(
    "How calls fare",
    (
        Panel(
            "Time of a call, p95", "From its start to its answer, by partner.",
            "below a second. Above, the partner is slow and everything behind it too.",
            "synclatencyoverpromise",
            (
                (
                    "histogram_quantile(0.95, sum by (partner, le) (rate(sync_call_seconds_bucket[5m])))",
                    "{{partner}}",
                ),
            ),
            unit="s", bad=1,
        ),
        Panel(
            "Slowest operations, p95", "The five slowest, of both partners.",
            "below two seconds.",
            "synclatencyoverpromise",
            (
                (
                    "topk(5, histogram_quantile(0.95, sum by (partner, operation, le) "
                    "(rate(sync_call_seconds_bucket[5m]))))",
                    "{{partner}} {{operation}}",
                ),
            ),
            unit="s",
        ),
        Panel(
            "Calls of VMS by status", "Calls a minute. VMS has no quota.",
            "200, 201, 204; some 404 from looks.",
            "vmsunreachable",
            (('60 * sum by (status) (rate(sync_calls_total{partner="vms"}[5m]))', "{{status}}"),),
        ),
    ),
)  # fmt: skip

BOARD = Board(
    "keycrm-quota",
    "KeyCRM's quota",
    "About sixty calls a minute for everything: how many are used, by whom, and who waits.",
    (_QUOTA, _SPENT, _CALLS),
)
