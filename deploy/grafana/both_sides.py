"""Both sides: whether the promises that people feel hold: in time, the same on both sides, nothing waits unseen."""

from __future__ import annotations

from deploy.grafana.panels import UP, YES_IS_BAD, Board, Panel, Row

_NOW = Row(
    "Now",
    (
        Panel(
            "Partners", "Whether KeyCRM, VMS, the database and the broker answer, as whoever uses them saw last.",
            "all up. While one is away work waits and nothing is lost.",
            "keycrmunreachable",
            (("min by (partner) (sync_partner_up)", "{{partner}}"),),
            kind="stat", words=UP,
        ),
        Panel(
            "Flows stopped", "Flows that the guard holds because one run would have changed too much.",
            "no, for every flow. A stopped one waits for a person.",
            "flowstopped",
            (("max by (flow) (sync_flow_stopped)", "{{flow}}"),),
            kind="stat", words=YES_IS_BAD, width=10,
        ),
        Panel(
            "Unexplained differences", "Records, stock figures and prices that differ with nothing behind it.",
            "0. More for ten minutes breaks the promise that both sides are the same.",
            "driftunexplained",
            (('sum(max by (subject) (sync_drift_records{cause="nothing"}))', "differ"),),
            kind="stat", bad=1, width=6,
        ),
    ),
)  # fmt: skip

_IN_TIME = Row(
    "In time",
    (
        Panel(
            "Delay towards VMS, p95",
            "From the oldest mark of an item to its finish, throttled and parked time included.",
            "below a second; below 5 s is the promise.",
            "synclatencyoverpromise",
            (
                (
                    "histogram_quantile(0.95, sum by (entity, le) "
                    '(rate(sync_latency_seconds_bucket{side="vms"}[5m])))',
                    "{{entity}}",
                ),
            ),
            unit="s", bad=5,
        ),
        Panel(
            "Delay towards KeyCRM, p95", "The same towards KeyCRM, where the quota counts.",
            "below a second while the quota lasts; below 5 s is the promise.",
            "synclatencyoverpromise",
            (
                (
                    "histogram_quantile(0.95, sum by (entity, le) "
                    '(rate(sync_latency_seconds_bucket{side="keycrm"}[5m])))',
                    "{{entity}}",
                ),
            ),
            unit="s", bad=5,
        ),
        Panel(
            "Items by fate", "What became of the items that were worked, a minute.",
            "finished nearly all; exhausted, permanent and unexpected stay at 0, world while a partner is away.",
            "syncfailing",
            (("60 * sum by (fate) (rate(sync_worked_items_total[5m]))", "{{fate}}"),),
        ),
    ),
)  # fmt: skip

_THE_SAME = Row(
    "The same on both sides",
    (
        Panel(
            "Share that differs", "Of what was compared, the share that differed at two looks, by subject.",
            "0 when quiet, below 1 % always.",
            "driftoverpromise",
            (("max by (subject) (sync_drift_ratio)", "{{subject}}"),),
            unit="percentunit", bad=0.01,
        ),
        Panel(
            "What differs, and why", "Records that differ, by cause; nothing means that none of the causes is there.",
            "some waiting for a moment, questions until people decide, nothing at 0.",
            "driftoverpromise",
            (("sum by (cause) (max by (subject, cause) (sync_drift_records))", "{{cause}}"),),
        ),
        Panel(
            "Age of the last whole comparison",
            "How long ago it began; 0 where none has ended yet, or comparing is off.",
            "hours: twice what one pass takes. A day is too long.",
            "comparisonold",
            (("max by (subject) (sync_comparison_age_seconds)", "{{subject}}"),),
            unit="s", bad=86400,
        ),
        Panel(
            "Compared, a minute", "Looks at both sides of a record, by what they showed.",
            "about fifty a minute, same nearly all; suspect is a change on its way, differs is a second look.",
            "comparisonold",
            (("60 * sum by (outcome) (rate(sync_compared_records_total[5m]))", "{{outcome}}"),),
        ),
        Panel(
            "Open questions", "Conflicts that a person must decide, by entity.",
            "few. The field waits, everything else goes on.",
            "conflictsold",
            (("max by (entity) (sync_conflicts_open)", "{{entity}}"),),
        ),
        Panel(
            "Oldest question", "How long the oldest open conflict has waited.",
            "hours. After a day somebody is told.",
            "conflictsold",
            (("max by (entity) (sync_oldest_conflict_seconds)", "{{entity}}"),),
            unit="s", bad=86400,
        ),
    ),
)  # fmt: skip

_WAITING = Row(
    "What waits",
    (
        Panel(
            "Due items", "Work that is due now, by lane and the side it goes to.",
            "near 0; a mass change fills a slow lane for minutes.",
            "workoverdueinslowlanes",
            (("max by (side, lane) (sync_due_items)", "{{lane}} → {{side}}"),),
        ),
        Panel(
            "Oldest due item, interactive and order", "How long the oldest has been due.",
            "seconds. A minute calls somebody.",
            "workoverdue",
            (
                (
                    'max by (side, lane) (sync_oldest_due_seconds{lane=~"interactive|order"})',
                    "{{lane}} → {{side}}",
                ),
            ),
            unit="s", bad=60,
        ),
        Panel(
            "Oldest due item, slow lanes", "The same for stock, customers, catalogue and reconciliation.",
            "seconds, minutes during a mass change; a quarter of an hour is too long.",
            "workoverdueinslowlanes",
            (
                (
                    'max by (side, lane) (sync_oldest_due_seconds{lane!~"interactive|order"})',
                    "{{lane}} → {{side}}",
                ),
            ),
            unit="s", bad=900,
        ),
        Panel(
            "Asleep", "Items that wait for their parent, mostly orders whose customer is not bound yet.",
            "0, or a few for seconds.",
            "workasleepforlong",
            (("max by (side) (sync_asleep_items)", "→ {{side}}"),),
        ),
        Panel(
            "Oldest sleeper", "How long the oldest item has slept.",
            "seconds. An hour is too long.",
            "workasleepforlong",
            (("max by (side) (sync_oldest_asleep_seconds)", "→ {{side}}"),),
            unit="s", bad=3600,
        ),
        Panel(
            "Dead letters for a person", "Neither replayed nor discarded, by the service that wrote them.",
            "0.",
            "deadlettersopen",
            (("max by (service) (sync_dead_letters_open)", "{{service}}"),),
            bad=1,
        ),
        Panel(
            "Levels by fate", "Stock figures and prices that were sent, a minute, by lane.",
            "finished nearly all; thousands go in one call.",
            "syncfailing",
            (("60 * sum by (lane, fate) (rate(sync_worked_levels_total[5m]))", "{{lane}} {{fate}}"),),
        ),
        Panel(
            "Polls", "Age of each poll's watermark: how long a change that nobody told of can stay unseen.",
            "below a minute; ten minutes are too long.",
            "pollbehind",
            (("max by (poll) (sync_watermark_age_seconds)", "{{poll}}"),),
            unit="s", bad=600,
        ),
    ),
)  # fmt: skip

BOARD = Board(
    "both-sides",
    "Both sides",
    "Whether KeyCRM and VMS show the same, in time, and what waits for whom.",
    (_NOW, _IN_TIME, _THE_SAME, _WAITING),
)
