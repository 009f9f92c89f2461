"""The comparison in words: how it stands, why something differs and what that means.

Promises: a number is never told without what it is about; what no pass has come to the end of is not told as whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from console.handlers.comparison import Comparison
from console.pages import values
from console.pages.say import Say
from console.pages.words import N_
from libs.state.causes import Cause
from libs.state.levels import Kind
from libs.state.tallies import Subject

SUBJECTS: Mapping[Subject, tuple[str, str]] = {
    Subject.ORDER: (N_("Orders"), "cart"), Subject.CUSTOMER: (N_("Customers"), "person"),
    Subject.ARTICLE: (N_("Articles"), "box"), Subject.STOCK: (N_("Stock"), "stock"),
    Subject.PRICE: (N_("Prices"), "price"),
}  # fmt: skip
CAUSES: Mapping[Cause, tuple[str, str]] = {
    Cause.NOTHING: (N_("unexplained"), "warning"), Cause.QUESTION: (N_("a question is open"), "warning"),
    Cause.DEAD_LETTER: (N_("set aside"), "failure"), Cause.STOPPED: (N_("its flow has stopped"), "failure"),
    Cause.WAITING: (N_("on its way"), "info"),
}  # fmt: skip
MEANINGS: Mapping[Cause, str] = {
    Cause.NOTHING: N_("The sync has made it due again by itself. If it stays here, tell the engineers."),
    Cause.QUESTION: N_("A person decides; until then both sides stay as they are."),
    Cause.DEAD_LETTER: N_("It could not be carried over, and waits until a person has looked."),
    Cause.STOPPED: N_("Nothing goes this way until a person lets it go on."),
    Cause.WAITING: N_("It is due, and will be carried over in its turn."),
}


def sentence(known: Comparison, say: Say) -> tuple[str, str]:
    """How it stands, and the colour of that."""
    if known.unexplained:
        told = say.ngettext(
            "{n} difference; unexplained: {unexplained}.", "{n} differences; unexplained: {unexplained}.",
            known.differs, unexplained=say.number(known.unexplained),
        )  # fmt: skip
        return told, "warning"
    if known.differs:
        return say.ngettext(
            "{n} difference, and it is known why.", "{n} differences, and it is known why.", known.differs
        ), "info"
    if known.whole_at is None:
        return say.gettext(N_("No difference so far.")), "info"
    return say.gettext(N_("Both sides are the same, as of {moment}."), moment=say.moment(known.whole_at)), "success"


def more(known: Comparison, say: Say) -> list[str]:
    """What is to be known beside the sentence."""
    told = []
    if known.whole_at is None:
        compared, all_ = say.number(known.compared), say.number(known.known)
        told.append(say.gettext(N_("Compared so far: {compared} of {all}."), compared=compared, all=all_))
    elif known.differs:
        moment = say.moment(known.whole_at)
        told.append(say.gettext(N_("Every record known at {moment} has been compared since."), moment=moment))
    if known.whole_at is not None and known.left_out:
        told.append(
            say.ngettext(
                "{n} has not been compared: it is new, or a side did not show it.",
                "{n} have not been compared: they are new, or a side did not show them.", known.left_out,
            )
        )  # fmt: skip
    if known.suspects:
        told.append(
            say.ngettext(
                "{n} more is looked at again: a change may just have been on its way.",
                "{n} more are looked at again: a change may just have been on its way.", known.suspects,
            )
        )  # fmt: skip
    if not known.is_standing:
        told.append(say.gettext(N_("Records are compared only when somebody asks: SYNC_COMPARE_SECONDS is 0.")))
    return told


def figure(kind: Kind, text: str, say: Say) -> str:
    """A stock figure or a price as people of the language write it."""
    return values.amount(text, say.language) if kind is Kind.PRICE else say.number(Decimal(text))
