"""The limit of calls: sixty in any sixty seconds for each key, told by headers, refused without doing anything."""

from __future__ import annotations

import pytest

from sandbox.keycrm.knobs import Knobs
from sandbox.keycrm.limits import Limits
from tests.sandbox_keycrm import HEADERS, KeyCrmSide, order_body


class Clock:
    """A clock that moves only when told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """The time."""
        return self.now


def test_the_window_slides() -> None:
    """At no moment do more than the limit lie within sixty seconds; a slot comes free as its call leaves the window."""
    clock = Clock()
    limits = Limits(Knobs(limit_per_minute=2), clock)
    taken = []
    for moment in (0, 30, 59.9, 60, 89.9, 90):
        clock.now = 1000 + moment
        taken.append(limits.take("key"))

    assert taken == [True, True, False, True, False, True]


def test_keys_do_not_share_a_limit() -> None:
    """Each key has its own sixty."""
    limits = Limits(Knobs(limit_per_minute=1), Clock())

    assert [limits.take("a"), limits.take("b"), limits.take("a")] == [True, True, False]


def test_headers_tell_what_is_left_and_when_to_come_again() -> None:
    """Retry-After is the time until the oldest call leaves the window, rounded up."""
    clock = Clock()
    limits = Limits(Knobs(limit_per_minute=1), clock)
    limits.take("key")
    clock.now += 20.5

    assert limits.headers("key", is_refused=False) == {"X-RateLimit-Limit": "1", "X-RateLimit-Remaining": "0"}
    assert limits.headers("key", is_refused=True)["Retry-After"] == "40"


async def test_a_call_over_the_limit_is_not_done(keycrm: KeyCrmSide) -> None:
    """429 with the framework's text and headers, logged as refused; nothing was made by it."""
    await keycrm.turn(limit_per_minute=2)
    answers = [await keycrm.post("/order", order_body()) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == ["1", "0", "0"]
    assert answers[2].json() == {"message": "Too Many Attempts."}
    assert 1 <= int(answers[2].headers["Retry-After"]) <= 60
    assert len((await keycrm.admin("GET", "/state"))["orders"]) == 2
    assert (await keycrm.admin("GET", "/calls"))["calls"][-1]["outcome"] == "refused"


async def test_the_headers_can_be_held_back(keycrm: KeyCrmSide) -> None:
    """Whether the real API sends them is not proven."""
    await keycrm.turn(limit_per_minute=1, sends_rate_headers=False)
    await keycrm.get("/users")
    refused = await keycrm.get("/users")

    assert refused.status_code == 429
    assert not {"retry-after", "x-ratelimit-limit"} & set(refused.headers)


async def test_a_wrong_key_takes_nothing_from_the_limit(keycrm: KeyCrmSide) -> None:
    """401 comes before the limit; admin calls and pages have none."""
    await keycrm.turn(limit_per_minute=1)
    await keycrm.http.get("/v1/users", headers=HEADERS | {"Authorization": "Bearer wrong"})
    await keycrm.http.get("/")

    assert (await keycrm.get("/users")).status_code == 200


@pytest.mark.parametrize("knobs", [{"limit_per_minute": 0}, {"limits": 60}, {"keys": "sandbox-key"}])
async def test_a_wrong_knob_is_refused_by_name_and_none_is_turned(keycrm: KeyCrmSide, knobs: dict[str, object]) -> None:
    """All or none: a knob beside a wrong one stays where it was."""
    before = await keycrm.admin("GET", "/knobs")

    response = await keycrm.http.patch("/_admin/knobs", json={"text_cut": 10} | knobs)

    assert (response.status_code, response.json()["message"].split(":")[0]) == (422, next(iter(knobs)))
    assert await keycrm.admin("GET", "/knobs") == before
