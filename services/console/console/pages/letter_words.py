"""Dead letters in words, and what they carried made readable.

Promises: what a letter carried is shown to those who may see personal data, as text; what is not text is told by its
size. The first lines tell enough: more than a screen's worth is cut.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from console.domain.letters import Behind, Kind, Outcome
from console.handlers.replay import Preview
from console.pages.say import Say
from console.pages.words import N_
from libs.contracts.access import Person
from libs.contracts.dead_letter import DeadLetter

MOST_SHOWN = 64 * 1024
KINDS: Mapping[Kind, str] = {
    Kind.RECORD: N_("a message of a topic"), Kind.ITEM: N_("work on a record"), Kind.STOCK: N_("a stock level"),
    Kind.PRICE: N_("a price"), Kind.NOTIFICATION: N_("a message to people"), Kind.WEBHOOK: N_("a webhook of KeyCRM"),
}  # fmt: skip
STATUSES: Mapping[str, str] = {
    "kept": N_("waits for a person"), "replayed": N_("tried again"), "discarded": N_("discarded"),
    "superseded": N_("settled: something newer came"),
}  # fmt: skip
EFFECTS: Mapping[Outcome, tuple[str, str]] = {
    Outcome.REPUBLISHED: (N_("is tried"), "success"), Outcome.MARKED: (N_("is tried"), "success"),
    Outcome.SUPERSEDED: (N_("settles it"), "info"), Outcome.REFUSED: (N_("would do nothing"), "warning"),
    Outcome.IMPOSSIBLE: (N_("would do nothing"), "warning"),
}  # fmt: skip
OUTCOMES: Mapping[str, str] = {
    "republished": N_("The message went to its topic again."),
    "marked": N_("It is due again and is being worked on."),
    "superseded": N_("Something newer had come: nothing was done, and the letter is settled."),
}
_VERDICTS: Mapping[tuple[Outcome, Kind], str] = {
    (Outcome.REPUBLISHED, Kind.RECORD): N_(
        "The message goes to its topic again, as it came, and is worked on like a new one."
    ),
    (Outcome.MARKED, Kind.ITEM): N_(
        "The record becomes due at once; both sides are read again before anything is written."
    ),
    (Outcome.MARKED, Kind.STOCK): N_("The level becomes due again: VMS’s newest figure is sent."),
    (Outcome.MARKED, Kind.PRICE): N_("The price becomes due again: VMS’s newest one is sent."),
    (Outcome.MARKED, Kind.NOTIFICATION): N_("It is sent to its channel again; the channel may have shown it before."),
    (Outcome.SUPERSEDED, Kind.RECORD): N_(
        "Something newer has come since: it would change nothing, and only settle the letter."
    ),
    (Outcome.SUPERSEDED, Kind.ITEM): N_(
        "The record has been synced since: nothing is left to do, and the letter is settled."
    ),
    (Outcome.SUPERSEDED, Kind.STOCK): N_("VMS has told a newer figure since: it is sent by itself."),
    (Outcome.SUPERSEDED, Kind.PRICE): N_("VMS has told a newer price since: it is sent by itself."),
    (Outcome.SUPERSEDED, Kind.NOTIFICATION): N_("It has been sent since, or is about to be."),
    (Outcome.REFUSED, Kind.RECORD): N_(
        "It would be refused again for the same reason. Mend its source, then discard it."
    ),
    (Outcome.IMPOSSIBLE, Kind.RECORD): N_("It names no topic of ours to go back to. Discard it."),
    (Outcome.IMPOSSIBLE, Kind.ITEM): N_("The record it was about is no longer there. Discard it."),
    (Outcome.IMPOSSIBLE, Kind.STOCK): N_("The level it was about is no longer there. Discard it."),
    (Outcome.IMPOSSIBLE, Kind.PRICE): N_("The price it was about is no longer there. Discard it."),
    (Outcome.IMPOSSIBLE, Kind.NOTIFICATION): N_("The message is no longer there. Discard it."),
    (Outcome.IMPOSSIBLE, Kind.WEBHOOK): N_(
        "A webhook has no topic to go back to; the poll finds what it told. Discard it."
    ),
}


@dataclass(frozen=True, slots=True)
class Carried:
    """What a letter carried, as text."""

    key: str
    headers: tuple[tuple[str, str], ...]
    body: str
    bytes: int
    is_cut: bool
    is_binary: bool


def effect(outcome: Outcome) -> tuple[str, str]:
    """What a replay comes to in two words, and their colour; no promise that it goes well."""
    return EFFECTS[outcome]


def behind(found: Behind) -> tuple[tuple[str, str], ...]:
    """What the letter is about where no record's name says it: a SKU, a warehouse, a channel."""
    told = ((N_("SKU"), found.sku), (N_("Warehouse"), found.warehouse), (N_("Channel"), found.channel))
    return tuple((name, value) for name, value in told if value)


def verdict(found: Preview, say: Say) -> str:
    """What a replay would do, in the reader's words."""
    msgid = _VERDICTS.get((found.verdict.outcome, found.behind.kind))
    return say.gettext(msgid) if msgid else found.verdict.sentence


def carried(letter: DeadLetter, person: Person) -> Carried | None:
    """What it carried; None: this person may not see it."""
    if not person.sees_personal:
        return None
    raw = letter.body or b""
    text, is_binary = _text(raw[:MOST_SHOWN])
    return Carried(
        _text(letter.key or b"")[0], tuple((name, _text(value or b"")[0]) for name, value in letter.headers),
        _pretty(raw) or text, len(raw), len(raw) > MOST_SHOWN, is_binary,
    )  # fmt: skip


def _pretty(raw: bytes) -> str:
    """JSON with a line for each thing; empty: it is none."""
    if len(raw) > MOST_SHOWN:
        return ""
    try:
        return json.dumps(json.loads(raw), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return ""


def _text(raw: bytes) -> tuple[str, bool]:
    try:
        return raw.decode(), False
    except UnicodeDecodeError:
        return raw.decode(errors="replace"), True
