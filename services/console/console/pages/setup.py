"""Set-up: whether each part of the installation works, what to do where it does not, and what it is made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.datastructures import FormData
from starlette.responses import Response

from console.domain.refusals import Absent
from console.domain.verdict import Flow
from console.handlers import controls, setup
from console.handlers.setup import Setup
from console.pages import check_words
from console.pages.routes import acting, reading
from console.pages.say import Say
from console.pages.view import View
from console.pages.words import N_
from libs.runtime.presence import Process
from libs.state.news import TrialOutcome

LARGEST = 2**63 - 1
MOST_MINUTES = 24 * 60
USUAL_MINUTES = 60
REASON_LENGTH = 500
TABLES: Mapping[str, str] = {
    "statuses": N_("Statuses"), "sources": N_("Order sources"), "warehouses": N_("Warehouses"),
    "payment_methods": N_("Payment methods"), "delivery_services": N_("Delivery services"), "units": N_("Units"),
}  # fmt: skip
CARRIERS: Mapping[str, str] = {"vms": "inbound-apply", "keycrm": "outbound-sync"}
# apprise's names of channels that say nothing to people.
CHANNEL_KINDS: Mapping[str, str] = {
    "tgram": "Telegram", "mailto": N_("e-mail"), "mailtos": N_("e-mail"), "slack": "Slack", "json": N_("webhook"),
    "jsons": N_("webhook"),
}  # fmt: skip
WHY = N_("Write in a few words why it may go on.")


async def show(view: View) -> Response:
    """The page."""
    return await _page(view)


async def resume_flow(view: View, form: FormData) -> Response:
    """Let a stopped flow go on, past the guard for so many minutes."""
    flow, reason = str(view.request.path_params["flow"]), _reason(form)
    if not reason:
        return await _page(view, 422, wrong=f"flow {flow}", minutes=_minutes(form))
    await controls.resume_flow(view.desk, view.person, flow, reason, _minutes(form))
    return view.go("/setup", view.say.gettext(N_("It goes on: {flow}."), flow=view.say.flow(flow)))


async def resume_topic(view: View, form: FormData) -> Response:
    """Ask a service to read a topic again."""
    service, topic = (str(view.request.path_params[name]) for name in ("service", "topic"))
    reason = _reason(form)
    if not reason:
        return await _page(view, 422, wrong=f"topic {service} {topic}")
    await controls.resume_topic(view.desk, view.person, service, topic, reason)
    return view.go("/setup", view.say.gettext(N_("The service has been asked to read {topic} again."), topic=topic))


async def test(view: View, form: FormData) -> Response:
    """Send a test message, and follow what becomes of it."""
    number = await setup.test(view.desk, view.person, str(form.get("channel", "")) or None)
    if not view.is_partial:
        return view.go("/setup", view.say.gettext(N_("A test message is on its way.")), "info")
    return view.page("setup-test.html", test=await setup.tested(view.desk, number), lines=trial_lines)


async def tested(view: View) -> Response:
    """How the test stands."""
    number = int(view.request.path_params["number"])
    if number > LARGEST:
        raise Absent("there is no such number")
    found = await setup.tested(view.desk, number)
    return view.page("setup-test.html", test=found, lines=trial_lines)


def trial_lines(test: TrialOutcome, say: Any) -> list[tuple[str, str, str | None]]:
    """Channel, kind of notice, and why it was not sent."""
    if not test.outcome:
        return [(test.channel or "", "warning", say.gettext(N_("nobody knows whether it arrived")))]
    return [
        (name, "success" if how == "sent" else "failure", None if how == "sent" else say.reason(how))
        for name, how in test.outcome.items()
    ]


async def _page(view: View, status: int = 200, wrong: str = "", minutes: int = USUAL_MINUTES) -> Response:
    known = await setup.look(view.desk, view.site.names.mistakes)
    checks = [(one, check_words.line(one, view.say)) for one in known.checks]
    return view.page(
        "setup.html", status, known=known, wrong=wrong, minutes=minutes, why=view.say.gettext(WHY), tables=TABLES,
        faults=[pair for pair in checks if pair[0].fault is not None],
        well=[pair for pair in checks if pair[0].fault is None],
        flow_state=_flow_state, channel_kinds=CHANNEL_KINDS, pairs=view.site.names.tables,
        services=_services(known.processes),
    )  # fmt: skip


def _services(found: tuple[Process, ...]) -> list[tuple[Process, list[tuple[str, Any]]]]:
    """The newest process of each service, with its settings as variables are written."""
    newest: dict[str, Process] = {}
    for one in found:
        newest.setdefault(one.service, one)
    return [(one, sorted((name.upper(), value) for name, value in one.settings.items())) for one in newest.values()]


def _flow_state(flow: Flow, known: Setup, say: Say) -> tuple[str, str]:
    """How a flow stands, and the colour of that: what stops it the most is said."""
    if flow.is_stopped:
        return say.gettext(N_("stopped: waits for a person")), "failure"
    if CARRIERS[flow.side] in known.silent:
        return say.gettext(N_("stands still: its service does not run")), "failure"
    if flow.is_refused:
        return say.gettext(N_("waits: {side} refuses our key"), side=say.side(flow.side)), "warning"
    if flow.is_away:
        return say.gettext(N_("waits: {side} does not answer"), side=say.side(flow.side)), "warning"
    if until := known.allowed.get(flow.name):
        return say.gettext(N_("unguarded until {moment}"), moment=say.short(until)), "warning"
    return say.gettext(N_("runs")), "success"


def _minutes(form: FormData) -> int:
    text = str(form.get("minutes", USUAL_MINUTES))
    return min(int(text), MOST_MINUTES) if text.isascii() and text.isdigit() and len(text) < 9 else USUAL_MINUTES


def _reason(form: FormData) -> str:
    return str(form.get("reason", "")).strip()[:REASON_LENGTH]


routes = [
    reading("/setup", show),
    reading("/setup/tests/{number:int}", tested),
    acting("/setup/tests", test),
    acting("/setup/flows/{flow}/resume", resume_flow),
    acting("/setup/topics/{service}/{topic}/resume", resume_topic),
]
