"""Logs: one event, one line, JSON or for people; libraries speak through the same pipe.

A module takes its logger by `structlog.get_logger("runtime.deliver")`.
Promises: every line has time, level, service, logger, event and what the trace context bound; no line holds a secret
or personal data (`redact`). Events are `noun.verb` with fields. Web servers' and HTTP clients' own request lines are
off: they print addresses, and addresses hold tokens.
"""

from __future__ import annotations

import logging
import sys
from typing import Any, TextIO

import orjson
import structlog
from pydantic import BaseModel

from libs.runtime.redact import Redactor, secrets_of, told
from libs.runtime.settings import LogSettings

# What each library may say. Below these levels they print requests, addresses, tokens or one line a record.
_LIBRARIES = {
    "aiokafka": logging.WARNING,
    "apprise": logging.WARNING,
    "asyncio": logging.WARNING,
    "faststream": logging.WARNING,
    "httpcore": logging.WARNING,
    "httpx": logging.WARNING,
    "uvicorn": logging.WARNING,
    "uvicorn.error": logging.WARNING,
    "uvicorn.access": logging.CRITICAL + 1,
}

# A library says the same thing (the same template) at most so often.
REPEAT_SECONDS = 10.0
_MOST_TOLD = 500
_FIRST = ("time", "level", "service", "logger", "event", "correlation_id")


def configure(settings: LogSettings, service: str, stream: TextIO | None = None) -> None:
    """Set up structlog and the standard library's logging for this process."""
    level = logging.getLevelNamesMapping()[settings.log_level]
    shared = _shared(service, Redactor(secrets_of(settings) if isinstance(settings, BaseModel) else ()))
    renderer = _console() if settings.log_format == "console" else _json
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=_Factory(stream or sys.stdout),
        cache_logger_on_first_use=False,
    )
    _route_libraries(level, shared, renderer, stream or sys.stdout)


def _shared(service: str, redactor: Redactor) -> list[Any]:
    def identify(logger: Any, _method: str, event: Any) -> Any:
        event["service"] = service
        if isinstance(logger, _Named):
            event["logger"] = logger.name
        return event

    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        identify,
        _tell_exception,
        redactor,
    ]


def _tell_exception(_logger: Any, _method: str, event: Any) -> Any:
    """Replace `exc_info` by fields that repeat no message."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        event.update({name: value for name, value in told(error).items() if name not in event})
    event.pop("stack_info", None)
    return event


def _json(_logger: Any, _method: str, event: Any) -> str:
    event = {**{name: event[name] for name in _FIRST if name in event}, **event}
    return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


def _console() -> Any:
    return structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty(), sort_keys=False, timestamp_key="time")


class _Named(structlog.WriteLogger):
    """Writes lines and knows the name it was asked for by."""

    def __init__(self, stream: TextIO, name: str) -> None:
        super().__init__(stream)
        self.name = name


class _Factory:
    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __call__(self, name: str = "") -> _Named:
        return _Named(self._stream, name)


class _Router(logging.Handler):
    """Hands a library's log record to the same processors and the same stream."""

    def __init__(self, shared: list[Any], renderer: Any, stream: TextIO) -> None:
        super().__init__()
        self._processors = [*shared, renderer]
        self._stream = stream
        self._told: dict[tuple[str, object], tuple[float, int]] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line; a record that cannot be formatted is told by its place."""
        unsaid = self._unsaid(record)
        if unsaid is None:
            return
        try:
            message = record.getMessage()
        except (TypeError, ValueError):
            message = f"unformattable record of {record.module}:{record.lineno}"
        line: Any = {"event": message, "logger": record.name, "exc_info": record.exc_info}
        if unsaid:
            line["unsaid"] = unsaid
        for processor in self._processors:
            line = processor(None, record.levelname.lower(), line)
        self._stream.write(f"{line}\n")
        self._stream.flush()

    def _unsaid(self, record: logging.LogRecord) -> int | None:
        """How often this was not said since it was said last; None: too soon to say it again.

        While a broker is away, aiokafka says so ten times a second from each client.
        """
        now, key = record.created, (record.name, record.msg)
        last, unsaid = self._told.get(key, (0.0, 0))
        if now - last < REPEAT_SECONDS:
            self._told[key] = (last, unsaid + 1)
            return None
        if len(self._told) >= _MOST_TOLD:
            self._told.clear()
        self._told[key] = (now, 0)
        return unsaid


def _route_libraries(level: int, shared: list[Any], renderer: Any, stream: TextIO) -> None:
    root = logging.getLogger()
    root.handlers = [_Router(shared, renderer, stream)]
    root.setLevel(max(level, logging.INFO))
    for name, floor in _LIBRARIES.items():
        library = logging.getLogger(name)
        library.handlers = []
        library.propagate = True
        library.setLevel(max(level, floor))
