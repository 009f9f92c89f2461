"""The console's HTTP face: FastAPI routes over the handlers, problems (RFC 9457) for whatever is refused."""
