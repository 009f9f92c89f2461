"""A text that one side cuts: an edit of the cut copy is a question, an edit of the whole is not."""

from __future__ import annotations

from libs.reconcile.fields import Field
from libs.reconcile.kinds import Text
from tests.unit.reconcile.builders import agreed, keycrm, looked, vms


def test_an_edit_of_a_cut_copy_is_asked_about_because_its_end_was_never_seen() -> None:
    """VMS holds the beginning of a long text of KeyCRM: an edit there would take the rest away, so a person chooses."""
    table = {"comment": Field("comment", Text(vms_limit=6, keycrm_limit=100))}
    memory = agreed(comment=("call b", "call before noon"))

    result = looked(memory, vms(comment="ring b"), keycrm(comment="call before noon"), table)

    [question] = result.asked
    assert (question.reason, question.shown_vms, question.shown_keycrm) == ("cut_edited", "ring b", "call before noon")
    assert result.decision.to_vms == result.decision.to_keycrm == {}


def test_an_edit_of_the_whole_text_goes_to_the_side_that_cuts_it() -> None:
    """Who edits the longer text has seen all of it."""
    table = {"comment": Field("comment", Text(vms_limit=6, keycrm_limit=100))}
    memory = agreed(comment=("call b", "call before noon"))

    result = looked(memory, vms(comment="call b"), keycrm(comment="ring before noon"), table)

    assert result.asked == ()
    assert result.decision.to_vms["comment"].value == "ring b"
