"""Secrets and personal data: seeded everywhere they can come in, searched in everything that comes out.

Searched are the output of every process, all metrics, health pages, the headers of dead letters and the bodies of all
error answers.
"""

from __future__ import annotations

import json
from typing import Any

from sandbox.system import SERVICES, TOKENS
from tests.e2e import canaries
from tests.e2e.canaries import EMAIL, NAME, NO_PHONE, PHONE, TEXT, WRONG_SECRET, WRONG_TOKEN
from tests.e2e.letters import arriving, producing
from tests.e2e.load import logged
from tests.world import World

EVENT_HEADERS = [
    ("ce_specversion", b"1.0"), ("ce_id", b"s-1"), ("ce_source", b"/test"), ("ce_type", b"vms.customer.updated"),
    ("ce_subject", b"1"), ("ce_time", b"2026-01-15T10:00:00+02:00"), ("content-type", b"application/json"),
]  # fmt: skip


async def test_no_secret_and_no_personal_data_comes_out_anywhere(world: World) -> None:
    """A canary buyer and his order in both directions, refused values, malformed records, strangers at both doors."""
    letters: list[dict[str, Any]] = []
    async with arriving(world.system.servers.kafka_bootstrap) as arrivals:
        await _live(world)
        await _be_refused(world)
        await _be_malformed(world)
        letters = await arrivals.take(4, 60)
        answers = [*await _knock_at_the_ingress(world), *await _knock_at_the_console(world)]
        await arrivals.take(1)  # the webhook of unknown shape

    assert {status for status, _ in answers} >= {400, 401, 404, 422}
    for _, text in answers:
        assert canaries.found_in(world, text) == []
    for letter in letters:
        ours = {name: value for name, value in letter.items() if name not in ("body", "headers")}
        assert canaries.found_in(world, repr(ours)) == []
    for name in SERVICES:
        for path in ("/metrics", "/health/ready"):
            shown = (await world.http.get(f"{world.system.addresses.services[name]}{path}")).text
            assert canaries.found_in(world, shown) == [], (name, path)
    assert {"webhook.refused", "call.done", "item.given_up"} <= {row["event"] for row in _told(world)}
    assert canaries.spilt(world) == {}


def test_a_canary_that_comes_out_is_found(running_world: World) -> None:
    """The search itself: a secret is told by its number, a person's data as it stands."""
    secret = canaries.secrets_of(running_world)[0]

    assert canaries.found_in(running_world, f"Authorization: {secret}") == ["secret 0"]
    assert canaries.found_in(running_world, f"to {EMAIL}, 380671234567") == [EMAIL, "@example.com", "380671234567"]


def _told(world: World) -> list[dict[str, Any]]:
    return [row for name in SERVICES for row in logged(world, name)]


async def _live(world: World) -> None:
    """Orders both ways with all that a person has, edited on both sides, one edit contested."""
    customer = await world.vms_customer(
        contactName=NAME, companyName=NAME, phone=PHONE, eMail=EMAIL, city=TEXT, address=TEXT, postalCode=TEXT[:20]
    )
    made, order = await world.order_from_vms(customer, descriptions=TEXT, externalComment=TEXT)
    buyer = {"full_name": f"{NAME} друга", "phone": "+380507341735", "email": f"second.{EMAIL}"}
    await world.order_on_both(buyer=buyer, manager_comment=TEXT, buyer_comment=TEXT)
    await world.keycrm.knobs(search_lag_seconds=0)
    await world.keycrm.admin("PATCH", f"buyers/{order['buyer']['id']}", {"full_name": f"{NAME} А"})
    await world.vms.admin("PATCH", f"customers/{customer['customerId']}", {"contactName": f"{NAME} Б"})
    await world.keycrm.admin("PATCH", f"orders/{order['id']}", {"manager_comment": f"{TEXT} А"})
    await world.vms.admin("PATCH", f"orders/{made['orderId']}", {"descriptions": f"{TEXT} Б"})
    await world.idle()


async def _be_refused(world: World) -> None:
    """A phone that none can have: a dead letter that names the field and not the phone."""
    await world.vms_customer(contactName=NAME, phone=NO_PHONE, eMail=f"third.{EMAIL}")
    await world.idle()


async def _be_malformed(world: World) -> None:
    """Events that cannot be read, full of a person's data."""
    wrong = {"customerId": TEXT, "contactName": NAME, "phone": PHONE, "eMail": EMAIL}
    async with producing(world.system.servers.kafka_bootstrap) as producer:
        for body in (json.dumps(wrong).encode(), f"{{{TEXT}".encode(), json.dumps([EMAIL, NAME]).encode()):
            await producer.send_and_wait("vms.customer.v1", body, b"1", headers=EVENT_HEADERS)


async def _knock_at_the_ingress(world: World) -> list[tuple[int, str]]:
    """Wrong secrets in every place, bodies that are none, a body of unknown shape."""
    url = world.system.addresses.webhook("order-updated")
    bare = url.rpartition("/t/")[0]
    person = {"event": TEXT, "context": {"id": EMAIL, "buyer": {"full_name": NAME, "phone": PHONE}}}
    answers = [
        await world.http.post(f"{bare}/t/{WRONG_SECRET}", json=person),
        await world.http.post(f"{bare}?token={WRONG_SECRET}", json=person),
        await world.http.post(bare, json=person, headers={"X-KeyCRM-Signature": WRONG_SECRET}),
        await world.http.post(f"{bare}/{WRONG_SECRET}/{TEXT}", json=person),
        await world.http.post(url, content=f"{{{TEXT} {EMAIL}"),
        await world.http.post(f"{url}?warehouse={TEXT}", json=person),
        await world.http.post(url, json=person),
    ]
    return [(answer.status_code, answer.text) for answer in answers]


async def _knock_at_the_console(world: World) -> list[tuple[int, str]]:
    """A wrong token, wrong values in every place that takes one."""
    console = f"{world.system.addresses.services['console']}/api/keycrm"
    stranger = {"Authorization": f"Bearer {WRONG_TOKEN}"}
    operator = {"Authorization": f"Bearer {TOKENS['operator']}"}
    answers = [
        await world.http.get(f"{console}/sync/status", headers=stranger),
        await world.http.post(f"{console}/sync/orders/{TEXT}", headers=operator),
        await world.http.get(f"{console}/dead-letters?reason={'x' * 500}{TEXT}", headers=operator),
        await world.http.post(
            f"{console}/conflicts/1/resolve", headers=operator, json={"choice": TEXT, "value": EMAIL}
        ),
        await world.http.post(f"{console}/conflicts/1/resolve", headers=operator, content=f"{{{TEXT}"),
        await world.http.get(f"{console}/bindings/customers/{TEXT}", headers=operator),
    ]
    return [(answer.status_code, answer.text) for answer in answers]
