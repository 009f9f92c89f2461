"""An order cancelled in KeyCRM: KeyCRM wins while it has not been shipped; once shipped, a person decides."""

from __future__ import annotations

from collections.abc import Callable

from libs.contracts.types import Side
from libs.reconcile.contest import Contest, Verdict
from libs.reconcile.kinds import Asked
from libs.reconcile.pairs import Pairs
from libs.reconcile.values import Choice


def cancellation(pairs: Pairs) -> Callable[[Contest], Verdict | None]:
    """The status field's special policy; None leaves the case to the ordinary one."""

    def judge(contest: Contest) -> Verdict | None:
        if contest.keycrm not in pairs.cancelled_keycrm or not contest.has_moved(Side.KEYCRM):
            return None
        if contest.vms in pairs.shipped_vms or contest.bases.keycrm.get(contest.field) in pairs.shipped_keycrm:
            params = {"vms": contest.vms, "keycrm": contest.keycrm}
            return Asked("cancelled_after_shipping", params, (Choice.VMS, Choice.KEYCRM, Choice.VALUE))
        return Side.KEYCRM

    return judge
