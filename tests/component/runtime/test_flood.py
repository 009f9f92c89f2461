"""The flood guard on a real broker: a broken deploy does not drain a topic into the dead letters."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from libs.runtime.decode import Received
from libs.runtime.errors import PermanentError, SyncError
from tests.component.runtime.rig import Rig, Seen, Service, customer, until


def is_held(service: Service) -> bool:
    """Whether any topic is held."""
    return bool(service.delivery.paused())


async def reason_not_ready(service: Service) -> str:
    """What readiness says of the consumers."""
    try:
        await service.consumers.check()
    except SyncError as error:
        return error.reason
    return ""


async def test_dead_letters_in_a_row_pause_their_topic_alone_and_say_so(
    rig: Rig, new_topic: Callable[..., Awaitable[str]]
) -> None:
    """Five of a hundred malformed records become dead letters, then the topic is held; another topic flows."""
    other = await new_topic("other", partitions=1)
    seen = Seen()

    async with rig.service(seen.mark, (rig.topic, other), delivery_flood_limit=5) as service:
        await rig.send(*[b"{"] * 100)
        await until(lambda: is_held(service))
        await rig.send(customer(1), topic=other)
        await until(lambda: seen.numbers() == [1])
        await asyncio.sleep(0.5)
        reason = await reason_not_ready(service)
        letters = await rig.letters()

    assert service.delivery.paused() == {rig.topic: "malformed"}
    assert rig.topic in reason
    assert "malformed" in reason
    assert [letter.offset for letter in letters] == [0, 1, 2, 3, 4]
    assert await rig.committed() == {0: 5}


async def test_a_broken_handler_pauses_the_topic_and_the_records_are_kept(rig: Rig) -> None:
    """Each mark is refused: after the limit nothing more is dead-lettered; mended and restarted, the rest is marked."""

    def refuse(batch: Sequence[Received]) -> Exception | None:
        return PermanentError("no pair for anything")

    broken, mended = Seen(refuse), Seen()
    await rig.send(*(customer(number) for number in range(30)))

    async with rig.service(broken.mark, delivery_flood_limit=5) as service:
        await until(lambda: is_held(service))
        await asyncio.sleep(0.5)
        letters = await rig.letters()
    async with rig.service(mended.mark, delivery_flood_limit=5):
        await until(lambda: mended.numbers() == list(range(5, 30)))

    assert [letter.offset for letter in letters] == [0, 1, 2, 3, 4]


async def test_a_probe_after_the_pause_lets_the_topic_flow_again(rig: Rig) -> None:
    """The pause passes, one record is tried, it is good: everything flows, in order, without a person."""
    seen = Seen()

    async with rig.service(seen.mark, delivery_flood_limit=3, delivery_flood_pause_seconds=1.0) as service:
        await rig.send(b"{", b"{", b"{", *(customer(number) for number in range(20)))
        await until(lambda: is_held(service))
        assert seen.numbers() == []
        await until(lambda: seen.numbers() == list(range(20)))

        assert await reason_not_ready(service) == ""


async def test_a_failed_probe_costs_one_record_a_pause(rig: Rig) -> None:
    """Still broken: each pause gives one dead letter, not a topic full."""
    seen = Seen()

    async with rig.service(seen.mark, delivery_flood_limit=3, delivery_flood_pause_seconds=0.4) as service:
        await rig.send(*[b"{"] * 50)
        await until(lambda: is_held(service))
        await asyncio.sleep(2.0)
        letters = await rig.letters()

    # Pauses of 0.4, 0.8, 1.6 s: two probes fit into two seconds, a slow machine sees fewer.
    assert 3 < len(letters) <= 6


async def test_a_person_resumes_a_topic(rig: Rig) -> None:
    """The cause was mended elsewhere: no waiting for the probe."""
    seen = Seen()

    async with rig.service(seen.mark, delivery_flood_limit=3, delivery_flood_pause_seconds=600) as service:
        await rig.send(b"{", b"{", b"{", customer(1), customer(2))
        await until(lambda: is_held(service))
        await asyncio.sleep(0.3)
        assert seen.numbers() == []
        service.delivery.resume(rig.topic)
        await until(lambda: seen.numbers() == [1, 2])

    assert service.delivery.paused() == {}


async def test_a_held_topic_stays_held_through_a_rebalance(rig: Rig) -> None:
    """Another member joins and leaves: the partitions come back paused."""
    seen, other = Seen(), Seen()

    async with rig.service(seen.mark, delivery_flood_limit=3, delivery_flood_pause_seconds=600) as service:
        await rig.send(b"{", b"{", b"{", customer(1))
        await until(lambda: is_held(service))
        async with rig.service(other.mark, delivery_flood_limit=3):
            await rig.send(customer(2), partition=1)
            await asyncio.sleep(2.0)
        await rig.send(customer(3), partition=1)
        await asyncio.sleep(2.0)

    assert seen.numbers() == []
