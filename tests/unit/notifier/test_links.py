"""Where messages lead: each address is a page of the console that shows what the message is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.routing import Match, Route

from console.pages import conflicts, filters, letters, now, records, setup
from libs.contracts.events import SYNC_TYPES
from notifier.domain.matters import END_EVENTS, WAITING
from notifier.domain.pages import page, page_at_end, page_of_many

EVENT: Mapping[str, Any] = {"entity": "order", "bindingId": 7, "details": {}}
ASKED: Mapping[str, Any] = {**EVENT, "details": {"conflictId": 12}}
STOPPED: Mapping[str, Any] = {"entity": "system", "details": {"flow": "stock.to_keycrm"}}
REFUSED: Mapping[str, Any] = {
    "entity": "system", "details": {"partner": "keycrm"},
    "reason": "KeyCRM refused our key (401 to GET /order): check KEYCRM_API_KEY",
}  # fmt: skip
LETTER: Mapping[str, Any] = {"entity": "system", "details": {"service": "ingress", "reason": "un readable&x"}}


def opens(link: str) -> Any:
    """The page that the console opens for this address; None: it has no such page."""
    scope = {"type": "http", "method": "GET", "path": urlsplit(link).path, "root_path": ""}
    routes: list[Route] = [*now.routes, *conflicts.routes, *letters.routes, *records.routes, *setup.routes]
    return next((route.path for route in routes if route.matches(scope)[0] is Match.FULL), None)


@pytest.mark.parametrize("event_type", [*SYNC_TYPES, WAITING])
@pytest.mark.parametrize("event", [EVENT, ASKED, STOPPED, REFUSED, LETTER])
def test_every_link_is_a_page_of_the_console(event_type: str, event: Mapping[str, Any]) -> None:
    """Whatever an event holds."""
    assert opens(page(event_type, event)) is not None
    assert opens(page_of_many([event_type])) is not None
    assert all(opens(page_at_end(kind, event)) is not None for kind in END_EVENTS)


@pytest.mark.parametrize(
    ("event_type", "event", "where"),
    [
        ("sync.conflict.opened", ASKED, "/conflicts/{id}"),
        (WAITING, ASKED, "/conflicts/{id}"),
        ("sync.conflict.resolved", ASKED, "/records/{kind}/{id}"),
        ("sync.dead-letter", LETTER, "/dead-letters"),
        ("sync.flow.stopped", STOPPED, "/setup"),
        ("sync.partner.unreachable", STOPPED, "/"),
        ("sync.partner.unreachable", {**STOPPED, "reason": "KeyCRM gave no answer to GET /order: timeout"}, "/"),
        ("sync.partner.unreachable", REFUSED, "/setup"),
        ("sync.updated", EVENT, "/records/{kind}/{id}"),
    ],
)
def test_a_link_leads_where_it_is_settled(event_type: str, event: Mapping[str, Any], where: str) -> None:
    """A question where it is answered, letters where they are replayed, a flow and a key in the set-up."""
    assert opens(page(event_type, event)) == where


def test_letters_are_those_of_the_message() -> None:
    """The list is narrowed to one service and reason, as the message is."""
    query = {name: found[0] for name, found in parse_qs(urlsplit(page("sync.dead-letter", LETTER)).query).items()}
    wanted = filters.letters(query)

    assert (wanted.service, wanted.reason, wanted.status) == ("ingress", "un readable&x", "kept")


def test_news_of_several_sorts_lead_to_how_things_are() -> None:
    """Of one sort: to their list."""
    assert page_of_many(["sync.conflict.opened", WAITING]) == "/conflicts"
    assert page_of_many(["sync.conflict.opened", "sync.dead-letter"]) == "/"
    assert page_of_many([]) == "/"
