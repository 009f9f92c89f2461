"""The edge of a sandbox: logs every call and plays the fault that takes it, outside the app that does the work.

Cutting a connection needs the server of `sandbox.server`, which puts the cut into the scope.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.calls import Call, CallLog
from sandbox.faults import Fault, Faults

CUT = "sandbox.cut"
NUMBER = "sandbox.call"  # the call's number in the log, for what the app wants to say about it
MESSAGES = {429: "Too Many Attempts.", 401: "Unauthenticated."}


class Answer:
    """What the app answers: kept back until `forward`, or passed on at once when `is_live`."""

    def __init__(self, send: Send, is_live: bool) -> None:
        self._send = send
        self._is_live = is_live
        self._kept: list[Message] = []
        self.status: int | None = None

    async def take(self, message: Message) -> None:
        """The `send` that the app is given."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
        if self._is_live:
            await self._send(message)
        else:
            self._kept.append(message)

    async def forward(self) -> None:
        """Give the caller what was kept."""
        for message in self._kept:
            await self._send(message)

    @property
    def is_success(self) -> bool:
        """Did the app do the work?"""
        return self.status is not None and self.status < 400


class FaultMiddleware:
    """Logs each call for which `operation_of` has a name, and plays the fault that takes it.

    `error_of` words the answer of a `status` fault as this system does.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        operation_of: Callable[[Scope], str | None],
        faults: Faults,
        calls: CallLog,
        error_of: Callable[[int], Response] | None = None,
    ) -> None:
        self._app = app
        self._operation_of = operation_of
        self._faults = faults
        self._calls = calls
        self._error_of = error_of or _json_error

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        operation = self._operation_of(scope) if scope["type"] == "http" else None
        if operation is None:
            return await self._app(scope, receive, send)
        call = self._calls.open(scope, operation)
        scope[NUMBER] = call.n
        fault = self._faults.pick(operation)
        answer = Answer(send, is_live=fault is None)
        call.fault = fault.id if fault else None
        if fault is None:
            await self._app(scope, receive, answer.take)
            return self._calls.close(call, "done" if answer.is_success else "refused", answer.status)
        return await self._play(fault, call, answer, scope, await _replayed(receive), send)

    async def _play(self, fault: Fault, call: Call, answer: Answer, scope: Scope, receive: Receive, send: Send) -> None:
        if fault.is_after:
            await self._app(scope, receive, answer.take)
        is_answered = await self._bite(fault, scope, receive, send)
        if is_answered and fault.wanted.kind in ("hold", "slow"):
            if not fault.is_after:
                await self._app(scope, receive, answer.take)
            await answer.forward()
            return self._calls.close(call, "done" if answer.is_success else "refused", answer.status)
        status = fault.wanted.status if is_answered else None
        return self._calls.close(call, "lost" if answer.is_success else "refused", status)

    async def _bite(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> bool:
        """Do what the fault does; True when the caller gets an answer."""
        wanted = fault.wanted
        if wanted.kind == "status":
            answer = self._error_of(wanted.status)
            if wanted.retry_after is not None:
                answer.headers["Retry-After"] = f"{wanted.retry_after:g}"
            await answer(scope, receive, send)
            return True
        if wanted.kind == "slow":
            await asyncio.sleep(wanted.seconds)
            return True
        if wanted.kind == "hold":
            return await _hold(fault, receive, watch=fault.is_after)
        if wanted.kind == "hang":
            await _gone(receive, wanted.seconds)
        await _cut(scope, receive)
        return False


async def _replayed(receive: Receive) -> Receive:
    """The whole request taken off the connection now, so that its work can be done after the caller has gone."""
    kept = [await receive()]
    while kept[-1].get("more_body"):
        kept.append(await receive())

    async def again() -> Message:
        return kept.pop(0) if kept else await receive()

    return again


def _json_error(status: int) -> Response:
    return JSONResponse({"message": MESSAGES.get(status, "Server Error")}, status_code=status)


async def _hold(fault: Fault, receive: Receive, watch: bool) -> bool:
    """Wait for the release; False when the caller went away first.

    `watch` is False before the work: such a request is on its way and lands late, also when its caller has been killed.
    """
    release = asyncio.Event()
    fault.held.add(release)
    waits = [asyncio.ensure_future(_set(release))]
    if watch:
        waits.append(asyncio.ensure_future(_gone(receive, None)))
    try:
        await asyncio.wait(waits, timeout=fault.wanted.seconds, return_when=asyncio.FIRST_COMPLETED)
        return not (watch and waits[1].done())
    finally:
        fault.held.discard(release)
        for wait in waits:
            wait.cancel()


async def _set(event: asyncio.Event) -> None:
    await event.wait()


async def _gone(receive: Receive, seconds: float | None) -> None:
    """Return when the caller has gone away, or after `seconds`."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while (await receive())["type"] != "http.disconnect":
                continue


async def _cut(scope: Scope, receive: Receive) -> None:
    """Close the connection without a byte; returns when the server has seen it closed, so that it answers nothing."""
    scope[CUT]()
    await _gone(receive, 5)
