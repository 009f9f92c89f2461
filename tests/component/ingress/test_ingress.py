"""The ingress on a real broker: what is answered 200 is in Kafka, and nothing else is."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiokafka import ConsumerRecord

from ingress.domain import Hook
from libs.contracts import dead_letter
from libs.contracts.envelope import Envelope, decode
from libs.contracts.events import MODELS
from tests.component.ingress.running import HMAC_SECRET, OLD_URL_SECRET, URL_SECRET, Arrivals, Ingress
from tests.sandboxes import running

FIXTURES = Path(__file__).parents[2] / "fixtures" / "keycrm" / "webhooks"
ROOT = "/api/keycrm/webhook"
STATUS = (FIXTURES / "order.change_order_status.shipped.json").read_bytes()
SAID = (URL_SECRET, OLD_URL_SECRET, HMAC_SECRET, "canary")
PROBLEM = "application/problem+json"


def signed(body: bytes, secret: str = HMAC_SECRET) -> dict[str, str]:
    """The header of a sender that can sign."""
    return {"X-KeyCRM-Signature": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


async def post(
    ingress: Ingress,
    path: str = f"/t/{URL_SECRET}",
    body: bytes = STATUS,
    headers: Mapping[str, str] | None = None,
) -> httpx.Response:
    """A webhook as somebody sends it."""
    given = {"content-type": "application/json", **(headers or {})}
    async with ingress.client() as http:
        return await http.post(f"{ROOT}{path}", content=body, headers=given)


def event(record: ConsumerRecord[Any, Any]) -> Envelope:
    """The record as a consumer reads it; its body must be the model of its type."""
    envelope = decode(record.headers, record.value)
    MODELS[envelope.type].model_validate_json(envelope.body)
    return envelope


def is_a_problem(answer: httpx.Response, status: int) -> bool:
    """RFC 9457, with something to do, and without anything of the request."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == PROBLEM
    told = answer.json()
    assert (told["status"], bool(told["title"]), bool(told["detail"])) == (status, True, True)
    return not any(canary in answer.text + str(answer.headers) for canary in SAID)


async def test_keycrms_real_request_shape_is_accepted_by_url_secret(ingress: Ingress, arrivals: Arrivals) -> None:
    """KeyCRM sends no header and no signature: the secret in the address is all it can do."""
    answer = await post(ingress)
    (record,) = await arrivals.take(1)

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert (record.topic, record.key) == ("keycrm.order.v1", b"10417")
    envelope = event(record)
    assert (envelope.type, envelope.source, envelope.subject) == (
        "keycrm.order.status-changed",
        "/keycrm/webhook",
        "10417",
    )
    assert json.loads(envelope.body)["statusId"] == 11
    assert envelope.correlation_id == answer.headers["x-correlation-id"]


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        (f"/order-status-changed/t/{URL_SECRET}", {}),
        (f"/order-status-changed/t/{OLD_URL_SECRET}", {}),
        (f"/order-status-changed?token={URL_SECRET}", {}),
        ("/order-status-changed", signed(STATUS)),
    ],
)
async def test_both_verifications_and_both_live_secrets_let_in(
    ingress: Ingress, arrivals: Arrivals, path: str, headers: dict[str, str]
) -> None:
    """The newest and the one being rotated out, in the path, in the query, or signed."""
    answer = await post(ingress, path, headers=headers)

    assert answer.status_code == 200
    assert len(await arrivals.take(1)) == 1


@pytest.mark.parametrize("hook", [hook for hook in Hook if hook is not Hook.ANY])
@pytest.mark.parametrize("key", ["context", "data"])
async def test_all_nine_paths_take_both_body_shapes(ingress: Ingress, arrivals: Arrivals, hook: Hook, key: str) -> None:
    """Each to its topic, keyed by KeyCRM's id."""
    row: Any = {"id": 7, "order_id": 7, "offer_id": 7, "in_stock": 1, "in_reserve": 0}
    answer = await post(ingress, f"/{hook}/t/{URL_SECRET}", json.dumps({"event": "x", key: row}).encode())
    (record,) = await arrivals.take(1)

    assert answer.status_code == 200
    assert record.key == b"7"
    assert event(record).type.split(".")[1] == {"payment": "order"}.get(hook.partition("-")[0], hook.partition("-")[0])


