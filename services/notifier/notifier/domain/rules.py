"""The rules file: channels, and which events go to them.

Promises: a file that cannot be used is refused with a sentence per mistake: table, key, what to write. No sentence
repeats a value: a channel's address holds its token.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from libs.contracts.events import SYNC_TYPES

ENTITIES = ("order", "customer", "article", "system")
ANY = "*"


class RulesError(ValueError):
    """The rules file cannot be used; `problems` has one sentence per mistake."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Channel:
    """Where messages go, and how many.

    More than `fold_above` waiting at once become one summary; a channel gets at most `most_per_hour` messages,
    `pause_seconds` apart. A refused message is tried `attempts` times, the first pause being `retry_seconds`.
    """

    name: str
    url: str | None = field(default=None, repr=False)
    url_file: str | None = None
    most_per_hour: int = 20
    pause_seconds: float = 5.0
    fold_above: int = 3
    attempts: int = 5
    retry_seconds: float = 15.0
    retry_max_seconds: float = 900.0


@dataclass(frozen=True, slots=True)
class Rule:
    """Which events, about which entities, go to which channels."""

    events: frozenset[str]
    entities: frozenset[str]
    channels: tuple[str, ...]

    def fits(self, event_type: str, entity: str) -> bool:
        """Whether this rule speaks of the event."""
        return event_type in self.events and entity in self.entities


@dataclass(frozen=True, slots=True)
class Rules:
    """The whole file."""

    channels: Mapping[str, Channel] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()

    def channels_for(self, event_type: str, entity: str) -> tuple[str, ...]:
        """The channels that are told of the event, each once."""
        fitting = (name for rule in self.rules if rule.fits(event_type, entity) for name in rule.channels)
        return tuple(dict.fromkeys(fitting))


def read(document: Mapping[str, Any]) -> Rules:
    """The rules of a parsed TOML file.

    Raises:
        RulesError: it cannot be used.
    """
    problems = [f"{name}: is no table of this file: known are channels and rules" for name in _others(document)]
    channels = _channels(document.get("channels"), problems)
    rules = _rules(document.get("rules"), channels, problems)
    if problems:
        raise RulesError(problems)
    return Rules(channels, tuple(rules))


def _others(document: Mapping[str, Any]) -> Iterable[str]:
    return sorted(set(document) - {"channels", "rules"})


# ---- channels -------------------------------------------------------------------------------------------------------

_NUMBERS: Mapping[str, tuple[type, float, float, str]] = {
    "most_per_hour": (int, 1, 3600, "a whole number from 1 to 3600, for example 20"),
    "fold_above": (int, 1, 1000, "a whole number from 1 to 1000, for example 3"),
    "attempts": (int, 1, 100, "a whole number from 1 to 100, for example 5"),
    "pause_seconds": (float, 0, 3600, "seconds from 0 to 3600, for example 5"),
    "retry_seconds": (float, 0.1, 3600, "seconds from 0.1 to 3600, for example 15"),
    "retry_max_seconds": (float, 0.1, 86400, "seconds from 0.1 to 86400, for example 900"),
}
_KEYS = ("url", "url_file", *_NUMBERS)


def _channels(table: Any, problems: list[str]) -> dict[str, Channel]:
    if not isinstance(table, dict) or not table:
        problems.append("channels: there is none: add [channels.<a name of yours>] with url or url_file")
        return {}
    return {str(name): _channel(str(name), row, problems) for name, row in table.items()}


def _channel(name: str, row: Any, problems: list[str]) -> Channel:
    where = f"[channels.{name}]"
    if not isinstance(row, dict):
        problems.append(f"{where}: write it as a table with url or url_file")
        return Channel(name)
    if not name.replace("-", "").replace("_", "").isalnum() or len(name) > 40:
        problems.append(f"{where}: name it with letters, digits, - and _, at most 40 of them")
    problems += [f"{where} {key}: is not known: known are {', '.join(_KEYS)}" for key in row if key not in _KEYS]
    if ("url" in row) == ("url_file" in row):
        problems.append(f"{where} url: give the channel's address as url, or the file that holds it as url_file")
    for key in ("url", "url_file"):
        if key in row and (not isinstance(row[key], str) or not row[key].strip()):
            problems.append(f"{where} {key}: is no text: write it in quotes")
    numbers = {key: _number(where, key, row[key], problems) for key in _NUMBERS if key in row}
    addresses = {key: row[key].strip() for key in ("url", "url_file") if isinstance(row.get(key), str)}
    return Channel(name, **addresses, **numbers)


def _number(where: str, key: str, value: Any, problems: list[str]) -> Any:
    kind, least, most, what = _NUMBERS[key]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or (kind is int and not isinstance(value, int)) or not least <= value <= most:
        problems.append(f"{where} {key}: write {what}")
        return least
    return kind(value)


# ---- rules ----------------------------------------------------------------------------------------------------------

_LISTS = ("events", "entities", "channels")


def _rules(rows: Any, channels: Mapping[str, Channel], problems: list[str]) -> list[Rule]:
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        problems.append("rules: there is none: add [[rules]] with events and channels")
        return []
    found = [_rule(f"[[rules]] {number}", row, channels, problems) for number, row in enumerate(rows, 1)]
    used = {name for rule in found for name in rule.channels}
    unused = sorted(channels.keys() - used)
    problems += [f"[channels.{name}]: no rule uses it: name it in a rule's channels, or remove it" for name in unused]
    return found


def _rule(where: str, row: Mapping[str, Any], channels: Mapping[str, Channel], problems: list[str]) -> Rule:
    problems += [f"{where} {key}: is not known: known are {', '.join(_LISTS)}" for key in row if key not in _LISTS]
    given = {"entities": [ANY], **row}
    known = {"events": SYNC_TYPES, "entities": ENTITIES, "channels": tuple(channels)}
    chosen = {key: _names(f"{where} {key}", given.get(key), known[key], problems) for key in _LISTS}
    return Rule(frozenset(chosen["events"]), frozenset(chosen["entities"]), chosen["channels"])


def _names(where: str, value: Any, known: tuple[str, ...], problems: list[str]) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(name, str) for name in value):
        problems.append(f'{where}: write a list of names in quotes, or ["{ANY}"] for all')
        return ()
    if value == [ANY]:
        return known
    wrong = [name for name in value if name not in known]
    if wrong:
        problems.append(f"{where}: entry {value.index(wrong[0]) + 1} is not known: known are {', '.join(known)}")
    return tuple(value)
