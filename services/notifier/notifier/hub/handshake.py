"""The first record of every connection: which protocol the rest is written in.

Promises: the record may come in pieces and with messages right behind it; versions 0 to 2 are taken, as ASP.NET Core
takes them (one Python client says 0); what is refused is told in words before the connection ends.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

import orjson

from notifier.hub import json_protocol, msgpack_protocol
from notifier.hub.limits import Limits
from notifier.hub.messages import ProtocolError

SEPARATOR = json_protocol.SEPARATOR
ACCEPTED = b"{}" + SEPARATOR
NEWEST_VERSION = 2
PROTOCOLS: dict[str, ModuleType] = {one.NAME: one for one in (json_protocol, msgpack_protocol)}


# What the bytes of a broadcast depend on, by number: a list is looked into faster than a mapping.
FORMS: tuple[tuple[ModuleType, bool], ...] = tuple(
    (protocol, sees_personal) for protocol in PROTOCOLS.values() for sees_personal in (False, True)
)


def form(protocol: ModuleType, *, sees_personal: bool) -> int:
    """The number of a form."""
    return FORMS.index((protocol, sees_personal))


class Handshake:
    """One client's first bytes."""

    def __init__(self, limits: Limits, *, is_text_only: bool) -> None:
        self._limits = limits
        self._is_text_only = is_text_only
        self._kept = b""

    def feed(self, data: bytes) -> tuple[ModuleType, bytes] | None:
        """The protocol that was chosen and what came after the record; None: more must come.

        Raises:
            ProtocolError: it is no handshake, or asks for what there is not.
        """
        self._kept += data
        record, separator, rest = self._kept.partition(SEPARATOR)
        if len(record) > self._limits.handshake_bytes:
            raise ProtocolError(f"a handshake has at most {self._limits.handshake_bytes} bytes")
        if not separator:
            return None
        return self._chosen(record), rest

    def _chosen(self, record: bytes) -> ModuleType:
        name, version = _asked(record)
        protocol = PROTOCOLS.get(name)
        if protocol is None:
            raise ProtocolError(f"the protocol is not known here; known are {' and '.join(PROTOCOLS)}")
        if not 0 <= version <= NEWEST_VERSION:
            raise ProtocolError(f"the protocol's version is not known here; known are 0 to {NEWEST_VERSION}")
        if self._is_text_only and not protocol.IS_TEXT:
            raise ProtocolError("this transport carries text only: choose the json protocol")
        return protocol


def _asked(record: bytes) -> tuple[str, int]:
    try:
        told: Any = orjson.loads(record)
    except orjson.JSONDecodeError:
        raise ProtocolError("a handshake is a JSON object ended by the character 0x1E") from None
    if not isinstance(told, dict) or "type" in told:
        raise ProtocolError("a handshake is a JSON object with protocol and version")
    name, version = told.get("protocol"), told.get("version")
    if not isinstance(name, str) or not isinstance(version, int) or isinstance(version, bool):
        raise ProtocolError("a handshake needs protocol (a string) and version (a whole number)")
    return name, version


def refusal(why: str) -> bytes:
    """What a client is told before the end."""
    return orjson.dumps({"error": why}) + SEPARATOR