async def test_a_stock_array_is_one_record_a_row(ingress: Ingress, arrivals: Arrivals) -> None:
    """Three hundred rows, each by its offer, with the warehouse of the address and an id of its own."""
    rows = [{"offer_id": 300 + n, "sku": f"SKU-{n}", "in_stock": n, "in_reserve": "0.000"} for n in range(300)]
    answer = await post(ingress, f"/stock-changed/t/{URL_SECRET}?warehouse=2", json.dumps(rows).encode())
    records = await arrivals.take(300)

    assert answer.status_code == 200
    assert {record.key for record in records} == {str(row["offer_id"]).encode() for row in rows}
    envelopes = [event(record) for record in records]
    assert len({envelope.id for envelope in envelopes}) == 300
    assert {json.loads(envelope.body)["warehouse"] for envelope in envelopes} == {2}


async def test_a_webhook_delivered_five_times_is_five_hints(ingress: Ingress, arrivals: Arrivals) -> None:
    """Nothing is de-duplicated by content: stock 5, 4, 5 would end at 4."""
    answers = [await post(ingress) for _ in range(5)]
    records = await arrivals.take(5)

    assert [answer.status_code for answer in answers] == [200] * 5
    assert len({event(record).id for record in records}) == 5
    assert len({record.partition for record in records}) == 1


async def test_the_senders_trace_is_continued(ingress: Ingress, arrivals: Arrivals) -> None:
    """Correlation id and traceparent go into the event; malformed ones begin anew."""
    traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    answer = await post(ingress, headers={"traceparent": traceparent, "x-correlation-id": "shop-417"})
    await post(ingress, headers={"traceparent": "canary", "x-correlation-id": "canary <script>"})
    first, second = [event(record) for record in await arrivals.take(2)]

    assert answer.headers["x-correlation-id"] == "shop-417"
    assert (first.correlation_id, first.traceparent) == ("shop-417", traceparent)
    assert "canary" not in f"{second.correlation_id} {second.traceparent}"


async def test_a_pipeline_card_is_counted_and_ignored(ingress: Ingress, arrivals: Arrivals) -> None:
    """200, so that KeyCRM does not repeat it; nothing is published."""
    answer = await post(ingress, body=(FIXTURES / "lead.change_lead_status.json").read_bytes())

    assert answer.status_code == 200
    await arrivals.none()
    assert 'sync_webhooks_total{outcome="ignored",path="any"}' in await ingress.metrics()


async def test_a_body_of_unknown_shape_is_kept_as_a_dead_letter(ingress: Ingress, arrivals: Arrivals) -> None:
    """Answered 200, since it would be the same the second time; kept byte for byte, with its reason."""
    body = b'{"event": "order.teleported",  "context": {"id": 5}}'
    answer = await post(ingress, f"/t/{URL_SECRET}?warehouse=2", body)
    (record,) = await arrivals.take(1)
    letter = dead_letter.read(record.headers, record.key, record.value)

    assert answer.status_code == 200
    assert (record.topic, letter.body) == ("ingress.dead-letter.v1", body)
    assert (letter.reason, "order.teleported" in letter.error) == ("unknown_type", True)
    assert dict(letter.headers)["webhook-path"] == b"any"
    assert not any(URL_SECRET.encode() in (value or b"") for _, value in record.headers)


async def test_a_record_of_the_largest_size_is_dead_lettered(ingress: Ingress, arrivals: Arrivals) -> None:
    """The largest body that is let in fits its dead letter."""
    body = b'{"event":"order.teleported","context":"' + b"x" * (512 * 1024 - 41) + b'"}'
    answer = await post(ingress, body=body)
    (record,) = await arrivals.take(1)

    assert len(body) == 512 * 1024
    assert answer.status_code == 200
    assert record.value == body


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("", {}),
        ("/t/wrong", {}),
        (f"/t/{URL_SECRET}x", {}),
        ("?token=", {}),
        ("?token=wrong", {}),
        (f"/t/{URL_SECRET}?token=wrong", {}),
        ("", {"X-KeyCRM-Signature": ""}),
        ("", {"X-KeyCRM-Signature": "00" * 32}),
        ("", signed(STATUS + b" ")),
        ("", signed(STATUS, URL_SECRET)),
        (f"/t/{URL_SECRET}", {"X-KeyCRM-Signature": "00" * 32}),
    ],
)
async def test_a_forged_webhook_is_refused(
    ingress: Ingress, arrivals: Arrivals, path: str, headers: dict[str, str]
) -> None:
    """401 with a problem, and nothing in Kafka."""
    assert is_a_problem(await post(ingress, path, headers=headers), 401)
    await arrivals.none()


