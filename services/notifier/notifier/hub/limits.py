"""How much of everything one client, and all of them together, may take.

Promises: nothing a client does grows without one of these bounds; tests make them small, operation leaves most alone.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds in bytes, pieces and seconds; the defaults are SignalR's own where it has any."""

    message_bytes: int = 32 * 1024
    """One message from a client; the size of an upload too."""
    handshake_bytes: int = 4 * 1024
    body_bytes: int = 64 * 1024
    """One POST, which may hold several messages."""
    queue_bytes: int = 1024 * 1024
    """What waits for one client; who is further behind is dropped."""
    stream_bytes: int = 64 * 1024
    """A stream goes on only while less than this waits."""
    id_characters: int = 128
    name_characters: int = 128
    """Of a method or a group."""
    depth: int = 16
    """How deep arguments may be nested."""
    groups: int = 64
    """Of one connection."""
    streams: int = 4
    """Running at once for one connection."""
    connections: int = 10_000
    """Of everybody, those that have only negotiated included."""
    connections_per_person: int = 2_000
    ping_seconds: float = 15.0
    """Something is said at least so often."""
    client_seconds: float = 30.0
    """A client that says nothing for so long is gone."""
    handshake_seconds: float = 15.0
    """From negotiation to transport, and from transport to handshake."""
    stall_seconds: float = 20.0
    """One write to a client may wait so long."""
    poll_seconds: float = 90.0
    """A poll without news is answered after this."""
    absent_seconds: float = 15.0
    """A Long Polling client without a poll for so long is gone."""
    look_seconds: float = 1.0
    """How often all of the above is looked at."""
    leave_seconds: float = 3.0
    """At a stop: for the last words to reach the clients."""
