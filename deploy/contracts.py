"""Write the generated contracts to docs/contracts, or check that they are current and break nobody.

    python -m deploy.contracts           writes schemas/*.json and asyncapi.json
    python -m deploy.contracts --check   exits 1 if a file differs or a released schema would be broken

`docs/contracts/released/` holds the schemas as last released; `--release` copies today's there.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from libs.contracts.schemas import asyncapi, breaches, json_schemas

ROOT = Path(__file__).resolve().parent.parent / "docs" / "contracts"


def _files() -> dict[Path, str]:
    documents = {Path("schemas") / f"{name}.json": schema for name, schema in json_schemas().items()}
    documents[Path("asyncapi.json")] = asyncapi()
    return {path: _text(document) for path, document in documents.items()}


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def write(root: Path, folder: str = "") -> None:
    """Write every document below `root`."""
    for path, text in _files().items():
        target = root / folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


def problems(root: Path) -> list[str]:
    """What is stale or breaking, one sentence each."""
    found = [
        f"{path} is stale: run python -m deploy.contracts"
        for path, text in _files().items()
        if not (root / path).is_file() or (root / path).read_text(encoding="utf-8") != text
    ]
    for name, schema in json_schemas().items():
        released = root / "released" / "schemas" / f"{name}.json"
        if released.is_file():
            older = json.loads(released.read_text(encoding="utf-8"))
            found += [f"{name}.{breach}" for breach in breaches(older, schema)]
    return found


def main(arguments: list[str]) -> int:
    """Run as a command; see the module's docstring."""
    if "--check" in arguments:
        found = problems(ROOT)
        print("\n".join(found) or "contracts are current")
        return 1 if found else 0
    write(ROOT)
    if "--release" in arguments:
        write(ROOT, "released")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
