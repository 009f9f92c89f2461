"""`python -m notifier`: news for people."""

from __future__ import annotations

from libs.runtime.run import run
from libs.runtime.settings_load import load
from notifier import app
from notifier.settings import Settings

if __name__ == "__main__":
    settings = load(Settings)
    run(app.SERVICE, settings, lambda life: app.compose(life, settings))
