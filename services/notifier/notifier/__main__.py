"""`python -m notifier`: news for people; `python -m notifier test` sends one message through each channel."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import os
import sys

from libs.runtime.run import StartRefused, run
from libs.runtime.settings_load import EXIT_REFUSED, load
from notifier import app
from notifier.settings import RulesSettings, Settings


def main(arguments: list[str]) -> int:
    """Run the service, or try the channels; answers the exit code of a try."""
    parser = argparse.ArgumentParser(prog="python -m notifier", description="Tells people what the sync did.")
    commands = parser.add_subparsers(dest="command", title="commands", description="None: run the service.")
    test = commands.add_parser("test", help="send one message through each channel of the rules file")
    test.add_argument("--channel", metavar="NAME", help="only through this one")
    asked = parser.parse_args(arguments)
    if asked.command == "test":
        return _test(asked.channel)
    settings = load(Settings)
    run(app.SERVICE, settings, lambda life: app.compose(life, settings))
    return 0


def _test(channel: str | None) -> int:
    settings = load(RulesSettings)
    try:
        is_well = asyncio.run(app.try_channels(settings, channel, _who(), lambda line: print(line, flush=True)))  # noqa: T201 - said to the person at the command line
    except StartRefused as refused:
        print(refused, file=sys.stderr)  # noqa: T201 - the reason of the exit code, for a person
        return EXIT_REFUSED
    return 0 if is_well else 1


def _who() -> str:
    """The person at the command line; in a container nobody has a name."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return f"uid {os.getuid()}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
