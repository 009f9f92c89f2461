"""Every status of either partner means one fate, and no fate tells a value."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from libs.clients.answers import Partner, judge, read
from libs.clients.wire import Call, Reply
from libs.contracts.keycrm import Order
from libs.runtime.errors import (
    GoneError,
    KeyRefused,
    OutcomeUnknown,
    PermanentError,
    SyncError,
    TransientError,
    WorldUnavailable,
)
from libs.wording.reasons import refused_key

NOW = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
KEYCRM = Partner("keycrm", "KeyCRM", "KEYCRM_BASE_URL", "KEYCRM_API_KEY")
READ = Call("getOrder", "GET", "/order/7", ids={"order_id": 7})
WRITE = Call("createOrder", "POST", "/order", {"buyer": {"full_name": "Olena Testova"}}, reference="ref-1")
JSON = {"content-type": "application/json"}
PAGE = Reply(200, {"content-type": "text/html; charset=UTF-8"}, b"<!DOCTYPE html><title>Sign in</title>")


def fate(call: Call, reply: Reply) -> SyncError:
    """The fate that the answer means."""
    with pytest.raises(SyncError) as raised:
        judge(KEYCRM, call, reply, NOW)
    return raised.value


@pytest.mark.parametrize(
    ("status", "of_read", "of_write"),
    [
        (301, WorldUnavailable, WorldUnavailable),
        (302, WorldUnavailable, OutcomeUnknown),
        (303, WorldUnavailable, OutcomeUnknown),
        (308, WorldUnavailable, WorldUnavailable),
        (400, PermanentError, PermanentError),
        (401, KeyRefused, KeyRefused),
        (403, KeyRefused, KeyRefused),
        (404, GoneError, GoneError),
        (405, PermanentError, PermanentError),
        (408, TransientError, OutcomeUnknown),
        (409, PermanentError, PermanentError),
        (413, PermanentError, PermanentError),
        (422, PermanentError, PermanentError),
        (425, TransientError, OutcomeUnknown),
        (429, WorldUnavailable, WorldUnavailable),
        (500, TransientError, OutcomeUnknown),
        (501, TransientError, OutcomeUnknown),
        (502, WorldUnavailable, OutcomeUnknown),
        (503, WorldUnavailable, OutcomeUnknown),
        (504, WorldUnavailable, OutcomeUnknown),
        (520, TransientError, OutcomeUnknown),
    ],
)
def test_every_status_has_one_fate(status: int, of_read: type[SyncError], of_write: type[SyncError]) -> None:
    """A read and a write of the same status differ only in whether the work may have been done."""
    reply = Reply(status, JSON, b'{"message": "said"}')

    assert type(fate(READ, reply)) is of_read
    assert type(fate(WRITE, reply)) is of_write


def test_a_success_is_its_json() -> None:
    """200, 201 and 202 answer what the body says; an empty body is None."""
    assert judge(KEYCRM, READ, Reply(200, JSON, b'{"id": 7}'), NOW) == {"id": 7}
    assert judge(KEYCRM, WRITE, Reply(202, JSON, b"[1]"), NOW) == [1]
    assert judge(KEYCRM, WRITE, Reply(204), NOW) is None


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "Thu, 15 Jan 2026 09:30:40 GMT"}, 40.0),
        ({"retry-after": "Thu, 15 Jan 2026 09:29:00 GMT"}, 0.0),
        ({"x-ratelimit-reset": str(int(NOW.timestamp()) + 12)}, 12.0),
        ({"retry-after": "soon", "x-ratelimit-reset": str(int(NOW.timestamp()) + 9)}, 9.0),
        ({"retry-after": "soon"}, 15.0),
        ({}, 15.0),
    ],
)
def test_a_throttled_call_says_how_long_to_wait(headers: dict[str, str], seconds: float) -> None:
    """`Retry-After` in both spellings, else the reset time, else a pause of our own."""
    raised = fate(WRITE, Reply(429, {**JSON, **headers}, b'{"message": "Too Many Attempts."}'))

    assert isinstance(raised, WorldUnavailable)
    assert (raised.partner, raised.retry_after_seconds) == ("keycrm", seconds)


def test_a_refused_key_names_the_setting() -> None:
    """A wrong key is the world's, so that nothing is dead-lettered, and people are told which setting to correct."""
    raised = fate(READ, Reply(401, JSON, b'{"message": "Unauthenticated."}'))

    assert isinstance(raised, WorldUnavailable)
    assert refused_key(raised.reason) == "KEYCRM_API_KEY"
    assert refused_key(fate(READ, Reply(503, JSON, b"{}")).reason) is None


