"""The way out to people: one service of `apprise` a channel, and a file channel of our own.

Promises: an address that apprise cannot use is refused at start-up by the channel's name, and so is one of several
places, since a refusal of one would tell the others twice; a sending answers whether it was taken, refused, or whether
nobody can tell, within a minute; it never blocks the loop. Nothing apprise says reaches
a log, since its lines hold tokens and recipients: of a refusal only the HTTP status is told.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import re
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from apprise import Apprise, AppriseAsset, NotifyFormat, NotifyType, PersistentStoreMode
from apprise.decorators import notify

from notifier.domain.rules import Channel, Rules, RulesError
from notifier.domain.texts import Message

_FILE = "file"
_SEVERAL = (
    "names several places, and if one refused, the others would be told again: give each a channel of its own, "
    "or one address that reaches all of them (a group, a list, cc= of a mail)"
)
_PLAIN = str.maketrans("<>", "‹›")
"""An order's number is typed by people: markup in it makes Telegram refuse the message, and Slack call everybody."""
_STATUS = re.compile(r"error=(\d{3})\b")


@dataclass(frozen=True, slots=True)
class Limits:
    """How long to wait for a channel, in seconds.

    A refusal that took as long as `answer` is no refusal: the message may have been taken and the answer lost.
    """

    connect: float = 5.0
    answer: float = 20.0
    send: float = 60.0


@dataclass(frozen=True, slots=True)
class Taken:
    """The channel has it."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The channel does not have it; it can be tried again."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody can tell: trying again might tell people twice."""

    reason: str


Sent = Taken | Refused | Unknown


class Way:
    """One channel, ready to send."""

    def __init__(self, service: Any, statuses: _Statuses, limits: Limits) -> None:
        self.kind = str(service.schema)
        self._service = service
        self._statuses = statuses
        self._limits = limits
        service.socket_connect_timeout = limits.connect
        service.socket_read_timeout = limits.answer
        service.request_rate_per_sec = min(service.request_rate_per_sec, 1.0)  # the pace is ours

    async def send(self, message: Message) -> Sent:
        """Send once; apprise blocks, so a thread of its own does it and is left behind if it hangs."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Sent] = loop.create_future()

        def settle(sent: Sent) -> None:
            if not answer.done():  # given up meanwhile
                answer.set_result(sent)

        def work() -> None:
            sent = self._send(message)
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(settle, sent)

        threading.Thread(target=work, name="notify", daemon=True).start()
        try:
            return await asyncio.wait_for(answer, self._limits.send)
        except TimeoutError:
            return Unknown(f"no answer within {self._limits.send:g} s")

    def _send(self, message: Message) -> Sent:
        began = time.monotonic()
        self._statuses.forget()
        try:
            is_taken = self._service.notify(
                body=message.body.translate(_PLAIN),
                title=message.title.translate(_PLAIN),
                notify_type=NotifyType(message.gravity),
                body_format=NotifyFormat.TEXT,  # else mail and Telegram take it for HTML: one line, what is in < > lost
            )
        except Exception as error:  # noqa: BLE001 - whatever a plugin raises, its message may hold a token
            return Refused(f"the channel failed ({type(error).__name__})")
        if is_taken:
            return Taken()
        if time.monotonic() - began >= self._limits.answer:
            return Unknown("the answer did not come in time")
        status = self._statuses.last()
        return Refused(f"the channel answered {status}" if status else "the channel could not be reached, or refused")


def open_ways(rules: Rules, limits: Limits = Limits()) -> dict[str, Way]:
    """Every channel of the rules, ready to send.

    Raises:
        RulesError: an address cannot be used; the sentence names the channel and never the address.
    """
    statuses = _silence()
    problems: list[str] = []
    ways = {}
    for channel in rules.channels.values():
        service = _service(channel, problems)
        if service is not None:
            ways[channel.name] = Way(service, statuses, limits)
    if problems:
        raise RulesError(problems)
    return ways


def _service(channel: Channel, problems: list[str]) -> Any:
    where = f"[channels.{channel.name}]"
    url = channel.url
    if channel.url_file is not None:
        try:
            url = Path(channel.url_file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            problems.append(f"{where} url_file: cannot be read ({type(error).__name__}): name a readable file")
            return None
    service = Apprise.instantiate(_address(url or ""), asset=_ASSET)
    if service is None:
        problems.append(
            f"{where} url: apprise cannot use this address: write it as https://appriseit.com/services shows, "
            "or file:///path/of/a/file"
        )
    elif len(service) > 1:
        problems.append(f"{where} url: {_SEVERAL}")
    return service


def _address(url: str) -> str:
    """A file's address as apprise keeps it whole: of file:///a/b it makes a host."""
    split = urlsplit(url)
    if split.scheme != _FILE:
        return url
    path = unquote(split.path)
    return "" if split.netloc or path in ("", "/") else f"{_FILE}://-/?path={quote(path, safe='')}"


@notify(on=_FILE, name="File")  # type: ignore[no-untyped-call,untyped-decorator]  # apprise's has no types
def _append(body: str, title: str, notify_type: str, meta: dict[str, Any], *_: Any, **__: Any) -> bool:
    """One JSON line a message."""
    line = json.dumps({"title": title, "body": body, "type": notify_type}, ensure_ascii=False)
    with Path(meta["qsd"]["path"]).open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")
    return True


_ASSET = AppriseAsset(
    app_id="KeyCRM and VMS",
    app_desc="KeyCRM and VMS sync",
    async_mode=False,
    storage_mode=PersistentStoreMode.MEMORY,   # nothing of a channel is written to disk
    pgp_autogen=False,
    pem_autogen=False,
)  # fmt: skip


class _Statuses(logging.Handler):
    """Hears apprise in the place of the log, and keeps the HTTP status of this thread's newest failure."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._local = threading.local()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the status; forget the line."""
        found = _STATUS.search(record.getMessage())
        if found:
            self._local.status = found[1]

    def forget(self) -> None:
        """A new sending begins in this thread."""
        self._local.status = None

    def last(self) -> str | None:
        """The status of the newest failure in this thread."""
        status: str | None = getattr(self._local, "status", None)
        return status


def _silence() -> _Statuses:
    """Take the libraries' lines away from the log: apprise's, and those of what it sends with."""
    statuses = _Statuses()
    apprise = logging.getLogger("apprise")
    apprise.handlers, apprise.propagate = [statuses], False
    apprise.setLevel(logging.WARNING)
    for name in ("urllib3", "requests", "requests_oauthlib", "oauthlib"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    return statuses
