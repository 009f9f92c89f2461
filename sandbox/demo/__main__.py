"""`python -m sandbox.demo`: start everything, play the day, show promise → measured; stay open, or with KEEP=0 stop.

With DEMO_KEYCRM_URL, DEMO_VMS_URL, DEMO_INGRESS_URL, DEMO_WEBHOOK_SECRET, DEMO_CONSOLE_URL and DEMO_OPERATOR_TOKEN the
day is played on a system that runs already (compose, for example), and nothing is started or stopped.
Exit code: 0 when every check held, 1 when one did not, 2 when it could not begin.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import webbrowser
from collections.abc import Callable
from pathlib import Path

from rich.progress import Progress, TaskID

from sandbox import stack
from sandbox.demo import evening, morning, noon, trouble
from sandbox.demo.play import play
from sandbox.demo.screen import Screen, pause_until_interrupted
from sandbox.demo.side import Sides
from sandbox.stack.errors import StackError
from sandbox.system import TOKENS, System, admin

NAMES = {"viewer": "Петро", "operator": "Оксана", "admin": "Ірина"}
"""Whose the console's tokens are: what they do is told with their name."""
SETTINGS = {
    "KEYCRM_POLL_SECONDS": "10",
    "SYNC_SEARCH_LAG_SECONDS": "2",
    "SYNC_SETTLE_SECONDS": "3",
    "SYNC_REQUEST_GRACE_SECONDS": "5",
    "SYNC_LEASE_SECONDS": "20",
    "KEYCRM_TIMEOUT_SECONDS": "5",
    "VMS_TIMEOUT_SECONDS": "5",
    "CONSOLE_TOKENS": ",".join(f"{role}={NAMES[role]}:{token}" for role, token in TOKENS.items()),
}
"""The same rules with shorter waits than a real partner needs, so that the day takes minutes."""
YOUR_TURN_SECONDS = 180.0
"""How long a question waits for the person at the keyboard before the day answers it."""
ELSEWHERE_PATIENCE = 4.0
"""A system that runs already has the waits that a real partner needs."""


def main() -> int:
    """Run as a command; see the module's docstring."""
    screen = Screen()
    try:
        if os.environ.get("DEMO_KEYCRM_URL"):
            return _elsewhere(screen)
        return _here(screen)
    except StackError as error:
        screen.say(f"[red]{error}[/]")
        return 2
    except KeyboardInterrupt:
        return 130


def hooks(keycrm: str, webhook: Callable[[str], str]) -> None:
    """What a person sets up in KeyCRM: two triggers, one stock webhook a warehouse."""
    admin(keycrm, "DELETE", "hooks")
    for kind, name in (("order-status", "order-status-changed"), ("payment-status", "payment-updated")):
        admin(keycrm, "POST", "hooks", {"kind": kind, "url": webhook(name)})
    for number in (1, 2):
        url = f"{webhook('stock-changed')}?warehouse={number}"
        admin(keycrm, "POST", "hooks", {"kind": "stock", "url": url, "warehouses": [number]})


def _elsewhere(screen: Screen) -> int:
    env = os.environ
    secret = env["DEMO_WEBHOOK_SECRET"]
    inside = env.get("DEMO_INGRESS_INSIDE_URL", env["DEMO_INGRESS_URL"])
    hooks(env["DEMO_KEYCRM_URL"], lambda name: f"{inside}/api/keycrm/webhook/{name}/t/{secret}")
    sides = Sides(env["DEMO_KEYCRM_URL"], env["DEMO_VMS_URL"], (env["DEMO_CONSOLE_URL"], env["DEMO_OPERATOR_TOKEN"]))
    is_kept = play(
        screen, sides, (*morning.STEPS, *noon.STEPS, *trouble.steps(None), *evening.STEPS), ELSEWHERE_PATIENCE
    )
    return 0 if is_kept else 1


def _here(screen: Screen) -> int:
    folder = Path(tempfile.mkdtemp(prefix="keycrm-vms-demo-"))
    screen.say("Starting Apache Kafka, PostgreSQL, two sandbox systems and five services on this machine.")
    with screen.starting() as bars:
        servers = stack.start(progress=_progress(bars))
        try:
            system = System(servers, folder, settings=SETTINGS, tell=_told(bars))
            try:
                system.start()
            except BaseException:
                system.stop()
                raise
        except BaseException:
            servers.stop()
            raise
    try:
        return _day(screen, system)
    finally:
        system.stop()
        servers.stop()
        shutil.rmtree(folder, ignore_errors=True)
        screen.say("Everything has been stopped.")


def _day(screen: Screen, system: System) -> int:
    addresses = system.addresses
    screen.say(f"{system.servers.describe()}; logs in {system.folder}")
    hooks(addresses.keycrm, addresses.webhook)
    console = addresses.services["console"]
    sides = Sides(addresses.keycrm, addresses.vms, (console, TOKENS["operator"]))
    is_watched = screen.console.is_terminal and _stays_open()
    if is_watched:
        sides.patience_seconds, sides.your_turn = YOUR_TURN_SECONDS, screen.your_turn
        screen.say(f"The console is at {console}; sign in with the token {TOKENS['operator']}")
        webbrowser.open(console)

    def kill(name: str) -> None:
        system.kill(name)
        system.launch(name)

    is_kept = play(screen, sides, (*morning.STEPS, *noon.STEPS, *trouble.steps(kill), *evening.STEPS))
    if _stays_open():
        screen.addresses(
            [
                ("KeyCRM (sandbox)", addresses.keycrm),
                ("VMS (sandbox)", addresses.vms),
                ("console", f"{console}  sign in with the token {TOKENS['operator']}"),
                ("operator API", f"{console}/docs"),
                *((f"{name} metrics", f"{url}/metrics") for name, url in addresses.services.items()),
            ]
        )
        try:
            pause_until_interrupted()
        except KeyboardInterrupt:
            screen.say("")
    return 0 if is_kept else 1


def _stays_open() -> bool:
    return os.environ.get("KEEP", "1") != "0"


def _progress(bars: Progress) -> Callable[[str, str, float], None]:
    tasks: dict[str, TaskID] = {}

    def tell(server: str, doing: str, share: float) -> None:
        if server not in tasks:
            tasks[server] = bars.add_task("", total=1.0, name=server, doing=doing)
        bars.update(tasks[server], completed=share, doing=doing)

    return tell


def _told(bars: Progress) -> Callable[[str, str], None]:
    progress = _progress(bars)
    return lambda name, doing: progress(name, doing, 1.0 if doing == "ready" else 0.3)


if __name__ == "__main__":
    sys.exit(main())
