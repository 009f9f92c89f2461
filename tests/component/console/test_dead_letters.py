"""Dead letters: what a person sees, what a replay would do, and what it does; each kind, and superseded ones."""

from __future__ import annotations

import asyncio

from libs.runtime.database import Connection
from libs.state.marks import VmsEvent
from tests.component.console.world import (
    CANARY_NAME,
    GUID,
    Api,
    audited,
    bound,
    decision,
    kept,
    later,
    letter,
    order_event,
    outbox,
    problem,
    told,
)

TRACE = ("traceparent", b"00-" + b"a" * 32 + b"-" + b"b" * 16 + b"-01")


async def test_operators_read_a_letter_and_viewers_only_its_reason(console: Api, conn: Connection) -> None:
    """Body, key and headers may be personal; bytes that are no text are shown as base64."""
    number = await kept(conn, letter(body=f'{{"name": "{CANARY_NAME}"'.encode(), headers=(("ce_id", b"e-1"),)))
    odd = await kept(conn, letter(body=b"\xff\x00\xfe", key=None))

    seen = await console.get(f"/dead-letters/{number}")
    assert (seen["body"], seen["bodyEncoding"], seen["headers"]) == (
        f'{{"name": "{CANARY_NAME}"',
        "utf-8",
        {"ce_id": "e-1"},
    )
    assert (seen["originTopic"], seen["originPartition"], seen["originOffset"]) == ("vms.order.v1", 2, 77)
    hidden = await console.get(f"/dead-letters/{number}", "viewer")
    assert (hidden["body"], hidden["key"], hidden["headers"], hidden["reason"]) == (None, None, None, "malformed")
    assert CANARY_NAME not in (await console.ask("GET", "/dead-letters", "viewer")).text
    assert (await console.get(f"/dead-letters/{odd}"))["bodyEncoding"] == "base64"


async def test_a_large_letter_is_shown_cut(console: Api, conn: Connection) -> None:
    """The page stays small; the letter itself is whole, and replays whole."""
    number = await kept(conn, letter(body=("я" * 600_000).encode()))

    seen = await console.get(f"/dead-letters/{number}")
    assert (seen["bodyBytes"], seen["isBodyCut"], seen["bodyEncoding"]) == (1_200_000, True, "utf-8")
    assert set(seen["body"]) == {"я"}


async def test_letters_are_filtered_paged_and_grouped(console: Api, conn: Connection) -> None:
    """By service, reason and status; groups say how many have the same thing wrong."""
    numbers = [await kept(conn, letter(), "outbound-sync") for _ in range(3)]
    numbers += [await kept(conn, letter(reason="unknown_type"), "inbound-apply")]
    numbers += [await kept(conn, told(kind="item"), "inbound-apply", code="no_pair", field="status")]

    first = await console.get("/dead-letters?limit=3", "viewer")
    rest = await console.get(f"/dead-letters?limit=3&after={first['next']}", "viewer")
    assert [one["id"] for one in first["items"] + rest["items"]] == numbers
    assert [one["id"] for one in (await console.get("/dead-letters?service=inbound-apply"))["items"]] == numbers[3:]
    assert [one["id"] for one in (await console.get("/dead-letters?reason=unknown_type"))["items"]] == [numbers[3]]
    assert (await console.get("/dead-letters?status=discarded"))["items"] == []
    groups = await console.get("/dead-letters/reasons", "viewer")
    assert [(g["service"], g["reason"], g["field"], g["count"]) for g in groups] == [
        ("outbound-sync", "malformed", None, 3), ("inbound-apply", "exhausted", "status", 1),
        ("inbound-apply", "unknown_type", None, 1),
    ]  # fmt: skip
    assert groups[0]["firstId"] == numbers[0]


# ---- records ----------------------------------------------------------------------------------------------------


async def test_a_record_goes_to_its_topic_again_without_its_last_passage(console: Api, conn: Connection) -> None:
    """Key, body and its own headers byte for byte; trace headers stripped; through the outbox, decided with it."""
    headers, body = order_event("e-1", later(0))
    number = await kept(conn, letter(headers=(*headers, TRACE, ("baggage", b"x")), body=body, reason="unexpected"))

    assert (await console.get(f"/dead-letters/{number}"))["replay"]["outcome"] == "republished"
    assert await outbox(conn) == []
    done = (await console.post(f"/dead-letters/{number}/replay")).json()

    assert done["outcome"] == "republished"
    sent = await outbox(conn)
    assert [(row["topic"], row["key"], row["body"]) for row in sent] == [("vms.order.v1", GUID.encode(), body)]
    assert not {"traceparent", "tracestate", "baggage"} & set(sent[0]["header_names"])
    assert not [name for name in sent[0]["header_names"] if name.startswith("dl-")]
    assert "ce_id" in sent[0]["header_names"]
    assert await decision(conn, number) == "replayed"
    assert [entry[1] for entry in await audited(conn)] == ["dead-letter.replayed"]


async def test_an_older_state_is_not_replayed_over_a_newer_one(console: Api, conn: Connection) -> None:
    """VMS has told a newer state since: nothing is published, nothing is due, and the answer says so."""
    await bound(conn, event=VmsEvent("e-2", later(60), {}, {}))
    headers, body = order_event("e-1", later(0))
    number = await kept(conn, letter(headers=headers, body=body, reason="permanent"))

    preview = (await console.get(f"/dead-letters/{number}", "viewer"))["replay"]
    done = (await console.post(f"/dead-letters/{number}/replay")).json()

    assert preview["outcome"] == done["outcome"] == "superseded"
    assert "newer state since" in done["sentence"]
    assert "changes nothing" in done["sentence"]
    assert await outbox(conn) == []
    assert (
        await conn.fetchval("SELECT count(*) FROM work_item WHERE due_keycrm IS NOT NULL OR due_vms IS NOT NULL") == 0
    )
    assert await decision(conn, number) == "superseded"


