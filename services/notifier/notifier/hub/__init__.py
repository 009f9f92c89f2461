"""The live hub: SignalR's protocol over WebSockets, Server-Sent Events and Long Polling, on raw ASGI."""
