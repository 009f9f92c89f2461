"""What may never be read in a log: secrets and personal data, found by field name, by shape and by value.

Promises: the secrets of the settings are masked wherever they appear; so are tokens in URLs and headers, credentials
in addresses, e-mail addresses and phone numbers. An exception is told by its type and its frames: its message may
hold what somebody typed. This is the second line; the first is that nobody logs payloads.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, SecretStr

from libs.runtime.errors import SyncError

MASK = "***"
_SHORTEST_SECRET = 6  # a shorter one would mask parts of ordinary words
_SECRET_NAME = re.compile(r"secret|token|password|passwd|authorization|api_?key|cookie|signature|credential", re.I)
_NAMES_THAT_ARE_SAFE = frozenset({"lease_token"})
_PERSONAL_NAME = re.compile(r"phone|e_?mail|full_?name|contact_?name|address|comment|payload|body", re.I)
_SHAPES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(/t/)[^\s/?#\"']+"), rf"\1{MASK}"),
    (re.compile(r"((?:access_|id_|api_)?(?:token|secret|key|password|signature)=)[^\s&#\"']+", re.I), rf"\1{MASK}"),
    (re.compile(r"\b(Bearer|Basic)\s+[\w.~+/=-]+", re.I), rf"\1 {MASK}"),
    (re.compile(r"(\w+://[^\s:/@]*:)[^\s/@]+(@)"), rf"\1{MASK}\2"),
    (re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+"), MASK),
    (re.compile(r"\+\d[\d ()-]{7,16}\d|\b380\d{9}\b"), MASK),
)


class Redactor:
    """A structlog processor; knows the secrets of this process."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = sorted({s for s in secrets if len(s) >= _SHORTEST_SECRET}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, known))) if known else None

    def __call__(self, _logger: Any, _method: str, event: Any) -> Any:
        """Mask every value of the event; field names stay."""
        return {name: self._field(str(name), value) for name, value in event.items()}

    def text(self, text: str) -> str:
        """One string, masked."""
        if self._known is not None:
            text = self._known.sub(MASK, text)
        for shape, mask in _SHAPES:
            text = shape.sub(mask, text)
        return text

    def _field(self, name: str, value: Any) -> Any:
        if value is None or isinstance(value, bool | int | float):
            return value
        if name not in _NAMES_THAT_ARE_SAFE and (_SECRET_NAME.search(name) or _PERSONAL_NAME.search(name)):
            return MASK
        return self._value(value)

    def _value(self, value: Any) -> Any:
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, Mapping):
            return {str(name): self._field(str(name), part) for name, part in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self._value(part) for part in value]
        return self.text(value if isinstance(value, str) else str(value))


def secrets_of(settings: BaseModel) -> set[str]:
    """Every secret value in the settings, and the password inside an address."""
    found: set[str] = set()
    for name in type(settings).model_fields:
        _collect(getattr(settings, name), found)
    return found


def _collect(value: Any, found: set[str]) -> None:
    if isinstance(value, SecretStr):
        secret = value.get_secret_value()
        found.add(secret)
        if "://" in secret and (password := urlsplit(secret).password):
            found.update({password, unquote(password)})
    elif isinstance(value, tuple | list):
        for part in value:
            _collect(part, found)
    elif isinstance(value, BaseModel):
        found.update(secrets_of(value))


def told(error: BaseException) -> dict[str, Any]:
    """An exception as fields: type, causes, frames; its message only where we wrote it ourselves."""
    fields: dict[str, Any] = {"error_type": type(error).__name__, "frames": _frames(error.__traceback__)}
    if isinstance(error, SyncError):
        fields["reason"] = error.reason
    causes = [type(cause).__name__ for cause in _causes(error)]
    if causes:
        fields["caused_by"] = causes
    return fields


def place(error: BaseException) -> str:
    """Type and innermost frame of an exception, for a dead letter's reason: `KeyError in handlers.py:41 mark`."""
    frames = _frames(error.__traceback__)
    return f"{type(error).__name__} in {frames[-1]}" if frames else type(error).__name__


def _causes(error: BaseException) -> Iterable[BaseException]:
    seen: BaseException | None = error.__cause__ or error.__context__
    for _ in range(8):
        if seen is None:
            return
        yield seen
        seen = seen.__cause__ or seen.__context__


def _frames(traceback: TracebackType | None) -> list[str]:
    frames = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        file = "/".join(code.co_filename.replace("\\", "/").rsplit("/", 2)[-2:])
        frames.append(f"{file}:{traceback.tb_lineno} {code.co_name}")
        traceback = traceback.tb_next
    return frames[-12:]
