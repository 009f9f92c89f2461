"""One asynchronous function a request or batch: load, decide, apply, record; none knows HTTP."""