async def test_the_very_event_that_was_applied_is_superseded(console: Api, conn: Connection) -> None:
    """The same event again, and another of the same moment, which is none the older."""
    await bound(conn, event=VmsEvent("e-1", later(0), {}, {}))
    for event_id, outcome in (("e-1", "superseded"), ("e-9", "republished")):
        headers, body = order_event(event_id, later(0))
        number = await kept(conn, letter(headers=headers, body=body))
        assert (await console.get(f"/dead-letters/{number}"))["replay"]["outcome"] == outcome


async def test_a_hint_that_tells_nothing_new_is_superseded(console: Api, conn: Connection) -> None:
    """KeyCRM's order was read after the change that the hint speaks of, and showed just that."""
    binding = await bound(conn)
    hint = {
        "updated_at": later(0).isoformat(),
        "status_id": 4,
        "payments_total": None,
        "began_at": later(30).isoformat(),
    }
    await conn.execute("UPDATE binding SET hint = $2 WHERE id = $1", binding.id, hint)
    for status, outcome in ((4, "superseded"), (5, "republished")):
        body = f'{{"orderId": 417, "kind": "updated", "statusId": {status}, "updatedAt": "{later(0).isoformat()}"}}'
        headers = (
            ("ce_specversion", b"1.0"), ("ce_id", b"h-1"), ("ce_source", b"/keycrm/webhook"),
            ("ce_type", b"keycrm.order.updated"), ("ce_subject", b"417"), ("ce_time", later(0).isoformat().encode()),
        )  # fmt: skip
        number = await kept(conn, letter("keycrm.order.v1", headers, body.encode(), key=b"417"), "inbound-apply")
        assert (await console.get(f"/dead-letters/{number}"))["replay"]["outcome"] == outcome


async def test_what_would_be_refused_again_is_not_replayed(console: Api, conn: Connection) -> None:
    """Malformed bytes and unknown types come back as they went: 409 says why, the letter stays for a person."""
    headers, body = order_event("e-1", later(0))
    unknown = tuple((name, b"vms.order.exploded" if name == "ce_type" else value) for name, value in headers)
    for dead, hint in (
        (letter(), "attribute 'id' is missing"),
        (letter(headers=unknown, body=body, reason="unknown_type"), "vms.order.exploded"),
        (letter(headers=headers, body=b'{"orderId": 1}'), "orderId"),
    ):
        number = await kept(conn, dead)
        assert (await console.get(f"/dead-letters/{number}"))["replay"]["outcome"] == "refused"
        assert hint in problem(await console.post(f"/dead-letters/{number}/replay"), 409)["detail"]
        assert await decision(conn, number) == "kept"
    assert await outbox(conn) == []


async def test_what_has_no_way_back_is_not_replayed(console: Api, conn: Connection) -> None:
    """A webhook that nobody understood, a topic that is not ours, an item whose binding is gone: 409, it stays."""
    for dead in (
        letter("", body=b'{"event": "pipeline"}', reason="unknown_shape", key=None),
        letter("somebody.elses.v1"),
        told(kind="item", bindingId=4711, entity="order", side="vms"),
        told(kind="stock", sku="A-1", warehouse="kyiv"),
        told(kind="notification", eventId="e", channel="news"),
        told(kind="item", bindingId="4711'; --", entity=["order"], side={"a": 1}),
    ):
        number = await kept(conn, dead, "ingress")
        assert (await console.get(f"/dead-letters/{number}"))["replay"]["outcome"] == "impossible"
        problem(await console.post(f"/dead-letters/{number}/replay"), 409)
        assert await decision(conn, number) == "kept"


# ---- deciding -----------------------------------------------------------------------------------------------------


async def test_a_letter_is_decided_on_once(console: Api, conn: Connection) -> None:
    """Ten replays at once: one is done, one record is published; the others are told, also later."""
    headers, body = order_event("e-1", later(0))
    number = await kept(conn, letter(headers=headers, body=body))

    answers = await asyncio.gather(*(console.post(f"/dead-letters/{number}/replay") for _ in range(10)))

    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 9
    assert len(await outbox(conn)) == 1
    assert "replayed it already" in problem(await console.post(f"/dead-letters/{number}/replay"), 409)["detail"]
    discard = await console.post(f"/dead-letters/{number}/discard", json={"reason": "late"})
    assert "replayed it already" in problem(discard, 409)["detail"]


async def test_a_letter_is_discarded_with_a_reason(console: Api, conn: Connection) -> None:
    """Who, when and why stay readable; the audit says the same."""
    number = await kept(conn, letter())

    assert (
        await console.post(f"/dead-letters/{number}/discard", json={"reason": "a test of VMS's"})
    ).status_code == 204

    seen = await console.get(f"/dead-letters/{number}", "viewer")
    assert (seen["status"], seen["decision"]) == ("discarded", "a test of VMS's")
    assert seen["decidedBy"].startswith("operator:")
    assert (await audited(conn))[0][1:] == ("dead-letter.discarded", "a test of VMS's")
    assert (await console.get("/dead-letters"))["items"] == []


async def test_an_unknown_letter_is_absent(console: Api) -> None:
    """404 for reading, replaying and discarding."""
    problem(await console.ask("GET", "/dead-letters/12"), 404)
    problem(await console.post("/dead-letters/12/replay"), 404)
    problem(await console.post("/dead-letters/12/discard", json={"reason": "x"}), 404)
