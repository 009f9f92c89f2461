"""Write the dashboards that Grafana loads, or check that they are current.

python -m deploy.grafana           writes deploy/grafana/dashboards/*.json
python -m deploy.grafana --check   exits 1 if a file differs, is missing or is spare
"""

from __future__ import annotations

import sys
from pathlib import Path

from deploy.grafana import both_sides, people, quota, services
from deploy.grafana.panels import text

FOLDER = Path(__file__).parent / "dashboards"
BOARDS = (both_sides.BOARD, quota.BOARD, services.BOARD, people.BOARD)


def files() -> dict[str, str]:
    """Each dashboard's file name and text."""
    return {f"{board.uid}.json": text(board) for board in BOARDS}


def problems(folder: Path) -> list[str]:
    """What is not as it would be written, one sentence each."""
    wanted, there = files(), {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.json")}
    return [
        f"{name} is not as the boards say: run python -m deploy.grafana"
        for name in sorted(wanted.keys() | there.keys())
        if wanted.get(name) != there.get(name)
    ]


def main(arguments: list[str]) -> int:
    """Run as a command; see the module's docstring."""
    if "--check" in arguments:
        found = problems(FOLDER)
        print("\n".join(found) or "dashboards are current")
        return 1 if found else 0
    FOLDER.mkdir(exist_ok=True)
    for name, content in files().items():
        (FOLDER / name).write_text(content, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
