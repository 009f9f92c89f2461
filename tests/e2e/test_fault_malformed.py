"""Records that cannot be worked: one dead letter each, with its reason, and what comes after them flows.

Malformed bytes on each topic, a record of the largest size, a status id that has no pair.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest_asyncio

from libs.contracts.topics import FROM_KEYCRM, FROM_VMS, MIB, SYNC_EVENT, Topic
from sandbox.system import ROOT
from tests import agreement
from tests.e2e.letters import Headers, arriving, producing
from tests.e2e.load import APPLIERS
from tests.world import World

Record = tuple[Headers, bytes | None]
WATCHERS = {
    **dict.fromkeys(FROM_KEYCRM, "inbound-apply"),
    **dict.fromkeys(FROM_VMS, "outbound-sync"),
    SYNC_EVENT: "notifier",
}
TYPES = {
    "keycrm.order.v1": b"keycrm.order.updated",
    "keycrm.buyer.v1": b"keycrm.buyer.updated",
    "keycrm.catalogue.v1": b"keycrm.product.updated",
    "vms.order.v1": b"vms.order.updated",
    "vms.customer.v1": b"vms.customer.updated",
    "vms.article.v1": b"vms.article.updated",
    "sync.event.v1": b"sync.updated",
}
OVERHEAD_BYTES = 1024
"""What a record's batch, key and headers take of the topic's limit."""


def headers(topic: Topic, **changes: bytes | None) -> Headers:
    """An event's headers as a good producer sends them, with changes."""
    good: dict[str, bytes | None] = {
        "ce_specversion": b"1.0", "ce_id": b"canary-0001", "ce_source": b"/test", "ce_type": TYPES[topic.name],
        "ce_subject": b"1", "ce_time": b"2026-01-15T10:00:00+02:00", "content-type": b"application/json",
    }  # fmt: skip
    return list((good | changes).items())


MALFORMED: dict[str, Callable[[Topic], Record]] = {
    "bad JSON": lambda topic: (headers(topic), b"{not json"),
    "wrong shape": lambda topic: (headers(topic), b'{"entity": 5}'),
    "tombstone": lambda topic: (headers(topic), None),
    "bad header": lambda topic: (headers(topic, ce_id=b"\xff\xfe"), b"{}"),
    "unknown type": lambda topic: (headers(topic, ce_type=b"vms.order.sang"), b"{}"),
}


async def test_malformed_bytes_on_each_topic_are_one_dead_letter_each_and_the_next_flows(world: World) -> None:
    """All kinds on all topics, keyed as the good events that follow them, so that these come after them."""
    made, order = await world.order_from_vms()
    article = (await world.vms.state())["articles"][0]
    buyer_id = order["buyer"]["id"]
    keys = {
        "keycrm.order.v1": order["id"], "keycrm.buyer.v1": buyer_id, "keycrm.catalogue.v1": 201,
        "vms.order.v1": made["orderId"], "vms.customer.v1": made["customerId"],
        "vms.article.v1": article["articleId"], "sync.event.v1": "order:1",
    }  # fmt: skip
    bootstrap = world.system.servers.kafka_bootstrap

    async with arriving(bootstrap) as letters, producing(bootstrap) as producer:
        for topic in WATCHERS:
            for make in MALFORMED.values():
                sent, body = make(topic)
                await producer.send_and_wait(topic.name, body, str(keys[topic.name]).encode(), headers=list(sent))
        found = await letters.take(len(WATCHERS) * len(MALFORMED), 60)

        await world.vms.admin("PATCH", f"customers/{made['customerId']}", {"contactName": f"Після {world.name()}"})
        await world.vms.admin("PATCH", f"orders/{made['orderId']}", {"descriptions": "Після листів"})
        await world.vms.admin("PUT", f"articles/{article['articleId']}/price", {"price": 451.5})
        await world.keycrm.admin("PATCH", f"orders/{order['id']}", {"status_id": 4})
        await world.until(lambda: _have_followed(world, made, article), "what came after the malformed records")
        await world.idle()
        await letters.take(0)

    told = Counter((one["letters"], one["topic"], one["reason"]) for one in found)
    assert told == {
        (f"{service}.dead-letter.v1", topic.name, reason): number
        for topic, service in WATCHERS.items()
        for reason, number in (("malformed", 4), ("unknown_type", 1))
    }
    assert {one["key"] for one in found} == {str(key).encode() for key in keys.values()}
    assert all(one["error"] and one["offset"].isdigit() and one["attempts"] == "1" for one in found)
    assert not [one["error"] for one in found if "not json" in one["error"]], "an error quotes the record"
    await world.vms.admin("PUT", f"articles/{article['articleId']}/price", {"price": article["price"]})


