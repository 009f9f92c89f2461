"""The kinds of value: when two sides mean the same, how a value is carried across, what a side makes of it.

Promises: `carry` answers a value in the target's terms, or says why there is none (`Refused`: permanent; `Asked`: a
person must decide). `is_made_of` is true when a side that was sent `sent` may well show `shown`: cut at its limit,
rounded, reformatted. What was sent is always made of itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from libs.contracts.types import Side
from libs.reconcile import normalise
from libs.reconcile.pairs import Pairs
from libs.reconcile.values import Choice, Image, Value


@dataclass(frozen=True, slots=True)
class Sent:
    """The value in the target's terms."""

    value: Value


@dataclass(frozen=True, slots=True)
class Refused:
    """It cannot be carried, and would fail the same way again: the rule and the sentence that names the fix."""

    rule: str
    text: str


@dataclass(frozen=True, slots=True)
class Asked:
    """It cannot be carried by a program: the reason's key, what its sentence names, what may be answered."""

    reason: str
    params: Mapping[str, Value] = field(default_factory=dict)
    choices: tuple[Choice, ...] = (Choice.KEEP,)


Carried: TypeAlias = Sent | Refused | Asked


class Kind(Protocol):
    """What a field's values are; `held` is the target's whole image."""

    def means(self, vms: Value, keycrm: Value) -> bool:
        """Whether the two sides say the same, given what each makes of the other's."""

    def carry(self, value: Value, to: Side, held: Image) -> Carried:
        """The value in the target's terms."""

    def is_made_of(self, side: Side, shown: Value, sent: Value) -> bool:
        """Whether the side may show `shown` after it was sent `sent`."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text; `limits` is where each side cuts it."""

    vms_limit: int | None = None
    keycrm_limit: int | None = None

    def means(self, vms: Value, keycrm: Value) -> bool:
        """Equal, or one is the other cut at its side's limit."""
        return self.is_made_of(Side.VMS, vms, keycrm) or self.is_made_of(Side.KEYCRM, keycrm, vms)

    def carry(self, value: Value, to: Side, held: Image) -> Carried:
        """The text, cut where the target would cut it."""
        return Sent(normalise.cut(_text(value), self._limit(to)))

    def is_made_of(self, side: Side, shown: Value, sent: Value) -> bool:
        """The text, or the text cut at that side's limit."""
        return _text(shown) in (_text(sent), normalise.cut(_text(sent), self._limit(side)))

    def _limit(self, side: Side) -> int | None:
        return self.vms_limit if side is Side.VMS else self.keycrm_limit


def is_answer(kind: Kind, side: Side, shown: Value, sent: Value, was: Value, *, is_cutting: bool = False) -> bool:
    """Whether the answer to a write shows it, also cut at a limit that we do not know.

    Only the write's own answer may be judged so: in a later look a shortened text is a person's edit. The value from
    before the write is its beginning by chance, and only lags, unless the side is known to cut (`is_cutting`).
    """
    if kind.is_made_of(side, shown, sent):
        return True
    return isinstance(kind, Text) and (shown != was or is_cutting) and is_beginning(shown, sent)


def is_beginning(shown: Value, whole: Value) -> bool:
    """Whether a text is the beginning of another."""
    is_texts = isinstance(shown, str) and isinstance(whole, str) and bool(shown)
    return is_texts and str(whole).startswith(str(shown))


def is_cut(own: Value, whole: Value) -> bool:
    """Whether a side's text is the mere beginning of the other's, for want of room."""
    return own != whole and is_beginning(own, whole)


@dataclass(frozen=True, slots=True)
class Same:
    """A value that both sides spell alike once it is normalised (e-mail, day)."""

    def means(self, vms: Value, keycrm: Value) -> bool:
        """Equal."""
        return vms == keycrm

    def carry(self, value: Value, to: Side, held: Image) -> Carried:
        """As it is."""
        return Sent(value)

    def is_made_of(self, side: Side, shown: Value, sent: Value) -> bool:
        """Equal."""
        return shown == sent


