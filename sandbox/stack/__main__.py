"""Start a stack, print its addresses, and keep it until Ctrl-C: `python -m sandbox.stack`."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from sandbox import stack


def main() -> int:
    """Run until told to end."""
    asked = argparse.ArgumentParser(prog="python -m sandbox.stack", description=__doc__)
    asked.add_argument("--kafka-port", type=int)
    asked.add_argument("--postgres-port", type=int)
    asked.add_argument("--folder", type=Path, help="keep the data here for the next start (embedded only)")
    asked.add_argument("--heap-megabytes", type=int, default=384)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with stack.start(progress=_tell, **vars(asked.parse_args())) as servers:
            print(servers.describe())
            print(f"KAFKA_BOOTSTRAP_SERVERS={servers.kafka_bootstrap}")
            print(f"DATABASE_OWNER_URL={servers.database_owner_url}")
            print("Ctrl-C stops both.", flush=True)
            signal.pause()
    except stack.StackError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped")
    return 0


def _tell(server: str, doing: str, share: float) -> None:
    print(f"{server}: {doing}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
