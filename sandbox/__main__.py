"""`python -m sandbox keycrm|vms`: starts one of the two outside systems and hands it the rest of the command line.

Each system is imported only when it is asked for, so that one runs without what the other needs.
"""

from __future__ import annotations

import importlib
import sys

SYSTEMS = {"keycrm": "sandbox.keycrm.app", "vms": "sandbox.vms.app"}


def main(arguments: list[str]) -> int:
    """Run the named system's `main(arguments) -> int`."""
    if not arguments or arguments[0] not in SYSTEMS:
        print("usage: python -m sandbox keycrm|vms [--port N] [--host 127.0.0.1] [--seed shop|empty]", file=sys.stderr)
        return 2
    system = importlib.import_module(SYSTEMS[arguments[0]])
    return int(system.main(arguments[1:]) or 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