async def test_a_record_of_the_largest_size_is_dead_lettered_and_kept(world: World) -> None:
    """The dead letter is larger than its record: it is written all the same, and a person can look at it."""
    bootstrap, body = world.system.servers.kafka_bootstrap, b"{" + b"x" * (MIB - OVERHEAD_BYTES)
    topic = next(iter(FROM_VMS))

    async with arriving(bootstrap) as letters, producing(bootstrap) as producer:
        await producer.send_and_wait(topic.name, body, b"largest", headers=list(headers(topic)))
        (letter,) = await letters.take(1)

    assert (letter["reason"], letter["key"], letter["body"]) == ("malformed", b"largest", body)

    async def is_kept() -> bool:
        """Whether the console shows it."""
        answer = await world.operator("GET", "dead-letters", params={"service": "outbound-sync", "limit": "200"})
        places = [(row["originPartition"], row["originOffset"]) for row in answer.json()["items"]]
        return (int(letter["partition"]), int(letter["offset"])) in places

    await world.until(is_kept, "the letter in the console")


async def test_a_vms_status_that_has_no_pair_is_a_dead_letter_that_names_it(world: World) -> None:
    """The sentence names the field, the id and the file to mend; KeyCRM is not written; other orders flow."""
    made, order = await world.order_from_vms()
    async with arriving(world.system.servers.kafka_bootstrap) as letters:
        await world.vms.admin("PATCH", f"orders/{made['orderId']}", {"orderStatus": 77})
        (letter,) = await letters.take(1)

    assert letter["letters"] == "outbound-sync.dead-letter.v1"
    assert letter["reason"] == "permanent"
    assert json.loads(letter["body"])["field"] == "status"
    for word in ("id 77", "[[statuses]]", "SYNC_PAIRS_FILE"):
        assert word in letter["error"]
    await world.idle()
    assert await world.keycrm.writes() == []
    assert (await world.of_keycrm("orders", id=order["id"]) or {})["status_id"] == 1
    await world.order_from_vms()


@pytest_asyncio.fixture
async def unpaired(world: World, tmp_path: Path) -> AsyncIterator[World]:
    """The world with a pairs file that lacks VMS's 5."""
    sample = (ROOT / "deploy" / "pairs.sample.toml").read_text(encoding="utf-8")
    lacking = re.sub(r'\[\[statuses\]\]\nname = "виконано"\n(\w+ = .*\n)+', "", sample)
    assert lacking != sample
    (tmp_path / "pairs.toml").write_text(lacking, encoding="utf-8")
    await _restart(world, SYNC_PAIRS_FILE=str(tmp_path / "pairs.toml"))
    yield world
    await _restart(world)


async def test_a_keycrm_status_that_has_no_pair_is_kept_until_the_pair_is_there(unpaired: World) -> None:
    """Nothing is written; when the file is mended, a replay carries the status across."""
    world = unpaired
    made, order = await world.order_from_vms()
    await world.keycrm.knobs(has_stock_accounting=False)
    await world.keycrm.admin("PATCH", f"orders/{order['id']}", {"status_id": 12})
    letter = await world.until(lambda: world.letter("orders", order["id"]), "the dead letter")

    assert (letter["reason"], letter["field"], letter["service"]) == ("permanent", "status", "inbound-apply")
    for word in ("id 12", "[[statuses]]", "SYNC_PAIRS_FILE"):
        assert word in letter["error"]
    assert await world.vms.writes() == []

    await _restart(world)
    answer = await world.operator("POST", f"dead-letters/{letter['id']}/replay")

    assert answer.json()["outcome"] == "marked", answer.text
    await world.until(lambda: world.of_vms("orders", orderId=made["orderId"], orderStatus=5), "completed in VMS")
    await world.quiet(3)
    assert await world.vms.writes() == ["updateOrder"]
    agreement.orders_agree(*await world.order_rows(made))


async def _restart(world: World, **settings: str) -> None:
    for name in APPLIERS:
        await asyncio.to_thread(world.system.terminate, name)
        await asyncio.to_thread(world.system.restart, name, **settings)


async def _have_followed(world: World, made: dict[str, Any], article: dict[str, Any]) -> bool:
    """Whether what was changed after the malformed records has crossed."""
    vms, keycrm = await world.order_rows(made)
    customer = await world.of_vms("customers", customerId=made["customerId"])
    prices = [
        o["price"] for p in (await world.keycrm.state())["products"] for o in p["offers"] if o["sku"] == article["sku"]
    ]
    shown = vms["orderStatus"], keycrm["manager_comment"], keycrm["buyer"]["full_name"], prices
    return shown == (2, "Після листів", (customer or {}).get("contactName"), [451.5])
