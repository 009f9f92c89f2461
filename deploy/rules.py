"""Write the alert rules for the Prometheus Operator, or check that they are current.

    python -m deploy.rules           writes deploy/kubernetes/components/monitoring/rules.yaml
    python -m deploy.rules --check   exits 1 if the file differs

Promises: the rules are those of deploy/prometheus/alerts.yml to the letter, comments included, inside a PrometheusRule:
a cluster is watched by what compose is watched by, and promtool's cases hold for both.
"""

from __future__ import annotations

import sys
from pathlib import Path

FOLDER = Path(__file__).parent
ALERTS = FOLDER / "prometheus" / "alerts.yml"
TARGET = FOLDER / "kubernetes" / "components" / "monitoring" / "rules.yaml"
HEAD = """# Written from deploy/prometheus/alerts.yml by `python -m deploy.rules`: change it there.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: keycrm-vms-sync
spec:
"""


def text(alerts: str) -> str:
    """The object that holds these rules."""
    return HEAD + "".join(f"  {line}" if line.strip() else line for line in alerts.splitlines(keepends=True))


def main(arguments: list[str]) -> int:
    """Run as a command; see the module's docstring."""
    wanted = text(ALERTS.read_text(encoding="utf-8"))
    if "--check" in arguments:
        is_current = TARGET.is_file() and TARGET.read_text(encoding="utf-8") == wanted
        print("rules are current" if is_current else f"{TARGET.name} is stale: run python -m deploy.rules")
        return 0 if is_current else 1
    TARGET.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
