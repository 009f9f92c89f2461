"""One event is one line with its fields, and no line holds a secret, personal data or an exception's message."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from pydantic import SecretStr

from libs.runtime import context, logs
from libs.runtime.errors import PermanentError
from libs.runtime.redact import place
from libs.runtime.settings import LogSettings

SECRET, PASSWORD = "canary-api-key-4711", "canary pass/word"


class Settings(LogSettings):
    """Settings with secrets."""

    api_key: SecretStr = SecretStr(SECRET)
    tokens: tuple[SecretStr, ...] = (SecretStr("canary-token-one"),)
    address: SecretStr = SecretStr("postgresql://u:canary%20pass%2Fword@h/x")


@pytest.fixture
def printed() -> Iterator[io.StringIO]:
    """What is logged, as JSON lines; logging is as before afterwards."""
    handlers, level = logging.getLogger().handlers, logging.getLogger().level
    stream = io.StringIO()
    logs.configure(Settings(log_level="DEBUG"), "ingress", stream)
    yield stream
    structlog.reset_defaults()
    logging.getLogger().handlers = handlers
    logging.getLogger().setLevel(level)


def lines(printed: io.StringIO) -> list[dict[str, Any]]:
    """The lines, parsed."""
    return [json.loads(line) for line in printed.getvalue().splitlines()]


def test_an_event_is_one_line_with_its_fields(printed: io.StringIO) -> None:
    """Time, level, service, logger, event, fields, and what the trace context bound."""
    with context.bound(context.start("c-1"), binding_id=7):
        structlog.get_logger("runtime.x").info("item.claimed", lane="order", note="a\nb")

    (line,) = lines(printed)
    assert line["event"] == "item.claimed"
    assert (line["service"], line["logger"], line["level"]) == ("ingress", "runtime.x", "info")
    assert (line["correlation_id"], line["binding_id"], line["lane"], line["note"]) == ("c-1", 7, "order", "a\nb")


@pytest.mark.parametrize(
    "text",
    [
        f"key {SECRET} seen",
        "canary-token-one",
        f"password is {PASSWORD}",
        "POST /api/keycrm/webhook/t/canary-url-secret HTTP/1.1",
        "GET /hub?id=1&access_token=canary-jwt&x=1",
        "Authorization: Bearer canary.jwt.sig",
        "postgresql://owner:canary@127.0.0.1/x",
        "mail canary@example.com",
        "phone +380 50 111 22 33 canary",
    ],
)
def test_secrets_and_contacts_are_masked_wherever_they_stand(printed: io.StringIO, text: str) -> None:
    """In a field, in a list, in a library's message, in the event's name."""
    logger = structlog.get_logger("x")
    logger.info("call.done", url=text, parts=[text], nested={"a": {"b": text}})
    logger.info(text)
    logging.getLogger("some.library").error("failed: %s", text)

    shown = printed.getvalue()
    assert len(lines(printed)) == 3
    for secret in (
        SECRET,
        "canary-token",
        PASSWORD,
        "canary-url",
        "canary-jwt",
        "canary.jwt",
        ":canary@",
        "canary@",
        "50 111 22",
    ):
        assert secret not in shown


@pytest.mark.parametrize("name", ["phone", "buyer_email", "full_name", "api_token", "manager_comment", "payload"])
def test_fields_that_name_personal_data_are_masked(printed: io.StringIO, name: str) -> None:
    """Whatever they hold."""
    structlog.get_logger("x").info("order.read", **{name: "Олена"})

    assert "Олена" not in printed.getvalue()


def test_an_exception_is_told_by_type_and_place_not_by_its_message(printed: io.StringIO) -> None:
    """A message may repeat what somebody typed."""
    try:
        try:
            raise KeyError("Олена Зразкова")
        except KeyError as error:
            raise ValueError("+380501112233 is no phone") from error
    except ValueError as error:
        structlog.get_logger("x").error("mark.failed", exc_info=error)
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
        where = place(error)

    first, second = lines(printed)
    assert (first["error_type"], first["caused_by"]) == ("ValueError", ["KeyError"])
    assert first["frames"][-1].startswith("runtime/test_logs.py:")
    assert where.startswith("ValueError in runtime/test_logs.py:")
    assert second["error_type"] == "ValueError"
    assert "Олена" not in printed.getvalue()
    assert "380501112233" not in printed.getvalue()


def test_our_own_reasons_are_told(printed: io.StringIO) -> None:
    """A fate's reason is written by us and safe."""
    structlog.get_logger("x").error("item.failed", exc_info=PermanentError("no pair for status 7"))

    assert lines(printed)[0]["reason"] == "no pair for status 7"


def test_a_library_does_not_repeat_itself_ten_times_a_second(printed: io.StringIO) -> None:
    """A broker that is away for half an hour is a line now and then, with how often it was not said."""
    logger = logging.getLogger("aiokafka")
    for number in range(100):
        logger.error("Unable connect to node with id %s", number)
    logger.error("something else")
    handler = logging.getLogger().handlers[0]
    later = logger.makeRecord("aiokafka", logging.ERROR, "f", 1, "Unable connect to node with id %s", (7,), None)
    later.created += logs.REPEAT_SECONDS + 1
    handler.handle(later)

    events = [(line["event"], line.get("unsaid")) for line in lines(printed)]
    assert events == [
        ("Unable connect to node with id 0", None),
        ("something else", None),
        ("Unable connect to node with id 7", 99),
    ]


def test_request_lines_of_servers_and_clients_are_off(printed: io.StringIO) -> None:
    """They print addresses, and addresses hold tokens."""
    logging.getLogger("uvicorn.access").info('127.0.0.1 - "GET /t/abc HTTP/1.1" 200')
    logging.getLogger("httpx").info("HTTP Request: GET https://x/?token=abc")
    logging.getLogger("faststream").info("Received")

    assert printed.getvalue() == ""


def test_a_level_hides_what_is_below() -> None:
    """LOG_LEVEL=WARNING: no INFO line."""
    stream = io.StringIO()
    logs.configure(Settings(log_level="WARNING"), "ingress", stream)
    structlog.get_logger("x").info("a.b")
    structlog.get_logger("x").warning("c.d")
    structlog.reset_defaults()

    assert [line["event"] for line in lines(stream)] == ["c.d"]


def test_the_console_format_is_one_line_an_event_too() -> None:
    """For people: no JSON, still one line."""
    stream = io.StringIO()
    logs.configure(Settings(log_format="console"), "ingress", stream)
    try:
        raise ValueError("Олена")
    except ValueError as error:
        structlog.get_logger("x").error("a.failed", exc_info=error)
    structlog.reset_defaults()

    assert stream.getvalue().count("\n") == 1
    assert "a.failed" in stream.getvalue()
    assert "Олена" not in stream.getvalue()
