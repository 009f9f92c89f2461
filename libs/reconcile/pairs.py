"""Which id means what on the other side: statuses, sources, warehouses, payment methods, delivery services, units.

Promises: a file with a mistake is refused whole, every mistake told with its table, row, key and what to write;
an id without a row is never guessed (`None`). Several rows may name one id: one of them is its default.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from libs.reconcile.pair_rows import COLUMNS, Mistake, PairsError, read_rows, wrong

V = TypeVar("V", bound=Hashable)
K = TypeVar("K", bound=Hashable)
CANCELLED_GROUP = 6


@dataclass(frozen=True, slots=True)
class Table(Generic[V, K]):
    """Many-to-one pairs with one default each way."""

    rows: frozenset[tuple[V, K]]
    to_keycrm: Mapping[V, K]
    to_vms: Mapping[K, V]

    def means(self, vms: V, keycrm: K) -> bool:
        """Whether a row pairs the two."""
        return (vms, keycrm) in self.rows


@dataclass(frozen=True, slots=True)
class Dictionaries:
    """KeyCRM's own lists, to check the pairs against: ids, each status's group, each source's currency."""

    status_groups: Mapping[int, int | None]
    source_currencies: Mapping[int, str | None]
    payment_methods: frozenset[int]
    delivery_services: frozenset[int]


@dataclass(frozen=True, slots=True)
class Pairs:
    """The whole pairs file."""

    statuses: Table[int, int]
    shipped_vms: frozenset[int]
    shipped_keycrm: frozenset[int]
    cancelled_vms: frozenset[int]
    cancelled_keycrm: frozenset[int]
    currencies: Mapping[int, str]
    warehouses: Table[str, int]
    payment_methods: Table[int, int]
    delivery_services: Table[int, int]
    silent_delivery_methods: frozenset[int]
    units: Table[str, str]
    unit_columns: Mapping[str, str]

    @staticmethod
    def from_toml(document: Mapping[str, Any]) -> Pairs:
        """The pairs of a parsed TOML document; raises `PairsError` with every mistake found."""
        mistakes: list[Mistake] = []
        rows = {name: read_rows(name, document.get(name), mistakes) for name in COLUMNS}
        unknown = sorted(set(document) - set(COLUMNS))
        mistakes += [wrong("no_such_table", name, known=", ".join(COLUMNS)) for name in unknown]
        if mistakes:
            raise PairsError(mistakes)
        statuses, delivery = rows["statuses"], rows["delivery_services"]
        pairs = Pairs(
            statuses=_table("statuses", statuses, mistakes),
            shipped_vms=_flagged(statuses, "vms", "shipped"),
            shipped_keycrm=_flagged(statuses, "keycrm", "shipped"),
            cancelled_vms=_flagged(statuses, "vms", "cancelled"),
            cancelled_keycrm=_flagged(statuses, "keycrm", "cancelled"),
            currencies={row["keycrm"]: row["currency"] for row in rows["sources"]},
            warehouses=_table("warehouses", rows["warehouses"], mistakes),
            payment_methods=_table("payment_methods", rows["payment_methods"], mistakes),
            delivery_services=_table("delivery_services", [r for r in delivery if "keycrm" in r], mistakes),
            silent_delivery_methods=frozenset(row["vms"] for row in delivery if "keycrm" not in row),
            units=_table("units", rows["units"], mistakes),
            unit_columns={row["vms"]: row["column"] for row in rows["units"]},
        )
        mistakes += _contradictions(pairs, rows)
        if mistakes:
            raise PairsError(mistakes)
        return pairs

    def check(self, known: Dictionaries) -> list[Mistake]:
        """What KeyCRM's dictionaries contradict; empty when all is well. Warehouses have no dictionary."""
        found = _unknown("statuses", self.statuses.to_vms, known.status_groups)
        found += _unknown("sources", self.currencies, known.source_currencies)
        found += _unknown("payment_methods", self.payment_methods.to_vms, known.payment_methods)
        found += _unknown("delivery_services", self.delivery_services.to_vms, known.delivery_services)
        return found + self._wrong_groups(known) + self._wrong_currencies(known)

    def _wrong_groups(self, known: Dictionaries) -> list[Mistake]:
        found = []
        for status in sorted(self.statuses.to_vms):
            is_cancelled = known.status_groups.get(status) == CANCELLED_GROUP
            if status in known.status_groups and is_cancelled != (status in self.cancelled_keycrm):
                found.append(wrong("cancelled" if is_cancelled else "not_cancelled", "statuses", id=status))
        return found

    def _wrong_currencies(self, known: Dictionaries) -> list[Mistake]:
        return [
            wrong("other_currency", "sources", id=source, currency=known.source_currencies[source], written=currency)
            for source, currency in sorted(self.currencies.items())
            if known.source_currencies.get(source) not in (None, currency)
        ]


def _unknown(table: str, ids: Mapping[int, Any], known: Mapping[int, Any] | frozenset[int]) -> list[Mistake]:
    return [wrong(f"no_{table}", table, id=item) for item in sorted(ids) if item not in known]


def _flagged(rows: list[dict[str, Any]], column: str, flag: str) -> frozenset[int]:
    return frozenset(row[column] for row in rows if row.get(flag))


def _table(name: str, rows: list[dict[str, Any]], mistakes: list[Mistake]) -> Table[Any, Any]:
    return Table(
        rows=frozenset((row["vms"], row["keycrm"]) for row in rows),
        to_keycrm=_defaults(name, rows, "vms", "keycrm", mistakes),
        to_vms=_defaults(name, rows, "keycrm", "vms", mistakes),
    )


def _defaults(table: str, rows: list[dict[str, Any]], key: str, to: str, mistakes: list[Mistake]) -> dict[Any, Any]:
    groups: dict[Any, list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(row[key], []).append(row)
    chosen = {}
    for value, group in groups.items():
        marked = [row for row in group if row.get(f"to_{to}")] or group
        if len(marked) > 1:
            count, mark = len(group), f"to_{to}"
            mistakes.append(wrong("no_default", table, name=key, value=repr(value), count=count, mark=mark))
        chosen[value] = marked[0][to]
    return chosen


def _contradictions(pairs: Pairs, rows: Mapping[str, list[dict[str, Any]]]) -> list[Mistake]:
    found = []
    for flag in ("shipped", "cancelled"):
        for column in ("vms", "keycrm"):
            plain = {row[column] for row in rows["statuses"] if not row.get(flag)}
            both = sorted(plain & _flagged(rows["statuses"], column, flag))
            found += [wrong("flag_in_some", "statuses", name=column, value=value, flag=flag) for value in both]
    columns: dict[str, set[str]] = {}
    for row in rows["units"]:
        columns.setdefault(row["vms"], set()).add(row["column"])
    found += [wrong("two_columns", "units", value=repr(unit)) for unit, c in sorted(columns.items()) if len(c) > 1]
    silent = sorted(pairs.silent_delivery_methods & set(pairs.delivery_services.to_keycrm))
    return found + [wrong("with_and_without", "delivery_services", value=item) for item in silent]
