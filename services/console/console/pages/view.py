"""One request of somebody who is signed in, and how it is answered.

Promises: a page knows nobody's role but by `may`; every form it renders carries the session's secret; a word said
after an act (`go`) is shown once, on the next page.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from console.handlers.desk import Desk
from console.pages import menu
from console.pages.say import Say
from console.pages.site import Site
from libs.contracts.access import Person, Role
from libs.state.sessions import Session
from libs.wording.languages import Language, chosen, negotiated

LANGUAGE_COOKIE = "language"
NOTICE_COOKIE = "notice"
THEME_COOKIE = "theme"
"""Set by the button's script; the page comes in its colours at once."""
_NOTICE_SECONDS = 60
_KINDS = ("success", "info", "warning", "failure")


@dataclass(frozen=True, slots=True)
class View:
    """What a page is given."""

    request: Request
    site: Site
    session: Session
    say: Say

    @property
    def desk(self) -> Desk:
        """The handlers' tools."""
        return self.site.desk

    @property
    def person(self) -> Person:
        """Who looks."""
        return self.session.person

    @property
    def is_partial(self) -> bool:
        """Whether htmx asks for a part of a page."""
        return is_partial(self.request)

    def may(self, needed: str) -> bool:
        """Whether this person's role covers that one."""
        return self.person.role.covers(Role(needed))

    def page(self, template: str, status: int = 200, **facts: Any) -> Response:
        """The template as an answer; it knows `view`, `say`, `_`, `ngettext`, `csrf`, `notice` and what it is given."""
        response = HTMLResponse(self.html(template, **facts), status)
        if NOTICE_COOKIE in self.request.cookies and not self.is_partial:
            response.delete_cookie(NOTICE_COOKIE, path="/")
        return response

    def html(self, template: str, **facts: Any) -> str:
        """The template as text."""
        known = shared(self.request, self.say) | {
            "view": self, "badges": self._badges(), "csrf": self.session.csrf, "menu": menu.of(self),
            "notice": _notice(self.request),
        }  # fmt: skip
        return self.site.templates.get_template(template).render(known | facts)

    def _badges(self) -> dict[str, int]:
        """What is known already; `/live` tells the rest."""
        seen = self.site.live.seen
        return {} if seen is None else {"conflicts": seen.questions, "letters": seen.letters}

    def go(self, path: str, said: str = "", kind: str = "success") -> Response:
        """Send the browser to a page, which says this; after an act, so that reloading does not repeat it."""
        response = Response(headers={"hx-redirect": path}) if self.is_partial else RedirectResponse(path, 303)
        if said:
            response.set_cookie(
                NOTICE_COOKIE, quote(f"{kind}|{said}"), max_age=_NOTICE_SECONDS, path="/", httponly=True,
                samesite="lax", secure=self.site.is_secure,
            )  # fmt: skip
        return response


def shared(request: Request, say: Say) -> dict[str, Any]:
    """What every template knows, with a session or without."""
    return {
        "say": say, "_": say.gettext, "ngettext": say.ngettext, "language": say.language, "path": request.url.path,
        "other_language": _other(request, say.language), "theme": _theme(request),
    }  # fmt: skip


def site_of(request: Request) -> Site:
    """What all pages share."""
    site: Site = request.app.state.site
    return site


def say_to(request: Request) -> Say:
    """How whoever sent this request is spoken to."""
    site = site_of(request)
    return Say(language_of(request), site.zone, site.desk.clock())


def language_of(request: Request) -> Language:
    """What the address asks for, else what was chosen before, else what the browser prefers."""
    asked = chosen(request.query_params.get("lang")) or chosen(request.cookies.get(LANGUAGE_COOKIE))
    return asked or negotiated(request.headers.get("accept-language"))


def is_partial(request: Request) -> bool:
    """Whether htmx asks for a part of a page."""
    return request.headers.get("hx-request") == "true"


def _other(request: Request, language: Language) -> str:
    """The address of this very page in the other language."""
    wanted = "en" if language == "uk" else "uk"
    return str(request.url.include_query_params(lang=wanted).replace(scheme="", netloc=""))


def _theme(request: Request) -> str:
    """What was chosen by the button; else the browser's own wish."""
    chosen_theme = request.cookies.get(THEME_COOKIE, "")
    return chosen_theme if chosen_theme in ("light", "dark") else "auto"


def _notice(request: Request) -> tuple[str, str] | None:
    kind, found, said = unquote(request.cookies.get(NOTICE_COOKIE, "")).partition("|")
    return (kind, said) if found and kind in _KINDS else None
