"""Run outbound-sync: `python -m outbound_sync`."""

from __future__ import annotations

from libs.runtime import run
from libs.runtime.settings_load import load
from outbound_sync import app
from outbound_sync.settings import Settings

if __name__ == "__main__":
    settings = load(Settings)
    run.run("outbound-sync", settings, lambda life: app.compose(life, settings))
