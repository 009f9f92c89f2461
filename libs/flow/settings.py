"""What both appliers are told from outside: every group, the merge's waits and a worker's conduct made of them."""

from __future__ import annotations

from datetime import timedelta

from libs.reconcile.values import Times
from libs.runtime import run
from libs.runtime.fates import Limits
from libs.runtime.settings import DatabaseSettings, KafkaSettings, KeyCrmSettings, SyncSettings, VmsSettings
from libs.runtime.worker import Conduct


class FlowSettings(SyncSettings, KeyCrmSettings, VmsSettings, DatabaseSettings, KafkaSettings, run.Settings):
    """All groups of an applier."""

    def times(self) -> Times:
        """The merge's waits; a request can land so long after its time limit as the grace says."""
        longest = max(self.keycrm_timeout_seconds, self.vms_timeout_seconds)
        return Times(
            settle=timedelta(seconds=self.sync_settle_seconds),
            request_life=timedelta(seconds=longest + self.sync_request_grace_seconds),
            search_lag=timedelta(seconds=self.sync_search_lag_seconds),
            event_wait=timedelta(seconds=self.sync_payment_wait_seconds),
            level_settle=timedelta(seconds=self.sync_stock_settle_seconds),
        )

    def conduct(self) -> Conduct:
        """How the workers go about it."""
        limits = Limits(
            attempts=self.sync_retry_attempts,
            retry_seconds=self.sync_retry_seconds,
            retry_max_seconds=self.sync_retry_max_seconds,
            look_seconds=self.sync_look_seconds,
        )
        return Conduct(limits=limits, concurrency=self.sync_concurrency, lease_seconds=self.sync_lease_seconds)

    def round_seconds(self) -> float | None:
        """Seconds between rounds of work where real time is off."""
        return None if self.sync_realtime_enabled else self.sync_interval_minutes * 60.0