def test_a_page_for_people_names_the_address() -> None:
    """HTML comes from a proxy or a wrong address; a write that got it with 200 may have happened."""
    of_read, of_write = fate(READ, PAGE), fate(WRITE, PAGE)

    assert isinstance(of_read, WorldUnavailable)
    assert "KEYCRM_BASE_URL" in of_read.reason
    assert isinstance(of_write, OutcomeUnknown)


@pytest.mark.parametrize("call", [READ, WRITE])
def test_a_page_with_404_is_a_wrong_address_and_not_a_vanished_record(call: Call) -> None:
    """KeyCRM answers a wrong path with an HTML 404: no binding may be called gone because of it."""
    answers = [
        Reply(404, {"content-type": "text/html"}, b"<html>"),
        Reply(404, {"content-type": "text/plain"}, b"Not Found"),
        Reply(404, {}, b""),
    ]
    for reply in answers:
        raised = fate(call, reply)

        assert isinstance(raised, WorldUnavailable)
        assert "KEYCRM_BASE_URL" in raised.reason


def test_a_proxys_page_about_size_concerns_this_request_alone() -> None:
    """413 is permanent whoever says it, so that a batch can be split."""
    raised = fate(WRITE, Reply(413, {"content-type": "text/html"}, b"<html><h1>413</h1></html>"))

    assert isinstance(raised, PermanentError)
    assert "<" not in raised.reason


def test_a_refusal_names_its_fields_and_keeps_the_partners_words() -> None:
    """422: the first field is the fate's field, the text tells what is wrong."""
    body = {"message": "m", "errors": {"tags.0": ["The selected tags.0 is invalid."], "buyer": ["Second."]}}
    raised = fate(WRITE, Reply(422, JSON, json.dumps(body).encode()))

    assert isinstance(raised, PermanentError)
    assert (raised.code, raised.field) == ("refused", "tags.0")
    assert raised.reason == (
        "KeyCRM refused createOrder with 422, field tags.0, buyer: The selected tags.0 is invalid. Second."
    )


def test_a_refusal_tells_nobodys_name_phone_or_mail() -> None:
    """What we sent, and what looks like a phone or a mail, is taken out of the partner's words."""
    text = "Buyer OLENA TESTOVA (+38 067 111-22-33, olena@example.com) is blocked, see Ivan at ivan@example.org"
    raised = fate(WRITE, Reply(400, JSON, json.dumps({"message": text}, ensure_ascii=False).encode()))

    for canary in ("OLENA", "TESTOVA", "067", "111-22-33", "example.com", "ivan@"):
        assert canary not in raised.reason
    assert "is blocked" in raised.reason


def test_vms_validation_problems_are_read_the_same_way() -> None:
    """ASP.NET's `{title, errors}` and its plain sentences are understood."""
    vms = Partner("vms", "VMS", "VMS_BASE_URL", "VMS_API_TOKEN", is_plain_spoken=True)
    problem = {"title": "One or more validation errors occurred.", "errors": {"EMail": ["The EMail field is bad."]}}

    with pytest.raises(PermanentError) as raised:
        judge(vms, WRITE, Reply(400, {"content-type": "application/problem+json"}, json.dumps(problem).encode()), NOW)
    assert raised.value.field == "EMail"

    with pytest.raises(GoneError) as gone:
        judge(vms, READ, Reply(404, {"content-type": "text/plain"}, b"Order with ID 7 not found"), NOW)
    assert gone.value.reason == "VMS has no such record: getOrder order_id 7"


def test_an_unreadable_answer_names_the_field_and_not_its_value() -> None:
    """A read is permanent, a write did happen: its outcome has to be looked up."""
    shown = {"id": 7, "status_id": "canary", "source_id": 3}

    with pytest.raises(PermanentError) as of_read:
        read(KEYCRM, READ, Order, shown)
    with pytest.raises(OutcomeUnknown) as of_write:
        read(KEYCRM, WRITE, Order, shown)

    assert (of_read.value.code, of_read.value.field) == ("unreadable", "status_id")
    assert "canary" not in of_read.value.reason
    assert of_write.value.reference == "ref-1"


def test_a_body_that_is_no_json_is_unreadable() -> None:
    """Half an answer of a read is permanent, of a write unknown."""
    half = Reply(200, JSON, b'{"id": 7, "na')

    assert type(fate(READ, half)) is PermanentError
    assert type(fate(WRITE, half)) is OutcomeUnknown


def test_a_decimal_that_is_none_is_a_shape_error() -> None:
    """`grand_total: "abc"` names its field instead of crashing the reader."""
    with pytest.raises(PermanentError) as raised:
        read(KEYCRM, READ, Order, {"id": 7, "status_id": 1, "grand_total": "abc"})

    assert raised.value.field == "grand_total"