async def test_every_other_mistake_has_its_problem(ingress: Ingress, arrivals: Arrivals) -> None:
    """404, 405, 413, 415, 400: the sentence says what to do; nothing is published."""
    too_large = b'"' + b"x" * (512 * 1024) + b'"'

    async def chunks() -> Any:
        yield too_large[:300_000]
        yield too_large[300_000:]

    assert is_a_problem(await post(ingress, f"/order-teleported/t/{URL_SECRET}"), 404)
    assert is_a_problem(await post(ingress, body=too_large), 413)
    async with ingress.client() as http:
        path = f"{ROOT}/t/{URL_SECRET}"
        assert is_a_problem(await http.post(path, content=chunks()), 413)
        for method in ("GET", "PUT", "DELETE", "PATCH"):
            answer = await http.request(method, path)
            assert is_a_problem(answer, 405)
            assert answer.headers["allow"] == "POST"
        assert (await http.head(path)).status_code == 405
    assert is_a_problem(
        await post(ingress, body=b"event=canary", headers={"content-type": "application/x-www-form-urlencoded"}), 415
    )
    assert is_a_problem(await post(ingress, body=b'{"canary": '), 400)
    assert is_a_problem(await post(ingress, body=b""), 400)
    assert is_a_problem(await post(ingress, f"/t/{URL_SECRET}?warehouse=canary"), 400)
    await arrivals.none()


async def test_a_content_type_that_says_nothing_does_not_lose_a_webhook(ingress: Ingress, arrivals: Arrivals) -> None:
    """Which one KeyCRM sends is not documented; JSON is what reads as JSON."""
    for content_type in ("text/plain", "application/json; charset=utf-8", "application/vnd.x+json"):
        assert (await post(ingress, headers={"content-type": content_type})).status_code == 200

    await arrivals.take(3)


async def test_a_sender_that_goes_away_leaves_nothing_behind(ingress: Ingress, arrivals: Arrivals) -> None:
    """Half a body is no webhook."""
    host, _, port = ingress.address.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port))) as sender:
        head = f"POST {ROOT}/t/{URL_SECRET} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(STATUS)}\r\n\r\n"
        sender.sendall(head.encode() + STATUS[:100])

    await arrivals.none()
    assert ingress.status("/health/live") == 200


async def test_a_status_change_in_keycrm_arrives_as_an_event(ingress: Ingress, arrivals: Arrivals) -> None:
    """The sandbox's own webhooks, as the system sends them: an order's status and a stock per warehouse."""
    with running("keycrm") as keycrm:
        address = f"{ingress.address}{ROOT}"
        keycrm.admin("POST", "hooks", {"kind": "order-status", "url": f"{address}/t/{URL_SECRET}"})
        stock_url = f"{address}/stock-changed/t/{URL_SECRET}?warehouse=2"
        keycrm.admin("POST", "hooks", {"kind": "stock", "url": stock_url, "warehouses": [2]})
        order = keycrm.admin("POST", "orders", {"source_id": 3, "buyer": {"full_name": "canary name"}})
        (created,) = await arrivals.take(1)
        keycrm.admin("PATCH", f"orders/{order['id']}", {"status_id": 12})
        keycrm.admin("PUT", "stocks", {"warehouse_id": 2, "sku": "DEMO-MUG", "quantity": 3})
        events = sorted((event(record) for record in await arrivals.take(2)), key=lambda envelope: envelope.type)

    assert event(created).subject == str(order["id"])
    assert [envelope.type for envelope in events] == ["keycrm.order.status-changed", "keycrm.stock.changed"]
    assert json.loads(events[0].body)["statusId"] == 12
    assert json.loads(events[1].body) | {"inReserve": "0"} == {
        "offerId": 303, "sku": "DEMO-MUG", "inStock": "3", "inReserve": "0", "warehouse": 2,
    }  # fmt: skip


async def test_no_secret_and_no_body_appears_in_any_log_or_metric(ingress: Ingress, arrivals: Arrivals) -> None:
    """At DEBUG, with every way of showing a secret, right and wrong, and names in bodies, headers and addresses."""
    unknown = json.dumps({"event": "canary event", "context": {"full_name": "canary-name +380670000001"}}).encode()
    await post(ingress, body=unknown)
    await post(ingress, "/t/canary-wrong-secret")
    await post(ingress, f"/order-created?token={URL_SECRET}&canary=1", body=b"canary{")
    await post(ingress, "/canary-path")
    await post(ingress, headers={"x-correlation-id": "canary id", "authorization": "Bearer canary"})
    await arrivals.take(2)
    said = ingress.logged() + await ingress.metrics()

    assert "webhook.dead_lettered" in said
    assert "webhook.refused" in said
    assert not [line for line in said.splitlines() if "canary" in line or "380670000001" in line]
