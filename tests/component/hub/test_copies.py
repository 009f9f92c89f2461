"""Two copies of the hub behind one balancer that tells clients apart by their `id`."""

from __future__ import annotations

from tests.component.hub import official
from tests.component.hub.balancer import balancing
from tests.component.hub.hosting import TOKEN, hosting
from tests.component.hub.judged import judge, let_say
from tests.component.hub.raw import HUB, asking, negotiated


async def test_the_official_client_does_everything_through_a_balancer_over_two_copies() -> None:
    """Negotiations go to either, what follows to the copy that the connection's id begins with."""
    async with hosting(copy="a") as one, hosting(copy="b-2") as two:
        for hosted in (one, two):
            let_say(hosted)
        async with balancing({"a": one.port, "b-2": two.port}) as balancer:
            judge(await official.run("matrix.cjs", balancer.url, TOKEN))
        assert min(balancer.sent.values()) > 10
        assert len(one.hub.registry) == len(two.hub.registry) == 0


async def test_a_connection_is_known_to_the_copy_that_negotiated_it_alone() -> None:
    """So without the balancer's help the next request may find nothing; the id says where to look."""
    async with hosting(copy="a") as one, hosting(copy="b-2") as two, asking(one) as http, asking(two) as other:
        told = await negotiated(http)
        old = await negotiated(http, 0)
        assert [told[name].split(".")[0] for name in ("connectionId", "connectionToken")] == ["a", "a"]
        assert old["connectionId"].startswith("a.")
        at = {"id": told["connectionToken"]}
        assert (await other.get(HUB, params=at)).status_code == 404
        assert (await http.get(HUB, params=at)).status_code == 200


async def test_a_copy_without_a_name_gives_tokens_as_they_are() -> None:
    """One copy needs no name."""
    async with hosting() as hosted, asking(hosted) as http:
        assert "." not in (await negotiated(http))["connectionToken"]
