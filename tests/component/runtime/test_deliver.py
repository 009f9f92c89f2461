"""Delivery on a real broker: no record lost, none skipped, none looped on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import pytest

from libs.runtime.decode import Received
from libs.runtime.errors import PermanentError, SyncError, WorldUnavailable
from tests.component.runtime.rig import HEADERS, Rig, Seen, customer, number_of, until


def without(name: str) -> list[tuple[str, bytes]]:
    """The good headers without one."""
    return [header for header in HEADERS if header[0] != name]


async def test_each_malformed_record_becomes_one_dead_letter_and_the_next_flows(rig: Rig) -> None:
    """Bad JSON, wrong shape, tombstone, bad headers, unknown type: one dead letter each; good ones around them flow."""
    await rig.send(customer(1))
    await rig.send(b"{not json")
    await rig.send(b'{"customerId":"x","companyName":"a"}')
    await rig.send(None)
    await rig.send(customer(2), headers=[*without("ce_id"), ("ce_id", b"\xff\xfe")])
    await rig.send(customer(2), headers=[*without("ce_id"), ("ce_id", None)])
    await rig.send(customer(2), headers=[*without("ce_type"), ("ce_type", b"vms.customer.sang")])
    await rig.send(customer(3), headers=[*HEADERS, ("foreign", b"\xff")])
    await rig.send(customer(4))
    seen = Seen()

    async with rig.service(seen.mark):
        await until(lambda: seen.numbers() == [1, 3, 4])
        await until(lambda: is_committed(rig, 9))
    letters = await rig.letters()

    assert [(letter.reason, letter.offset) for letter in letters] == [
        ("malformed", 1), ("malformed", 2), ("malformed", 3), ("malformed", 4), ("malformed", 5), ("unknown_type", 6),
    ]  # fmt: skip
    assert letters[0].body == b"{not json"
    assert {letter.topic for letter in letters} == {rig.topic}
    assert letters[0].key == b"7"
    assert letters[0].attempts == 1
    assert letters[0].first_failed_at is not None
    assert dict(letters[0].headers) == dict(HEADERS)
    assert "customerId" in letters[1].error


async def is_committed(rig: Rig, offset: int, partition: int = 0) -> bool:
    """Whether the group has committed this offset."""
    return (await rig.committed()).get(partition) == offset


async def test_permanent_failure_is_bounded_and_leaves_the_processor_idle(rig: Rig) -> None:
    """The culprit is tried with its batch and alone, then dead-lettered; the others are marked; nothing spins."""

    def fault(batch: Sequence[Received]) -> Exception | None:
        return PermanentError("no pair for status 99") if 2 in map(number_of, batch) else None

    await rig.send(customer(1), customer(2), customer(3))
    seen = Seen(fault)

    async with rig.service(seen.mark):
        await until(lambda: is_committed(rig, 3))
        calls, cpu = seen.calls, time.process_time()
        await asyncio.sleep(2.0)
        busy = time.process_time() - cpu
    letters = await rig.letters()

    assert sorted(seen.numbers()) == [1, 3]
    assert [(letter.reason, letter.error) for letter in letters] == [("permanent", "no pair for status 99")]
    assert seen.calls == calls <= 6
    assert busy < 0.8


async def test_a_new_group_starts_at_the_earliest_record(rig: Rig) -> None:
    """Records published before the group existed are handled."""
    await rig.send(customer(1), customer(2))
    seen = Seen()

    async with rig.service(seen.mark):
        await until(lambda: seen.numbers() == [1, 2])


async def test_the_same_offset_on_two_partitions_is_two_effects(rig: Rig) -> None:
    """Offset 0 of partition 0 and offset 0 of partition 1 are two records."""
    await rig.send(customer(1), partition=0)
    await rig.send(customer(2), partition=1)
    seen = Seen()

    async with rig.service(seen.mark):
        await until(lambda: sorted(seen.numbers()) == [1, 2])

    places: set[tuple[int, int]] = {(received.partition, received.offset) for received in seen.marked}
    assert places == {(0, 0), (1, 0)}


async def test_a_failed_record_is_not_skipped_by_a_later_one(rig: Rig) -> None:
    """Record 1 fails, records of another partition succeed; after a restart record 1 is seen again, in its order."""

    def fault(batch: Sequence[Received]) -> Exception | None:
        return WorldUnavailable("database: gone", "database") if 1 in map(number_of, batch) else None

    await rig.send(customer(2), customer(3), partition=1)
    failing, seen = Seen(fault), Seen()

    async with rig.service(failing.mark):
        await until(lambda: is_committed(rig, 2, partition=1))
        await rig.send(customer(1), customer(4), partition=0)
        await until(lambda: failing.calls > 2)
    assert 4 not in failing.numbers()
    assert (await rig.committed()).get(0) is None
    async with rig.service(seen.mark):
        await until(lambda: seen.numbers() == [1, 4])
        await until(lambda: is_committed(rig, 2))


async def test_order_within_a_partition_holds_through_rewinds(rig: Rig) -> None:
    """Writes fail now and then while batches are in the pipe: the last effect of each record is in its order."""
    failures = iter([False, True, False, True, True] + [False] * 10_000)

    def fault(batch: Sequence[Received]) -> Exception | None:
        return WorldUnavailable("database: gone", "database") if next(failures) else None

    seen = Seen(fault, pause_seconds=0.05)

    async def is_begun(calls: int) -> bool:
        return seen.calls >= calls

    async with rig.service(seen.mark):
        for start in range(0, 60, 10):
            await rig.send(*(customer(number) for number in range(start, start + 10)))
            await until(partial(is_begun, start // 10 + 1))
        await until(lambda: is_committed(rig, 60))

    assert seen.calls > 5
    assert seen.numbers() == list(range(60))


async def test_an_unexpected_error_costs_its_own_record_alone(rig: Rig) -> None:
    """A bug in the handler: that record is dead-lettered with the place of the bug, without its message."""

    def fault(batch: Sequence[Received]) -> Exception | None:
        return KeyError("Олена Зразкова") if 2 in map(number_of, batch) else None

    await rig.send(customer(1), customer(2), customer(3))
    seen = Seen(fault)

    async with rig.service(seen.mark):
        await until(lambda: is_committed(rig, 3))
    (letter,) = await rig.letters()

    assert letter.reason == "unexpected"
    assert letter.error.startswith("KeyError in ")
    assert "Олена" not in letter.error
    assert sorted(seen.numbers()) == [1, 3]


async def test_offset_does_not_move_while_dead_letters_cannot_be_written(
    rig: Rig, new_topic: Callable[..., Awaitable[str]]
) -> None:
    """The dead-letter topic is missing: nothing is committed; once it is there, one dead letter and all flows."""
    other = Rig(rig.bootstrap, f"{rig.name}.late", rig.topic)
    await rig.send(customer(1), b"{", customer(2))
    seen = Seen()

    async with other.service(seen.mark):
        await until(lambda: seen.numbers().count(2) >= 2)
        assert await other.committed() == {}
        await new_topic("late.dead-letter.v1", **{"max.message.bytes": str(2 * 1024 * 1024)})
        await until(lambda: is_committed(other, 3), seconds=40)
    letters = await other.letters()

    assert {letter.offset for letter in letters} == {1}


async def test_a_record_of_the_largest_size_is_dead_lettered(rig: Rig) -> None:
    """A topic takes records up to 1 MiB; one of that size, malformed, fits the dead-letter topic with its reason."""
    largest = b"{" + b" " * (1024 * 1024 - 1024)
    await rig.send(largest, customer(1))
    seen = Seen()

    async with rig.service(seen.mark):
        await until(lambda: is_committed(rig, 2))
    (letter,) = await rig.letters()

    assert letter.body == largest
    assert seen.numbers() == [1]


async def test_stop_commits_what_is_durable(rig: Rig) -> None:
    """The service stops between two commits: everything marked is committed, so a restart repeats nothing."""
    seen = Seen()

    async with rig.service(seen.mark) as service:
        for number in range(8):
            await service.publisher.publish(rig.topic, b"7", HEADERS, customer(number))
            await until(lambda number=number: number in seen.numbers())  # type: ignore[misc]  # bound per round

    assert sum((await rig.committed()).values()) == 8


async def test_a_cancelled_mark_commits_nothing(rig: Rig) -> None:
    """The write hangs while the process stops: it is cancelled, nothing is committed, and it comes again."""
    hanging, again = Seen(pause_seconds=3600), Seen()
    await rig.send(customer(1))

    async with rig.service(hanging.mark):
        await until(lambda: hanging.calls == 1)
    assert await rig.committed() == {}
    async with rig.service(again.mark):
        await until(lambda: again.numbers() == [1])


async def test_two_members_share_the_partitions_and_lose_nothing(rig: Rig) -> None:
    """A second member joins and the first leaves under load: every record is marked at least once."""
    first, second = Seen(pause_seconds=0.02), Seen(pause_seconds=0.02)
    sent = 0

    async def send_some() -> None:
        nonlocal sent
        for _ in range(10):
            await rig.send(customer(sent), partition=0)
            await rig.send(customer(sent), partition=1)
            sent += 1

    async with rig.service(second.mark):
        async with rig.service(first.mark):
            async with asyncio.timeout(60):
                while not (first.marked and second.marked):
                    await send_some()
        await send_some()
        await until(lambda: is_committed(rig, sent, 0), seconds=40)
        await until(lambda: is_committed(rig, sent, 1), seconds=40)

    for partition in (0, 1):
        marked = {r.offset for r in (*first.marked, *second.marked) if r.partition == partition}
        assert marked == set(range(sent))


@pytest.mark.parametrize("bad", [0, 1])
async def test_a_record_that_cannot_be_unpacked_stops_its_partition_alone(rig: Rig, bad: int) -> None:
    """A header name that is no UTF-8: its partition is set aside and readiness says so; the other loses nothing."""
    good = 1 - bad
    await rig.send(customer(1), partition=bad)
    await rig.send(*(customer(number) for number in range(10, 20)), partition=good)
    await rig.send_raw_header_name(b"\xff\xfe", partition=bad)
    seen = Seen()

    async with rig.service(seen.mark) as service:
        await until(service.delivery.unreadable)
        await rig.send(*(customer(number) for number in range(20, 30)), partition=good)
        await until(lambda: is_committed(rig, 20, partition=good))
        with pytest.raises(SyncError) as fault:
            await service.consumers.check()
        cpu = time.process_time()
        await asyncio.sleep(2.0)
        busy = time.process_time() - cpu

    assert [number for number in seen.numbers() if number >= 10] == list(range(10, 30))
    assert f"{rig.topic}-{bad}" in fault.value.reason
    assert (await rig.committed()).get(bad, 0) <= 1
    assert busy < 0.8


async def test_lag_is_what_is_not_yet_durable(rig: Rig) -> None:
    """Nothing can be marked: the lag is all there is; then it falls to nothing."""
    failing = True

    def fault(batch: Sequence[Received]) -> Exception | None:
        return WorldUnavailable("database: gone", "database") if failing else None

    await rig.send(*(customer(number) for number in range(7)))
    seen = Seen(fault)

    async with rig.service(seen.mark) as service:
        await until(lambda: seen.calls)
        behind = await service.delivery.lag()
        failing = False
        await until(lambda: is_committed(rig, 7))
        caught_up = await service.delivery.lag()

    assert behind == {(rig.topic, 0): 7, (rig.topic, 1): 0}
    assert caught_up == {(rig.topic, 0): 0, (rig.topic, 1): 0}
