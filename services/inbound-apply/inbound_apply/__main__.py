"""Run inbound-apply: `python -m inbound_apply`."""

from __future__ import annotations

from inbound_apply import app
from inbound_apply.settings import Settings
from libs.runtime import run
from libs.runtime.settings_load import load

if __name__ == "__main__":
    settings = load(Settings)
    run.run("inbound-apply", settings, lambda life: app.compose(life, settings))
