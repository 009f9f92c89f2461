"""The rules file, read: what cannot be used is refused.

Promises: one sentence a mistake, all mistakes at once: table, key, what to write. No sentence repeats a value: a
channel's address holds its token.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from libs.contracts.events import SYNC_TYPES
from libs.wording.languages import LANGUAGES, chosen
from notifier.domain.matters import ALL_WELL, NEWS_TYPES, WAITING, Pace
from notifier.domain.rules import MOST_HOURS, STEPS, Channel, Rule, Rules, RulesError

ENTITIES = ("order", "customer", "article", "system")
EVENTS = (*SYNC_TYPES, *NEWS_TYPES)
_RECORDS, _WHOLE = ENTITIES[:3], ENTITIES[3:]
ENTITIES_OF: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(EVENTS, _RECORDS),
    **dict.fromkeys(("sync.partner.unreachable", "sync.partner.reachable", "sync.flow.stopped"), _WHOLE),
    "sync.dead-letter": ENTITIES, ALL_WELL: ENTITIES,
}  # fmt: skip
"""What each event can tell of: a partner and a flow concern the sync as a whole, a question one record."""
ANY = "*"
_TABLES = ("channels", "rules", "lasting")


def read(document: Mapping[str, Any]) -> Rules:
    """The rules of a parsed TOML file.

    Raises:
        RulesError: it cannot be used.
    """
    known = f"known are {', '.join(_TABLES[:-1])} and {_TABLES[-1]}"
    problems = [f"{name}: is no table of this file: {known}" for name in sorted(set(document) - set(_TABLES))]
    channels = _channels(document.get("channels"), problems)
    rules = _rules(document.get("rules"), channels, problems)
    pace = _pace(document.get("lasting", {}), problems)
    if problems:
        raise RulesError(problems)
    return Rules(channels, tuple(rules), pace)


# ---- channels -------------------------------------------------------------------------------------------------------

_Numbers = Mapping[str, tuple[type, float, float, str]]
_NUMBERS: _Numbers = {
    "most_per_hour": (int, 1, 3600, "a whole number from 1 to 3600, for example 20"),
    "fold_above": (int, 1, 1000, "a whole number from 1 to 1000, for example 3"),
    "attempts": (int, 1, 100, "a whole number from 1 to 100, for example 5"),
    "pause_seconds": (float, 0, 3600, "seconds from 0 to 3600, for example 5"),
    "retry_seconds": (float, 0.1, 3600, "seconds from 0.1 to 3600, for example 15"),
    "retry_max_seconds": (float, 0.1, 86400, "seconds from 0.1 to 86400, for example 900"),
}
_SHORTER = "is shorter than"
_TEXTS = ("url", "url_file", "people")
_KEYS = (*_TEXTS, "language", "zone", "quiet", *_NUMBERS)
_QUIET = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


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
    problems += _unknown(where, row, _KEYS)
    if ("url" in row) == ("url_file" in row):
        problems.append(f"{where} url: give the channel's address as url, or the file that holds it as url_file")
    texts: dict[str, Any] = {
        key: text for key in _TEXTS if key in row and (text := _text(where, key, row[key], problems))
    }
    numbers = _numbers(where, _NUMBERS, row, problems)
    channel = Channel(name, **texts, **_speech(where, row, problems), **numbers)
    if channel.retry_max_seconds < channel.retry_seconds:
        problems.append(
            f"{where} retry_max_seconds: {_SHORTER} retry_seconds ({channel.retry_seconds:g}): write at least that"
        )
    return channel


def _text(where: str, key: str, value: Any, problems: list[str]) -> str:
    if not isinstance(value, str) or not value.strip():
        problems.append(f"{where} {key}: is no text: write it in quotes")
        return ""
    if key == "people" and len(value.strip()) > 80:
        problems.append(f"{where} {key}: is longer than 80 letters: shorten it")
    return value.strip()


def _speech(where: str, row: Mapping[str, Any], problems: list[str]) -> dict[str, Any]:
    """Language, zone and quiet hours, where they are given."""
    found: dict[str, Any] = {}
    if "language" in row:
        found["language"] = chosen(str(row["language"]))
        if found["language"] is None:
            problems.append(f"{where} language: is not known: known are {', '.join(LANGUAGES)}")
    if "zone" in row:
        try:
            found["zone"] = ZoneInfo(str(row["zone"]))
        except (ValueError, OSError, KeyError):
            problems.append(f'{where} zone: is no time zone: write it as "Europe/Kyiv"')
    if "quiet" in row:
        found["quiet"] = _quiet(where, row["quiet"], problems)
    return found


def _quiet(where: str, value: Any, problems: list[str]) -> tuple[time, time] | None:
    written = _QUIET.fullmatch(value) if isinstance(value, str) else None
    if written is None or written.group(1, 2) == written.group(3, 4):
        problems.append(f'{where} quiet: is no span of hours: write it as "22:00-08:00"')
        return None
    return time(int(written[1]), int(written[2])), time(int(written[3]), int(written[4]))


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
    problems += _unknown(where, row, (*_LISTS, "hours"))
    given = {"entities": [ANY], **row}
    known = {"events": EVENTS, "entities": ENTITIES, "channels": tuple(channels)}
    named = {key: _names(f"{where} {key}", given.get(key), known[key], problems) for key in _LISTS}
    if given["entities"] != [ANY] and given.get("events") != [ANY]:
        problems += _never(where, named["events"], named["entities"])
    hours = _hours(where, row["hours"], problems) if "hours" in row else STEPS
    if "hours" in row and WAITING not in named["events"]:
        problems.append(f"{where} hours: says nothing without {WAITING}: name it in events, or leave hours out")
    return Rule(frozenset(named["events"]), frozenset(named["entities"]), named["channels"], hours)


def _never(where: str, events: Iterable[str], entities: Iterable[str]) -> list[str]:
    """Events that tell of other entities than the rule names: it would be silent on them, and nobody would notice."""
    told = {one: ENTITIES_OF[one] for one in events if one in EVENTS}
    return [
        f"{where} entities: {one} tells only of {', '.join(of)}: name that, or give the event a rule of its own"
        for one, of in told.items()
        if set(of).isdisjoint(entities)
    ]


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


def _hours(where: str, value: Any, problems: list[str]) -> tuple[int, ...]:
    is_list = isinstance(value, list) and bool(value)
    if not is_list or not all(type(one) is int and 1 <= one <= MOST_HOURS for one in value):
        problems.append(f"{where} hours: write a list of whole hours from 1 to {MOST_HOURS}, for example [4, 24, 72]")
        return STEPS
    return tuple(sorted(set(value)))


# ---- what lasts -----------------------------------------------------------------------------------------------------

_PACE: _Numbers = {
    "repeat_minutes": (float, 1, 10080, "minutes from 1 to 10080, for example 60"),
    "repeat_max_minutes": (float, 1, 43200, "minutes from 1 to 43200, for example 1440"),
    "calm_seconds": (float, 0, 3600, "seconds from 0 to 3600, for example 60"),
}


def _pace(table: Any, problems: list[str]) -> Pace:
    where = "[lasting]"
    if not isinstance(table, dict):
        problems.append(f"{where}: write it as a table with {', '.join(_PACE)}")
        return Pace()
    problems += _unknown(where, table, tuple(_PACE))
    found, pace = _numbers(where, _PACE, table, problems), Pace()
    repeat = timedelta(minutes=found["repeat_minutes"]) if "repeat_minutes" in found else pace.repeat
    most = timedelta(minutes=found["repeat_max_minutes"]) if "repeat_max_minutes" in found else pace.repeat_max
    calm = timedelta(seconds=found["calm_seconds"]) if "calm_seconds" in found else pace.calm
    if most < repeat:
        minutes = repeat / timedelta(minutes=1)
        problems.append(f"{where} repeat_max_minutes: {_SHORTER} repeat_minutes ({minutes:g}): write at least that")
    return Pace(repeat, most, calm)


# ---- both -----------------------------------------------------------------------------------------------------------


def _unknown(where: str, row: Iterable[str], known: tuple[str, ...]) -> list[str]:
    return [f"{where} {key}: is not known: known are {', '.join(known)}" for key in row if key not in known]


def _numbers(where: str, known: _Numbers, row: Mapping[str, Any], problems: list[str]) -> dict[str, Any]:
    return {key: _number(where, key, known[key], row[key], problems) for key in known if key in row}


def _number(where: str, key: str, known: tuple[type, float, float, str], value: Any, problems: list[str]) -> Any:
    kind, least, most, what = known
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or (kind is int and not isinstance(value, int)) or not least <= value <= most:
        problems.append(f"{where} {key}: write {what}")
        return least
    return kind(value)
