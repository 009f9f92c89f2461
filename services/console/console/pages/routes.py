"""How a page is reached: nobody without a session, no act without its role and the form's secret.

Promises: a form from another site is refused, whether or not the browser sent the session with it; who is not signed
in is led to the door and from there back to where he wanted to go.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Iterable
from urllib.parse import quote

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from console.pages.view import View, say_to, site_of
from libs.contracts.access import Role

Reader = Callable[[View], Awaitable[Response]]
Actor = Callable[[View, FormData], Awaitable[Response]]
CSRF_FIELD = "csrf"
CSRF_HEADER = "x-csrf"


class SignedOut(Exception):
    """There is no session, or it is over."""


class Denied(Exception):
    """The person's role is too small."""

    def __init__(self, needed: Role) -> None:
        super().__init__(needed)
        self.needed = needed


class Forged(Exception):
    """The form does not carry the secret of this session."""


def reading(path: str, reader: Reader, needs: Role = Role.VIEWER) -> Route:
    """A page to be looked at."""

    async def endpoint(request: Request) -> Response:
        return await reader(await admitted(request, needs))

    return Route(path, endpoint, methods=["GET"])


def acting(path: str, actor: Actor, needs: Role = Role.OPERATOR) -> Route:
    """An act: a form that was sent."""

    async def endpoint(request: Request) -> Response:
        if is_foreign(request):
            raise Forged
        view = await admitted(request, Role.VIEWER)
        async with request.form(max_files=0, max_fields=5_000) as form:
            given = request.headers.get(CSRF_HEADER) or str(form.get(CSRF_FIELD, ""))
            if not hmac.compare_digest(given.encode(), view.session.csrf.encode()):
                raise Forged
            if not view.person.role.covers(needs):
                raise Denied(needs)
            _refuse_zero([*form.values(), *request.path_params.values()])
            return await actor(view, form)

    return Route(path, endpoint, methods=["POST"])


def _refuse_zero(given: Iterable[object]) -> None:
    """No text of the database holds a zero byte, and no person types one."""
    if any("\x00" in one for one in given if isinstance(one, str)):
        raise HTTPException(400)


async def admitted(request: Request, needs: Role) -> View:
    """The view of whoever is signed in.

    Raises:
        SignedOut: nobody is.
        Denied: the role is too small.
    """
    site = site_of(request)
    session = await site.sessions.find(request.cookies.get(site.cookie))
    if session is None:
        raise SignedOut
    view = View(request, site, session, say_to(request))
    request.state.view = view
    if not view.person.role.covers(needs):
        raise Denied(needs)
    return view


def is_foreign(request: Request) -> bool:
    """Whether another site's page sent this; older browsers tell the origin alone."""
    told = request.headers.get("sec-fetch-site")
    if told is not None:
        return told not in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin is not None and origin.partition("://")[2] != request.headers.get("host")


def door(request: Request) -> str:
    """The address of the door that leads back here."""
    asked = str(request.url) if request.method == "GET" else request.headers.get("referer", "")
    wanted = request.headers.get("hx-current-url") or asked
    path = wanted.partition("://")[2].partition("/")[2] if "://" in wanted else wanted.lstrip("/")
    return f"/sign-in?next={quote('/' + path)}" if path else "/sign-in"
