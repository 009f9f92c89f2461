"""Mistakes in the pairs file: one sentence each, with table, row, key and what to write, by the mistake's key.

Promises: a person can correct the file from the sentence alone; keys of the file and values stand as they are written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from libs.wording import catalogue
from libs.wording.catalogue import N_
from libs.wording.languages import Language

SETTING = "SYNC_PAIRS_FILE"
FILE: Mapping[str, str] = {
    "not_set": N_("is not set for the console: give it the file that the other services read"),
    "unreadable": N_("the file cannot be read ({why}): check the path"),
    "not_toml": N_("is not TOML: {why}"),
}
"""Of the file as a whole."""
ROWS: Mapping[str, str] = {
    "no_rows": N_("{table}: no rows. Add at least one [[{table}]] with {shape}"),
    "no_list": N_("{table}: write each pair as [[{table}]] with {shape}"),
    "missing": N_("{table} row {row}: {name} is missing: write {name} = {kind}"),
    "no_such_key": N_("{table} row {row}: {name}: no such key. Known: {known}"),
    "wrong_value": N_("{table} row {row}: {name} = {value}: must be {kind}"),
    "no_such_table": N_("{table}: no such table. Known: {known}"),
    "no_default": N_("{table}: {name} = {value} stands in {count} rows: mark exactly one with {mark} = true"),
    "flag_in_some": N_("{table}: {name} = {value} has {flag} in one row only: set it in all or none"),
    "two_columns": N_("{table}: vms = {value} has two columns: choose one"),
    "with_and_without": N_("{table}: vms = {value} stands with and without keycrm: keep one"),
}
"""Of the rows among themselves."""
ACCOUNT: Mapping[str, str] = {
    "no_statuses": N_("{table}: KeyCRM has no status {id}: correct `keycrm` or remove the row"),
    "no_sources": N_("{table}: KeyCRM has no source {id}: correct `keycrm` or remove the row"),
    "no_payment_methods": N_("{table}: KeyCRM has no payment method {id}: correct `keycrm` or remove the row"),
    "no_delivery_services": N_("{table}: KeyCRM has no delivery service {id}: correct `keycrm` or remove the row"),
    "cancelled": N_("{table}: KeyCRM's status {id} is cancelled: set cancelled = true"),
    "not_cancelled": N_("{table}: KeyCRM's status {id} is not cancelled: remove cancelled"),
    "other_currency": N_("{table}: KeyCRM's source {id} is in {currency}, not {written}: change it"),
}
"""Of the rows and what KeyCRM's account has."""
KINDS: Mapping[str, str] = {
    "byte": N_("a whole number from 0 to 255"),
    "id": N_("a whole number above 0"),
    "flag": N_("true or false"),
    "text": N_("a text that is not empty"),
    "any text": N_("a text (empty for KeyCRM's null)"),
    "column": N_("one of necessarySquareMeters, linearMeters, numberOfOutputPallet"),
}
"""What a value must be."""
_SENTENCES: Mapping[str, str] = {**FILE, **ROWS, **ACCOUNT}


def mistake(key: str, params: Mapping[str, Any], language: Language) -> str:
    """The sentence about a mistake; `kind` and `shape` name kinds of value by their keys."""
    said = catalogue.of(language).gettext
    words = dict(params)
    if "kind" in words:
        words["kind"] = said(KINDS[words["kind"]])
    if "shape" in words:
        words["shape"] = ", ".join(f"{name} = {said(KINDS[kind])}" for name, kind in words["shape"])
    sentence = said(_SENTENCES[key]).format_map(words)
    return f"{SETTING}: {sentence}" if key in FILE else sentence


def retold(text: str, language: Language) -> str | None:
    """What a service tells in English of a mistake that KeyCRM's account shows, in this language; None: it is none."""
    for key, pattern in _patterns():
        if found := pattern.fullmatch(text):
            return f"{SETTING}: {mistake(key, found.groupdict(), language)}"
    return None


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    english = {key: re.escape(f"{SETTING}: {msgid}") for key, msgid in ACCOUNT.items()}
    return tuple((key, re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+)", one))) for key, one in english.items())
