"""The door of an OpenID Connect issuer: away to it, and back with its word.

Promises: what was asked is remembered in the browser that asked, for ten minutes and one answer; whatever goes wrong
leads to the door with one sentence that says what to do.
"""

from __future__ import annotations

from urllib.parse import quote, unquote

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from console.domain.refusals import Absent
from console.handlers.open_id import NoRole, OpenId
from console.pages import door
from console.pages.view import site_of
from console.pages.words import N_
from libs.clients.oidc import Asking, Disbelieved
from libs.runtime.errors import WorldUnavailable

log = structlog.get_logger("console.open_id")

COOKIE = "open-id"
KEPT_SECONDS = 600
CALLBACK = "/sign-in/callback"
AWAY = N_("Your organisation’s sign-in does not answer. Try again in a minute, or use a token.")
AGAIN = N_("This sign-in did not come to its end here. Begin again.")
NO_ROLE = N_("You are known, but have no role here yet. Ask an administrator for one.")


async def begin(request: Request) -> Response:
    """Send the browser to the issuer."""
    try:
        asking, address = await _open_id(request).begin()
    except WorldUnavailable:
        return door.form(request, 503, AWAY, is_of_token=False)
    except Disbelieved as error:
        log.warning("issuer.disbelieved", reason=error.reason)
        return door.form(request, 503, AWAY, is_of_token=False)
    response = RedirectResponse(address, 303)
    kept = "|".join([asking.state, asking.nonce, asking.verifier, quote(door.next_path(request))])
    # Lax: the issuer's page sends the browser back from another site.
    response.set_cookie(
        COOKIE, kept, max_age=KEPT_SECONDS, path="/sign-in", httponly=True, samesite="lax",
        secure=site_of(request).is_secure,
    )  # fmt: skip
    return response


async def come_back(request: Request) -> Response:
    """The issuer's answer becomes a session."""
    response = await _answered(request)
    response.delete_cookie(COOKIE, path="/sign-in")
    return response


async def _answered(request: Request) -> Response:
    kept = request.cookies.get(COOKIE, "").split("|")
    if len(kept) != 4:
        return door.form(request, 400, AGAIN, is_of_token=False)
    try:
        cookie, _ = await _open_id(request).finish(Asking(*kept[:3]), request.url.query)
    except NoRole:
        return door.form(request, 403, NO_ROLE, is_of_token=False)
    except WorldUnavailable as error:
        if error.partner != "issuer":
            raise
        return door.form(request, 503, AWAY, is_of_token=False)
    except Disbelieved as error:
        log.warning("issuer.disbelieved", reason=error.reason)
        return door.form(request, 400, AGAIN, is_of_token=False)
    return door.let_in(site_of(request), cookie, unquote(kept[3]))


def _open_id(request: Request) -> OpenId:
    found = site_of(request).open_id
    if found is None:
        raise Absent("there is no OpenID Connect issuer in the settings")
    return found


routes = [
    Route("/sign-in/open-id", begin, methods=["GET"]),
    Route(CALLBACK, come_back, methods=["GET"]),
]
