"""The trace goes from the webhook to the last call; malformed ones are replaced."""

from __future__ import annotations

import asyncio
import re

import pytest

from libs.runtime import context

PARENT = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"


def test_what_came_in_is_continued() -> None:
    """The same correlation id, the same trace, a span of our own."""
    outgoing = context.start("c-1", PARENT).outgoing()

    assert outgoing["x-correlation-id"] == "c-1"
    assert outgoing["traceparent"].startswith("00-" + "a" * 32 + "-")
    assert outgoing["traceparent"] != PARENT
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", outgoing["traceparent"])


@pytest.mark.parametrize(
    "wrong", ["", "00-x-y-01", PARENT + "\r\nx: y", "00-" + "0" * 32 + "-" + "b" * 16 + "-01", None]
)
def test_a_malformed_trace_is_replaced(wrong: str | None) -> None:
    """Nothing foreign is passed on in a header."""
    trace = context.start("evil\r\nid", wrong)

    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", trace.traceparent)
    assert trace.correlation_id == trace.traceparent[3:35]


async def test_it_is_bound_to_a_task_and_its_children_alone() -> None:
    """Two pieces of work side by side do not see each other's ids."""

    async def work(name: str) -> str:
        with context.bound(context.start(name)):
            await asyncio.sleep(0)
            return await asyncio.create_task(child())

    async def child() -> str:
        return context.current().correlation_id

    assert list(await asyncio.gather(work("one"), work("two"))) == ["one", "two"]


def test_outside_of_any_work_a_new_trace_begins() -> None:
    """A call without a trace has one of its own."""
    assert context.current() != context.current()
