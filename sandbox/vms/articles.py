"""`/api/Articles`: with their rows in the accounts, where the SKU is; without stock and price."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from sandbox.vms.answers import json_answer, not_found
from sandbox.vms.binding import body_of, int_of, note_wiped, search_term_of
from sandbox.vms.bodies import ARTICLE_WRITABLE, ArticleBody
from sandbox.vms.changes import tell_article
from sandbox.vms.loss import lose
from sandbox.vms.rows import ArticleRow
from sandbox.vms.shown import article_json
from sandbox.vms.system import Vms


async def list_articles(vms: Vms, request: Request) -> Response:
    """All of them."""
    return json_answer([article_json(vms, row) for row in vms.world.articles.values()])


async def get_article(vms: Vms, request: Request) -> Response:
    """One article."""
    return json_answer(article_json(vms, named(vms, request)))


async def search_articles(vms: Vms, request: Request) -> Response:
    """Substring over the three names; over the SKU only where a knob says so."""
    term = search_term_of(request, vms.breaches).casefold()
    return json_answer([article_json(vms, row) for row in vms.world.articles.values() if _matches(vms, row, term)])


def _matches(vms: Vms, row: ArticleRow, term: str) -> bool:
    texts = [row.columns.name, row.columns.name_ua, row.columns.name_en]
    if vms.knobs.has_sku_in_article_search:
        texts.append(row.sku)
    return any(term in text.casefold() for text in texts if text)


async def create_article(vms: Vms, request: Request) -> Response:
    """A new article; its stock and price are unknown to VMS until somebody sets them."""
    body = await body_of(request, ArticleBody, vms.breaches)
    lose(body, vms.knobs)
    row = vms.world.add_article(body, vms.clock.now())
    for link in body.link_accountings:
        link.link_accounting_id, link.article_id = vms.world.next_id("link"), body.article_id
        link.article = None
    tell_article(vms, row, None, ["created"])
    location = {"Location": f"{request.base_url}api/Articles/{body.article_id}"}
    return json_answer(article_json(vms, row), 201, location)


async def update_article(vms: Vms, request: Request) -> Response:
    """Replace every writable field; the rows in the accounts stay."""
    row = named(vms, request)
    body = await body_of(request, ArticleBody, vms.breaches)
    note_wiped(request, body, row.columns, ARTICLE_WRITABLE, vms.breaches)
    lose(body, vms.knobs)
    for name in ARTICLE_WRITABLE:
        setattr(row.columns, name, getattr(body, name))
    tell_article(vms, row, None, ["updated"])
    return json_answer(article_json(vms, row))


async def delete_article(vms: Vms, request: Request) -> Response:
    """Gone without an event."""
    del vms.world.articles[named(vms, request).columns.article_id]
    return Response(status_code=204)


def named(vms: Vms, request: Request) -> ArticleRow:
    """The article of the path."""
    article_id = int_of(request, "id", vms.breaches)
    row = vms.world.articles.get(article_id)
    if row is None:
        raise not_found("Article", article_id)
    return row
