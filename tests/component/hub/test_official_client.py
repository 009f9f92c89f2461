"""SignalR's own JavaScript client, on every transport and protocol it has, in Node."""

from __future__ import annotations

from tests.component.hub import official
from tests.component.hub.hosting import TOKEN, hosting
from tests.component.hub.judged import judge, let_say


async def test_the_official_client_does_everything_on_every_transport_and_protocol() -> None:
    """Calls with a result, without, refused, broken, unknown; groups; streams; refused uploads; stop; wrong token."""
    async with hosting() as hosted:
        let_say(hosted)
        judge(await official.run("matrix.cjs", hosted.url, TOKEN))
        assert len(hosted.hub.registry) == 0
        assert len(hosted.hub.groups) == 0
