"""`python -m console`: the operator API."""

from __future__ import annotations

from console import app
from console.settings import Settings
from libs.runtime.run import run
from libs.runtime.settings_load import load

if __name__ == "__main__":
    settings = load(Settings)
    run(app.SERVICE, settings, lambda life: app.compose(life, settings))
