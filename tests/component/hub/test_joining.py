"""Who may listen to what, asked of the hub itself."""

from __future__ import annotations

from tests.component.hub.hosting import LIMITED, hosting
from tests.component.hub.raw import call, hear, shaken, until_closed


async def test_a_limited_token_joins_its_groups_and_no_other() -> None:
    """All orders include one; of a list with one that is not allowed nothing is joined; the refusal names what is."""
    async with hosting() as hosted, shaken(hosted, LIMITED) as ws:
        for names in ("conflicts", ["orders", "health"], ["order:5", "customers"]):
            assert "it may listen to orders" in (await call(ws, "subscribe", names))["error"]
            assert len(hosted.hub.groups) == 0
        assert (await call(ws, "subscribe", ["orders", "Order:AB"]))["result"]["groups"] == ["order:ab", "orders"]
        hosted.publish("conflicts", 1)
        hosted.publish("orders", 2)
        (event,) = await hear(ws)
        assert event["arguments"] == [{"number": 2, "type": "sync.updated"}]


async def test_joining_and_leaving_again_is_the_same_as_once_and_ends_with_the_connection() -> None:
    """A group is heard once however often it was joined; a client that comes back is in none."""
    async with hosting() as hosted:
        async with shaken(hosted) as ws:
            for _ in range(2):
                told = (await call(ws, "subscribe", ["orders", "orders"]))["result"]
                assert told == {"groups": ["orders"], "number": 0}
            assert hosted.publish("orders", 1) == 1
            assert [one["arguments"][0]["number"] for one in await hear(ws)] == [1]
            for _ in range(2):
                assert (await call(ws, "unsubscribe", "orders"))["result"]["groups"] == []
            await call(ws, "subscribe", "orders")
        async with shaken(hosted) as again:
            assert (await call(again, "unsubscribe", "health"))["result"]["groups"] == []
            assert hosted.publish("orders", 2) == 0


async def test_groups_of_one_connection_are_bounded_in_number_and_length() -> None:
    """At once and one by one; what was joined before stays, and after leaving some there is room again."""
    async with hosting() as hosted, shaken(hosted) as ws:
        most = hosted.hub.limits.groups
        for number in range(most):
            assert "result" in await call(ws, "subscribe", f"order:{number}")
        assert "leave some first" in (await call(ws, "subscribe", "orders"))["error"]
        assert "result" in await call(ws, "subscribe", "order:5")
        assert len(hosted.hub.groups) == most
        await call(ws, "unsubscribe", "order:5")
        assert "result" in await call(ws, "subscribe", "orders")
        for name in ("order:" + "9" * 95, "order:", "Orders", "", "x" * 10_000):
            assert "there are the groups" in (await call(ws, "subscribe", name))["error"]


async def test_who_asks_before_it_is_known_where_the_feed_stands_is_told_to_ask_again() -> None:
    """Else what was said between would be missed without anybody knowing."""
    async with hosting() as hosted, shaken(hosted) as ws:
        hosted.hub.number = None
        assert "try again" in (await call(ws, "subscribe", "orders"))["error"]
        assert len(hosted.hub.groups) == 0
        hosted.hub.number = 41
        assert (await call(ws, "subscribe", "orders"))["result"]["number"] == 41


async def test_a_client_that_says_close_is_let_go_without_a_word() -> None:
    """Its own Close is the end; nothing is answered and nothing is left."""
    async with hosting() as hosted, shaken(hosted) as ws:
        await call(ws, "subscribe", "orders")
        await ws.send('{"type":7}\x1e{"type":1,"invocationId":"2","target":"echo","arguments":[1]}\x1e')
        assert await until_closed(ws) == []
        assert ws.close_code == 1000
        assert len(hosted.hub.registry) == len(hosted.hub.groups) == 0
