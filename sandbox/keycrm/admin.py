"""The admin calls of the account as a whole: state, knobs, webhooks, deliveries, breaches, reset."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request
from starlette.routing import BaseRoute

from sandbox.admin import Refused, admin_route, after_of, model_of, object_of
from sandbox.calls import CallLog
from sandbox.faults import Faults
from sandbox.keycrm.account import Account
from sandbox.keycrm.hooks import HookWanted
from sandbox.keycrm.limits import Limits
from sandbox.keycrm.seeds import Seed
from sandbox.keycrm.state import state_of


class ResetWanted(BaseModel):
    """The body of `POST /_admin/reset`; without a seed the one of the start is taken again."""

    model_config = ConfigDict(extra="forbid")

    seed: Seed | None = None


class Admin:
    """The admin calls and what they reach."""

    def __init__(self, account: Account, limits: Limits, faults: Faults, calls: CallLog) -> None:
        self._account = account
        self._limits = limits
        self._faults = faults
        self._calls = calls

    def routes(self) -> list[BaseRoute]:
        """The admin calls."""
        return [
            admin_route("/health", self.health),
            admin_route("/reset", self.reset, "POST"),
            admin_route("/state", self.state),
            admin_route("/knobs", self.knobs),
            admin_route("/knobs", self.turn, "PATCH"),
            admin_route("/hooks", self.hooks),
            admin_route("/hooks", self.add_hook, "POST", 201),
            admin_route("/hooks", self.clear_hooks, "DELETE"),
            admin_route("/deliveries", self.deliveries),
            admin_route("/breaches", self.breaches),
            *self._faults.routes(),
            *self._calls.routes(),
        ]

    async def health(self, request: Request) -> Any:
        """Up."""
        return {"status": "ok"}

    async def reset(self, request: Request) -> Any:
        """As at the start; the numbers of calls go on."""
        wanted = await model_of(request, ResetWanted)
        self._account.reset(wanted.seed)
        self._limits.clear()
        self._faults.clear()
        self._calls.clear()
        return {"seed": self._account.seed}

    async def state(self, request: Request) -> Any:
        """Everything."""
        return state_of(self._account)

    async def knobs(self, request: Request) -> Any:
        """All knobs."""
        return self._account.knobs.model_dump()

    async def turn(self, request: Request) -> Any:
        """Turn the named knobs, all or none."""
        try:
            self._account.turn(await object_of(request))
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            raise Refused(422, f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
        return self._account.knobs.model_dump()

    async def hooks(self, request: Request) -> Any:
        """The webhooks that are set up."""
        return [hook.shown() for hook in self._account.hooks.all]

    async def add_hook(self, request: Request) -> Any:
        """Set a webhook up."""
        return self._account.hooks.add(await model_of(request, HookWanted)).shown()

    async def clear_hooks(self, request: Request) -> Any:
        """Remove all webhooks."""
        self._account.hooks.clear()
        return {}

    async def deliveries(self, request: Request) -> Any:
        """The attempts to deliver a webhook, without bodies."""
        return self._account.hooks.attempts(after_of(request))

    async def breaches(self, request: Request) -> Any:
        """The requests that broke the contract."""
        return [asdict(breach) for breach in self._account.breaches]
