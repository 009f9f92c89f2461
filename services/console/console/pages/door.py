"""The door: signing in with a token, and out again.

Promises: whoever signs in starts a session of his own, never one that somebody laid ready; he is led where he wanted
to go, and nowhere outside the console. A wrong token is said in one sentence and never repeated.
"""

from __future__ import annotations

import hmac
import secrets
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from console.handlers.sessions import LONGEST, TooMany
from console.pages.routes import CSRF_FIELD, Forged, SignedOut, acting, admitted, is_foreign
from console.pages.site import Site
from console.pages.view import View, say_to, shared, site_of
from console.pages.words import N_
from libs.contracts.access import Role

DOOR_COOKIE = "door"
"""The secret of the form at the door, where there is no session yet."""
WRONG = N_("No such token. Check that it was copied whole; an administrator can give you a new one.")
EMPTY = N_("Enter your token.")
WAIT = N_("Too many wrong tokens came from here. Wait a minute and try again.")


async def show(request: Request) -> Response:
    """The form; somebody who is signed in is led on."""
    try:
        await admitted(request, Role.VIEWER)
    except SignedOut:
        return form(request)
    return RedirectResponse(next_path(request), 303)


async def sign_in(request: Request) -> Response:
    """Open a session for the token's person."""
    site = site_of(request)
    sent = await request.form(max_files=0, max_fields=10)
    given, known = str(sent.get(CSRF_FIELD, "")), request.cookies.get(DOOR_COOKIE, "")
    if is_foreign(request) or not known or not hmac.compare_digest(given.encode(), known.encode()):
        raise Forged
    token = str(sent.get("token", "")).strip()
    if not token:
        return form(request, 422, EMPTY)
    try:
        opened = await site.sessions.sign_in(token, request.client.host if request.client else "")
    except TooMany:
        return form(request, 429, WAIT)
    if opened is None:
        return form(request, 422, WRONG)
    return let_in(site, opened[0], next_path(request))


def let_in(site: Site, cookie: str, path: str) -> Response:
    """Hand over the session and lead on."""
    response = RedirectResponse(path, 303)
    longest = int(LONGEST.total_seconds())
    response.set_cookie(
        site.cookie, cookie, max_age=longest, path="/", httponly=True, samesite="lax", secure=site.is_secure
    )
    response.delete_cookie(DOOR_COOKIE, path="/sign-in")
    return response


async def sign_out(view: View, _given: FormData) -> Response:
    """End the session, everywhere."""
    await view.site.sessions.sign_out(view.session)
    view.site.live.recheck()
    response = RedirectResponse("/sign-in?left=1", 303)
    response.delete_cookie(view.site.cookie, path="/", secure=view.site.is_secure, httponly=True, samesite="lax")
    return response


def form(request: Request, status: int = 200, problem: str | None = None, *, is_of_token: bool = True) -> Response:
    """The form, with what is wrong: at the token's field, or above all where it is about the issuer."""
    site, say = site_of(request), say_to(request)
    secret = request.cookies.get(DOOR_COOKIE) or secrets.token_urlsafe(24)
    facts: dict[str, Any] = {
        "has_issuer": site.open_id is not None, "csrf": secret,
        "next": next_path(request), "problem": say.gettext(problem) if problem and is_of_token else None,
        "refusal": say.gettext(problem) if problem and not is_of_token else None,
        "has_left": "left" in request.query_params, "is_over": "over" in request.query_params,
    }  # fmt: skip
    body = site.templates.get_template("sign-in.html").render(shared(request, say) | facts)
    response = HTMLResponse(body, status)
    response.set_cookie(
        DOOR_COOKIE, secret, max_age=3600, path="/sign-in", httponly=True, samesite="strict", secure=site.is_secure
    )
    return response


def next_path(request: Request) -> str:
    """Where to lead: a path of ours; what begins with two slashes would be another host."""
    wanted = request.query_params.get("next", "/")
    is_ours = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and wanted.isprintable()
    return wanted if is_ours and not wanted.startswith("/sign-") else "/"


routes = [
    Route("/sign-in", show, methods=["GET"]),
    Route("/sign-in", sign_in, methods=["POST"]),
    acting("/sign-out", sign_out, Role.VIEWER),
]
