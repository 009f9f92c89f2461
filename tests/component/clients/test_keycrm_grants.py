"""Every call to KeyCRM is drawn from the quota, and every grant comes to its end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import SecretStr

from libs.clients.keycrm import KeyCrmClient
from libs.clients.terms import Terms
from libs.contracts.types import Lane
from libs.runtime.database import DatabaseAway
from libs.runtime.errors import HeldElsewhere, LeaseLost, WorldUnavailable
from libs.runtime.work import Lease
from sandbox import stack
from tests.fakes import ManualClock, NotedGrant, NotedQuota, lease
from tests.sandboxes import Sandbox


def lease_with(clock: ManualClock, grant: NotedGrant) -> Lease:
    """A long lease that came with a grant."""

    async def renew() -> None:
        raise AssertionError("this lease is long enough")

    return Lease(clock() + timedelta(seconds=120), renew, clock, grant)  # type: ignore[arg-type]  # never answers


async def test_a_call_draws_in_its_lane_and_settles_with_the_rate_headers(
    keycrm: KeyCrmClient, quota: NotedQuota
) -> None:
    """The quota learns the limit and what remains from every answer."""
    await keycrm.ping(Terms(Lane.CUSTOMER))

    assert quota.drawn == [Lane.CUSTOMER]
    assert quota.settled == [(1, 200, 60, 59, None)]
    assert quota.given_back == []


async def test_the_leases_grant_pays_for_the_first_call(
    keycrm: KeyCrmClient, quota: NotedQuota, clock: ManualClock
) -> None:
    """Drawn before the claim, used once; the second call draws its own."""
    held = lease_with(clock, NotedGrant(77, clock() + timedelta(seconds=60)))
    terms = Terms(Lane.ORDER, held)

    await keycrm.ping(terms)
    await keycrm.ping(terms)

    assert [row[0] for row in quota.settled] == [77, 1]
    assert quota.drawn == [Lane.ORDER]
    assert held.take_grant() is None


async def test_a_grant_that_ends_too_soon_is_given_back_and_another_drawn(
    keycrm: KeyCrmClient, quota: NotedQuota, clock: ManualClock
) -> None:
    """A call under it could be counted no more while it still runs."""
    held = lease_with(clock, NotedGrant(77, clock() + timedelta(seconds=1)))

    await keycrm.ping(Terms(Lane.ORDER, held))

    assert quota.given_back == [77]
    assert [row[0] for row in quota.settled] == [1]


async def test_a_refused_connection_gives_the_grant_back(quota: NotedQuota, clock: ManualClock) -> None:
    """KeyCRM never saw the request."""
    address = f"http://127.0.0.1:{stack.take_port()}/v1"
    async with KeyCrmClient(address, SecretStr("sandbox-key"), quota, clock) as client:
        with pytest.raises(WorldUnavailable):
            await client.ping(Terms(Lane.ORDER))

    assert quota.given_back == [1]
    assert quota.settled == []


async def test_no_call_is_made_without_a_grant(keycrm_sandbox: Sandbox, quota: NotedQuota, clock: ManualClock) -> None:
    """With nothing free the call waits, and others hold what it needs: no attempt is counted, KeyCRM is up."""
    quota.left = 0
    address = f"{keycrm_sandbox.address}/v1"
    async with KeyCrmClient(address, SecretStr("sandbox-key"), quota, clock, patience_seconds=0.8) as client:
        with pytest.raises(HeldElsewhere):
            await client.ping(Terms(Lane.RECONCILE))

    assert 2 <= len(quota.drawn) <= 4
    assert keycrm_sandbox.operations() == []


async def test_the_lease_is_renewed_while_a_call_waits_for_a_grant(
    keycrm_sandbox: Sandbox, quota: NotedQuota, clock: ManualClock
) -> None:
    """Waiting is no reason to lose the binding."""
    renewed: list[float] = []
    held = lease(clock, 10, on_renewed=renewed.append)
    quota.left = 0
    quota.on_draw = lambda: clock.advance(9)
    address = f"{keycrm_sandbox.address}/v1"
    async with KeyCrmClient(
        address, SecretStr("sandbox-key"), quota, clock, timeout_seconds=2, patience_seconds=0.8
    ) as client:
        with pytest.raises(HeldElsewhere):
            await client.ping(Terms(Lane.ORDER, held))

    assert renewed
    assert set(renewed) == {10.0}


async def test_a_lost_lease_gives_the_grant_back_and_sends_nothing(
    keycrm: KeyCrmClient, keycrm_sandbox: Sandbox, quota: NotedQuota, clock: ManualClock
) -> None:
    """The lease ran out while the grant was drawn."""
    held = lease(clock, 10, renewed_seconds=0)
    quota.on_draw = lambda: clock.advance(9)

    with pytest.raises(LeaseLost):
        await keycrm.ping(Terms(Lane.ORDER, held))

    assert quota.given_back == [1]
    assert keycrm_sandbox.operations() == []


async def test_an_answer_is_not_lost_because_the_quota_cannot_be_told(
    keycrm: KeyCrmClient, keycrm_sandbox: Sandbox, quota: NotedQuota
) -> None:
    """The database is away after the call: the call's outcome is known, and the grant runs out by itself."""
    quota.settle_error = DatabaseAway("database: ConnectionRefusedError")

    await keycrm.ping(Terms(Lane.ORDER))

    assert keycrm_sandbox.operations() == ["listOrderStatuses"]
