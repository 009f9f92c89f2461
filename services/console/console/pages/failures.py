"""What cannot be answered as it was asked, as a page that says what to do next.

Promises: no page repeats what was sent or what an exception says; a part that htmx asked for gets a notice instead,
and the page around it stays as it is, with what was typed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from console.domain.refusals import Absent, Overtaken, Refusal
from console.pages.routes import Denied, Forged, SignedOut, door
from console.pages.view import View, is_partial, say_to, shared, site_of
from console.pages.words import N_
from libs.runtime.errors import WorldUnavailable

RETRY_AFTER_SECONDS = 5
# Status: title, what to do.
_PAGES: Mapping[int, tuple[str, str]] = {
    400: (N_("This could not be read"), N_("Go back, reload the page and try again.")),
    403: (N_("Not for your role"), N_("Ask an administrator if you need it.")),
    404: (
        N_("There is nothing here"),
        N_("The address is wrong, or what was here is gone. Look for it by its number."),
    ),
    405: (N_("There is nothing here"), N_("Go back and use the buttons of the page.")),
    409: (
        N_("Somebody was faster"),
        N_("It has changed meanwhile. Look again before you decide; nothing was changed."),
    ),
    413: (N_("This is too large"), N_("Shorten the text and try again; nothing was changed.")),
    422: (N_("This cannot be used"), N_("Correct it and try again; nothing was changed.")),
    500: (
        N_("Something of ours failed"),
        N_("Nothing more can be told here; the log says where. Try again, and call your technician if it lasts."),
    ),
    503: (
        N_("The database does not answer"),
        N_("Nothing was changed. The page tries again by itself in a few seconds."),
    ),
}
FORGED = (
    N_("This form is too old"),
    N_("It does not belong to your session. Go back to the page and send it from there; nothing was changed."),
)
NEEDED = N_("This needs the role “{needed}”; yours is “{role}”.")


def install(app: Starlette) -> None:
    """Make pages of all that handlers and the framework raise."""
    made: dict[Any, Any] = {
        SignedOut: _signed_out, Denied: _denied, Forged: _forged, Refusal: _refused, WorldUnavailable: _away,
        HTTPException: _http, Exception: _bug,
    }  # fmt: skip
    for kind, handler in made.items():
        app.add_exception_handler(kind, handler)


def failed(request: Request, status: int, said: str = "", page: tuple[str, str] | None = None) -> Response:
    """The page of this status; `said` is what is known of the reason."""
    title, fix = page or _PAGES.get(status, _PAGES[400])
    say = say_to(request)
    facts: dict[str, Any] = {
        "title": say.gettext(title),
        "fix": say.gettext(fix),
        "said": said,
        "code": status,
        "back": _back(request),
    }
    if is_partial(request):
        body = site_of(request).templates.get_template("failure-part.html").render(shared(request, say) | facts)
        # Whatever piece of a page was asked for, this is none.
        return HTMLResponse(body, status, {"hx-retarget": "#notices", "hx-reswap": "innerHTML", "hx-reselect": "unset"})
    view: View | None = getattr(request.state, "view", None)
    if view is not None and status != 503:
        return view.page("failure.html", status, **facts)
    facts["is_waiting"] = status == 503 and request.method == "GET"
    body = site_of(request).templates.get_template("failure-bare.html").render(shared(request, say) | facts)
    headers = {"retry-after": str(RETRY_AFTER_SECONDS)} if status == 503 else {}
    return HTMLResponse(body, status, headers)


def _back(request: Request) -> str | None:
    """The page of ours whose form was sent: reloading this one would send it again."""
    came_from = urlsplit(request.headers.get("referer", ""))
    is_ours = request.method == "POST" and came_from.netloc == request.headers.get("host")
    path = f"{came_from.path}?{came_from.query}" if came_from.query else came_from.path
    return path if is_ours and path.startswith("/") and not path.startswith("//") else None


async def _signed_out(request: Request, _error: Exception) -> Response:
    if is_partial(request):
        return Response(status_code=401, headers={"hx-redirect": door(request)})
    return RedirectResponse(door(request), 303)


async def _denied(request: Request, error: Exception) -> Response:
    assert isinstance(error, Denied)
    say, view = say_to(request), request.state.view
    places = {"needed": say.role(error.needed), "role": say.role(view.person.role)}
    return failed(request, 403, say.gettext(NEEDED, **places))


async def _forged(request: Request, _error: Exception) -> Response:
    return failed(request, 403, page=FORGED)


async def _refused(request: Request, error: Exception) -> Response:
    status = 404 if isinstance(error, Absent) else 409 if isinstance(error, Overtaken) else 422
    return failed(request, status)


async def _away(request: Request, _error: Exception) -> Response:
    return failed(request, 503)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return failed(request, error.status_code)


async def _bug(request: Request, _error: Exception) -> Response:
    """Answered here, raised again by the framework, told by the guard around it."""
    return failed(request, 500)
