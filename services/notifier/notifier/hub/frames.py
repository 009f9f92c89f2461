"""Bytes that many clients are sent, with what their server is given made once.

Promises: a frame is bytes like all others; a WebSocket that sends one alone needs neither decode it nor wrap it.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any


class Frame(bytes):
    """One message for many."""

    event: dict[str, Any]
    """As the server of a WebSocket takes it."""


def frame(protocol: ModuleType, data: bytes) -> Frame:
    """These bytes, ready for every transport."""
    made = Frame(data)
    made.event = websocket_event(protocol, data)
    return made


def websocket_event(protocol: ModuleType | None, data: bytes) -> dict[str, Any]:
    """Text for JSON and for what comes before a protocol was chosen, binary for MessagePack."""
    if protocol is None or protocol.IS_TEXT:
        return {"type": "websocket.send", "text": data.decode()}
    return {"type": "websocket.send", "bytes": data}
