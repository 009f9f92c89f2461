"""What differs as a table to take along: a line a field of a record, a line a stock figure or a price.

Promises: values that this person may not see are hidden.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

from console.domain import masks
from console.handlers.differences import Levels, Records
from console.pages import tables, titles, values
from console.pages.audit_words import shown
from console.pages.comparison_words import CAUSES, SUBJECTS
from console.pages.say import Say
from console.pages.values import Names
from console.pages.words import N_
from libs.contracts.access import Person
from libs.contracts.types import Side
from libs.state.tallies import Subject, Unlike

HEADINGS = (
    N_("What"), N_("Record"), N_("Pair"), N_("VMS id"), N_("KeyCRM id"), N_("Field"), N_("Warehouse"), "VMS", "KeyCRM",
    N_("Differs since"), N_("Last look"), N_("Why"),
)  # fmt: skip


async def table(parts: AsyncIterator[Records | Levels], person: Person, say: Say, names: Names) -> AsyncIterator[bytes]:
    """The table, a part at a time."""
    yield tables.heading(HEADINGS, say)
    async for some in parts:
        rows = _records(some, person, say, names) if isinstance(some, Records) else _levels(some, say)
        yield tables.lines(rows, say)


def _records(some: Records, person: Person, say: Say, names: Names) -> Iterator[list[str]]:
    for one in some.rows:
        label = some.labels[one.binding_id]
        known = [
            say.entity(one.entity), titles.name(label, person, say), str(one.binding_id), shown(label.vms_id),
            shown(label.keycrm_id),
        ]  # fmt: skip
        for told in one.differences:
            name = str(told["field"])
            both = [_cell(one, told, side, person, say, names) for side in Side]
            yield [*known, say.field(name, one.entity), "", *both, _time(one.since, say), *_ends(one, say)]


def _levels(some: Levels, say: Say) -> Iterator[list[str]]:
    what = say.gettext(SUBJECTS[Subject(some.kind)][0])
    for one in some.rows:
        yield [
            what, one.sku, shown(one.binding_id), "", "", "", one.warehouse, one.vms, one.keycrm, "", *_ends(one, say)
        ]  # fmt: skip


def _cell(one: Unlike, told: Mapping[str, Any], side: Side, person: Person, say: Say, names: Names) -> str:
    """A name with its id and lines in words; amounts and days as spreadsheets take them."""
    name = str(told["field"])
    raw = masks.seen(person, one.entity, name, told.get(side.value))
    if isinstance(raw, list) or name in values.NAMED:
        return values.flat(values.value(name, side, raw, say.language, names))
    return shown(raw)


def _ends(one: Any, say: Say) -> tuple[str, str]:
    return _time(one.compared_at, say), say.gettext(CAUSES[one.cause][0])


def _time(at: Any, say: Say) -> str:
    return say.local(at).isoformat(sep=" ", timespec="seconds")
