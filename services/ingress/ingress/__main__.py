"""`python -m ingress`: webhooks in."""

from __future__ import annotations

from ingress.app import start
from ingress.settings import Settings
from libs.runtime.settings_load import load

if __name__ == "__main__":
    start(load(Settings))
