"""People: who listens to the hub, how late events are, who is refused, and whether channels take the news."""

from __future__ import annotations

from deploy.grafana.panels import Board, Panel, Row

_HUB = Row(
    "The hub",
    (
        Panel(
            "Connections", "Clients that have shaken hands, by transport, all copies together.",
            "as many as programs and open pages; HUB_CONNECTIONS a copy is the most.",
            "hubfull",
            (("sum by (transport) (sync_hub_connections)", "{{transport}}"),),
        ),
        Panel(
            "Delay, p95", "From an event to its being said to the hub's clients.",
            "about a second. Half a minute is late.",
            "hublate",
            (("histogram_quantile(0.95, sum by (le) (rate(sync_hub_delay_seconds_bucket[5m])))", "p95"),),
            unit="s", bad=30,
        ),
        Panel(
            "Feed last read", "How long ago each copy read the feed to its end; it reads every second, news or not.",
            "up to 12 s, since figures are collected every 10 s. A minute: clients hear nothing.",
            "hubfeedstopped",
            (('time() - sync_feed_read_seconds{job="notifier"}', "{{instance}}"),),
            unit="s", bad=60,
        ),
        Panel(
            "Events and deliveries, a minute", "Events that were said, and each once for each listener.",
            "deliveries are events times listeners. Some ten thousand a second fill a core.",
            "hublate",
            (
                ("60 * sum(rate(sync_hub_events_total[5m]))", "events"),
                ("60 * sum(rate(sync_hub_deliveries_total[5m]))", "deliveries"),
            ),
        ),
        Panel(
            "Copies apart", "Events by which the copy that is furthest behind trails the first.",
            "0, or a few for a second.",
            "hubfeedstopped",
            (('max(sync_feed_number{job="notifier"}) - min(sync_feed_number{job="notifier"})', "events"),),
        ),
        Panel(
            "Connections that ended, a minute", "By reason; slow, silent and late were let go.",
            "left and gone. slow: clients that do not take what they are sent.",
            "hubclientstooslow",
            (
                (
                    "60 * sum by (transport, reason) (rate(sync_hub_ended_connections_total[5m]))",
                    "{{reason}} {{transport}}",
                ),
            ),
        ),
        Panel(
            "Refused, a minute", "Requests that were refused, by reason.",
            "near 0. token and origin: a forgotten program, or somebody who tries; limit: the hub is full.",
            "hubclientsrefused",
            (("60 * sum by (reason) (rate(sync_hub_refused_requests_total[5m]))", "{{reason}}"),),
        ),
    ),
)  # fmt: skip

_NEWS = Row(
    "News",
    (
        Panel(
            "Notifications within an hour", "By channel and outcome; folded went out in a summary.",
            "sent, with some folded after an outage. Failed counts attempts.",
            "notificationsfailing",
            (
                (
                    "sum by (channel, outcome) (increase(sync_notifications_total[1h]))",
                    "{{channel}} {{outcome}}",
                ),
            ),
            width=12,
        ),
        Panel(
            "Channels that take nothing", "Attempts that failed within an hour where none was taken.",
            "none.",
            "channelsilent",
            (
                (
                    'sum by (channel) (increase(sync_notifications_total{outcome="failed"}[1h])) > 0 unless '
                    'sum by (channel) (increase(sync_notifications_total{outcome="sent"}[1h])) > 0',
                    "{{channel}}",
                ),
            ),
            bad=1, width=12,
        ),
    ),
)  # fmt: skip

BOARD = Board(
    "people",
    "People",
    "Who listens to the hub and who is told: connections, delays, refusals, notifications.",
    (_HUB, _NEWS),
)
