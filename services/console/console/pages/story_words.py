"""A record's story in words: one line a moment, with the values that it tells of.

Promises: values that this person may not see are hidden here as everywhere; what only a newer release knows is told by
its key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from console.domain import masks
from console.domain.story import Chain, Kind, Moment
from console.pages import answer_words, values
from console.pages.say import Say
from console.pages.values import Names, Value
from console.pages.words import N_
from libs.contracts.access import Person
from libs.contracts.types import Side
from libs.state import audit
from libs.state.conflicts import Conflict
from libs.state.dead_letters import Kept as Letter
from libs.state.events import Logged
from libs.state.operations import Operation

_EVENTS: Mapping[str, str] = {
    "order.created": N_("{side} told of a new order"),
    "order.updated": N_("{side} told that the order had changed"),
    "order.status-changed": N_("{side} told of another status"),
    "order.payment-received": N_("{side} told of a payment"),
    "order.payment-created": N_("{side} told of a payment"),
    "order.payment-updated": N_("{side} told that a payment had changed"),
    "order.shipment-updated": N_("{side} told of the shipment"),
    "customer.created": N_("{side} told of a new customer"),
    "customer.updated": N_("{side} told that the customer had changed"),
    "buyer.created": N_("{side} told of a new customer"),
    "buyer.updated": N_("{side} told that the customer had changed"),
    "article.created": N_("{side} told of a new article"),
    "article.updated": N_("{side} told that the article had changed"),
    "article.stock-changed": N_("{side} told of another stock level"),
    "article.price-changed": N_("{side} told of another price"),
    "product.updated": N_("{side} told that the article had changed"),
    "stock.changed": N_("{side} told of another stock level"),
}
_ACTS: Mapping[str, str] = {
    "created": N_("Made in {side}"),
    "attached": N_("Joined with its record in {side}"),
    "alias": N_("A further number was noted"),
    "flagged": N_("Made in {side}, with a remark"),
    "ignored": N_("Left alone"),
    "payment": N_("Payment carried to {side}"),
    "sync.asked": N_("{who} asked for a sync"),
    "found_different": N_("Both sides were found to differ, and nothing explained it: made due again"),
    "dead-letter.replayed": N_("{who} had the dead letter tried again"),
    "dead-letter.superseded": N_("{who} settled the dead letter: something newer had come"),
    "dead-letter.discarded": N_("{who} discarded the dead letter"),
}
_WRITTEN = N_("{field} written to {side}")
_ANSWERED: Mapping[str, str] = {
    "vms": N_("{who} answered for {field}: VMS’s value"),
    "keycrm": N_("{who} answered for {field}: KeyCRM’s value"),
    "value": N_("{who} answered for {field}: another value"),
    "keep": N_("{who} answered for {field}: leave both as they are"),
}
_ICONS = {
    Kind.EVENT: "pulse", Kind.PERSON: "person", Kind.ASKED: "fork", Kind.WRITE: "send", Kind.ENDED: "warn",
    Kind.LETTER: "letter", Kind.SETTLED: "tick",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """One line of a story."""

    moment: Moment
    icon: str
    text: str
    detail: str = ""
    before: Value | None = None
    after: Value | None = None
    href: str = ""


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells stories to one person."""

    person: Person
    say: Say
    names: Names

    def chain(self, chain: Chain) -> tuple[Told, ...]:
        """A chain, line by line."""
        return tuple(self.told(moment) for moment in chain.moments)

    def told(self, moment: Moment) -> Told:
        """One moment."""
        about, icon = moment.about, _ICONS[moment.kind]
        match about:
            case Logged():
                return Told(moment, icon, self._event(about), self._waiting(about))
            case audit.Kept():
                return self._act(moment, about)
            case Conflict():
                return self._question(moment, about)
            case Letter():
                why = self.say.reason(about.received.code or about.received.letter.reason)
                text = self.say.gettext(N_("Set aside as a dead letter: {why}"), why=why)
                return Told(
                    moment, icon, text, self.say.reason(about.received.letter.error), href=f"/dead-letters/{about.id}"
                )
            case Operation():
                return Told(
                    moment,
                    icon,
                    self.say.gettext(N_("What was asked for has failed")),
                    self.say.reason(about.error or ""),
                )
            case _:
                return Told(moment, icon, moment.kind.name.lower())

    def _event(self, logged: Logged) -> str:
        source, _, kind = logged.received.event_type.partition(".")
        msgid = _EVENTS.get(kind)
        return self.say.gettext(msgid, side=self.say.side(source)) if msgid else logged.received.event_type

    def _waiting(self, logged: Logged) -> str:
        if logged.status == "error":
            return self.say.reason(logged.error or "")
        return self.say.gettext(N_("not worked on yet")) if logged.status == "pending" else ""

    def _act(self, moment: Moment, kept: audit.Kept) -> Told:
        entry, icon = kept.entry, _ICONS[moment.kind]
        side = self.say.side(entry.side) if entry.side else ""
        places = {"who": self.say.actor(entry.actor), "side": side, "field": self.say.field(entry.field or "")}
        if entry.field and entry.action in ("updated", "created", "payment"):
            before, after = self._values(kept)
            detail = " · ".join(filter(None, [self.say.reason(entry.reason) if entry.reason else "", _failed(entry)]))
            return Told(moment, icon, _great(self.say.gettext(_WRITTEN, **places)), detail, before, after)
        msgid = _ANSWERED.get(entry.reason) if entry.action == "conflict.answered" else _ACTS.get(entry.action)
        text = self.say.gettext(msgid, **places) if msgid else entry.action
        is_said = entry.action == "conflict.answered" or not entry.reason
        return Told(moment, icon, _great(text), "" if is_said else self.say.reason(entry.reason))

    def _values(self, kept: audit.Kept) -> tuple[Value, Value]:
        entry = kept.entry
        side, name = entry.side or Side.VMS, entry.field or ""
        seen = [masks.seen(self.person, entry.entity, name, one) for one in (entry.before, entry.after)]
        one, other = (values.value(name, side, raw, self.say.language, self.names) for raw in seen)
        return one, other

    def _question(self, moment: Moment, conflict: Conflict) -> Told:
        field = self.say.field(str(conflict.question["field"]), conflict.entity)
        href, icon = f"/conflicts/{conflict.id}", _ICONS[moment.kind]
        if moment.kind is Kind.ASKED:
            text = self.say.gettext(N_("Asked people about {field}"), field=field)
            return Told(moment, icon, text, self.say.reason(str(conflict.question["reason"])), href=href)
        text = self.say.gettext(N_("The question about {field} was settled"), field=field)
        chosen = answer_words.chosen(conflict, self.person, self.say, self.names)
        if chosen and conflict.answered_by:
            chosen = f"{self.say.actor(conflict.answered_by)}: {chosen}"
        return Told(moment, icon, text, chosen or self.say.reason(conflict.close_reason or ""), href=href)


def _failed(entry: audit.Entry) -> str:
    return "" if entry.outcome == "done" else entry.outcome


def _great(text: str) -> str:
    return text[:1].upper() + text[1:]
