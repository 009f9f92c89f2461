"""A record found by what people know it by: number, id, SKU, name, phone, e-mail; by the beginning of any word of it.

Promises: answers come from indexes whatever is typed; what is personal is matched only when `is_personal` is asked
for, so that who may not see a name cannot find anybody by it. The words are folded by the same function that makes the
column (`search_words` of the migrations), so that what was saved and what is typed never differ in case or sign.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from libs.contracts.types import Entity
from libs.runtime.database import Connection

LARGEST = 2**63 - 1
MOST_TYPED = 200
_ENDING = 4
"""Digits from which on a number is also looked for at the end of phones: fewer say nothing."""
_EXACT = """
    WITH wanted AS (SELECT e AS entity FROM unnest($1::text[]) AS e)
    SELECT b.id FROM wanted w JOIN binding b ON b.entity = w.entity AND b.vms_id = $2
    UNION SELECT b.id FROM wanted w JOIN binding b ON b.entity = w.entity AND b.keycrm_id = $3
    UNION SELECT a.binding_id FROM wanted w JOIN alias a ON a.entity = w.entity AND a.side = ANY('{vms,keycrm}')
        AND a.external_id = $2
    UNION SELECT b.id FROM binding b JOIN wanted w USING (entity) WHERE b.sku = $4
    UNION SELECT i.binding_id FROM identity i WHERE $6 AND i.kind = ANY('{phone,email}') AND i.value = ANY($5::text[])
        AND 'customer' = ANY($1::text[])
    ORDER BY id DESC LIMIT 50
"""
# `id + 0` keeps the words' index in use: for words that nobody has, going back by number would read every binding.
_BY_WORDS = """
    SELECT id FROM binding WHERE words @@ $1::tsquery AND entity = ANY($2::text[])
        AND ($3::bigint IS NULL OR id < $3) ORDER BY id + 0 DESC LIMIT $4
"""


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody typed; `contacts` are the phone and the e-mail that it may be, as `identity` spells them."""

    text: str
    contacts: tuple[str, ...] = ()
    entities: tuple[Entity, ...] = tuple(Entity)
    is_personal: bool = False


async def exact(conn: Connection, typed: Typed) -> tuple[int, ...]:
    """Bindings of which the text is an id, an alias, the SKU or a claimed contact; the newest first, fifty at most."""
    text = typed.text.strip()
    number = int(text) if text.isascii() and text.isdigit() and int(text) <= LARGEST else None
    rows = await conn.fetch(
        _EXACT, list(typed.entities), text.lower(), number, text, list(typed.contacts), typed.is_personal
    )
    return tuple(row["id"] for row in rows)


async def by_words(conn: Connection, typed: Typed, *, before: int | None = None, limit: int = 50) -> tuple[int, ...]:
    """Bindings that have a word for each word of the text, the newest first, before one of them; in a transaction."""
    query = await _query(conn, typed)
    if not query:
        return ()
    # How many have these words decides the plan: one made for any words would read the whole table for some.
    await conn.execute("SET LOCAL plan_cache_mode = force_custom_plan")
    rows = await conn.fetch(_BY_WORDS, query, list(typed.entities), before, limit)
    return tuple(row["id"] for row in rows)


async def _query(conn: Connection, typed: Typed) -> str:
    """The text as a query of words; empty: it holds no word."""
    words: Sequence[str] = await conn.fetchval("SELECT search_words($1)", typed.text[:MOST_TYPED])
    ways = [" & ".join(_word(word, typed.is_personal) for word in words)]
    joined = "".join(words)
    if len(words) > 1 and joined.isdigit():  # a phone as people write it, +38 (050) 111-22-33
        ways.append(_word(joined, typed.is_personal))
    return " | ".join(f"({way})" for way in ways if way)


def _word(word: str, is_personal: bool) -> str:
    """One word's beginnings; words hold neither quotes nor backslashes, since they are split at them.

    One letter or digit begins half of everything: it is only looked for as a word of its own.
    """
    if len(word) == 1:
        return f"('{word}' | '~{word}')" if is_personal else f"'{word}'"
    kinds = [f"'{word}':*"]
    if word.isdigit() and word.strip("0"):
        kinds.append(f"'{word.lstrip('0')}'")
    if is_personal:
        kinds.append(f"'~{word}':*")
        if word.isdigit() and len(word) >= _ENDING:
            kinds.append(f"'~<{word[::-1]}':*")
    return f"({' | '.join(kinds)})"