@dataclass(frozen=True, slots=True)
class FirstOf:
    """The first of KeyCRM's list (phone, e-mail): clearing it in VMS lets the next of the list move up."""

    list_name: str

    def means(self, vms: Value, keycrm: Value) -> bool:
        """Equal, once normalised."""
        return vms == keycrm

    def carry(self, value: Value, to: Side, held: Image) -> Carried:
        """As it is; None towards KeyCRM is what then comes first in the list."""
        rest = held.get(self.list_name)
        if value is None and to is Side.KEYCRM and isinstance(rest, list):
            return Sent(rest[1] if len(rest) > 1 else None)
        return Sent(value)

    def is_made_of(self, side: Side, shown: Value, sent: Value) -> bool:
        """Equal, once normalised."""
        return shown == sent


@dataclass(frozen=True, slots=True)
class Amount:
    """Money; every side may round it to the cent."""

    def means(self, vms: Value, keycrm: Value) -> bool:
        """Equal, or one is the other rounded."""
        return self.is_made_of(Side.VMS, vms, keycrm) or self.is_made_of(Side.KEYCRM, keycrm, vms)

    def carry(self, value: Value, to: Side, held: Image) -> Carried:
        """As it is."""
        return Sent(value)

    def is_made_of(self, side: Side, shown: Value, sent: Value) -> bool:
        """The amount, or the amount rounded."""
        return shown == sent or (sent is not None and _rounded(sent) == shown)


@dataclass(frozen=True, slots=True)
class Status:
    """VMS's status byte and KeyCRM's status id, by the pairs."""

    pairs: Pairs

    def means(self, vms: Value, keycrm: Value) -> bool:
        """Whether a row of the pairs joins the two."""
        return isinstance(vms, int) and isinstance(keycrm, int) and self.pairs.statuses.means(vms, keycrm)

    def carry(self, value: Value, to: Side, held: Image) -> Carried:
        """The default of the value's rows; no row is a refusal."""
        table = self.pairs.statuses.to_vms if to is Side.VMS else self.pairs.statuses.to_keycrm
        if isinstance(value, int) and value in table:
            return Sent(table[value])
        return _no_pair("statuses", to.other, value)

    def is_made_of(self, side: Side, shown: Value, sent: Value) -> bool:
        """Equal."""
        return shown == sent


@dataclass(frozen=True, slots=True)
class DeliveryService:
    """VMS's delivery method and KeyCRM's delivery service; a method without a service says nothing."""

    pairs: Pairs

    def means(self, vms: Value, keycrm: Value) -> bool:
        """Whether a row joins the two, or VMS says nothing."""
        if vms is None or vms in self.pairs.silent_delivery_methods:
            return True
        return isinstance(vms, int) and isinstance(keycrm, int) and self.pairs.delivery_services.means(vms, keycrm)

    def carry(self, value: Value, to: Side, held: Image) -> Carried:
        """The default of the value's rows; no row is a refusal."""
        table = self.pairs.delivery_services.to_vms if to is Side.VMS else self.pairs.delivery_services.to_keycrm
        if value is None or (to is Side.KEYCRM and value in self.pairs.silent_delivery_methods):
            return Sent(None)
        if isinstance(value, int) and value in table:
            return Sent(table[value])
        return _no_pair("delivery_services", to.other, value)

    def is_made_of(self, side: Side, shown: Value, sent: Value) -> bool:
        """Equal."""
        return shown == sent


@dataclass(frozen=True, slots=True)
class Tracking:
    """A tracking code: KeyCRM takes it once."""

    def means(self, vms: Value, keycrm: Value) -> bool:
        """Equal."""
        return vms == keycrm

    def carry(self, value: Value, to: Side, held: Image) -> Carried:
        """The code, while KeyCRM has none; a second one is asked about, since KeyCRM refuses it."""
        present = held.get("tracking_code")
        if to is Side.VMS:
            choices = (Choice.KEEP,) if value is not None else (Choice.VMS, Choice.KEEP)
            return Asked("tracking_changed", {"vms": present, "keycrm": value}, choices)
        if present is not None:
            return Asked("tracking_changed", {"vms": value, "keycrm": present})
        return Sent(value)

    def is_made_of(self, side: Side, shown: Value, sent: Value) -> bool:
        """Equal."""
        return shown == sent


def _text(value: Value) -> str | None:
    return value if isinstance(value, str) else None


def _rounded(value: Value) -> str | None:
    return normalise.money(normalise.cents(value)) if isinstance(value, str) else None


def _no_pair(table: str, source: Side, value: Value) -> Refused:
    name = "VMS" if source is Side.VMS else "KeyCRM"
    return Refused("no_pair", f"{name}'s id {value} has no pair: add a row to [[{table}]] of SYNC_PAIRS_FILE")
