"""Who may speak: a webhook is verified, or it is refused; only a verified one can be read.

Promises: fails closed. Every credential that a request shows must be right, and at least one must be shown; every
live secret is compared, in constant time, on bytes. Refuses an empty secret and a door without any secret.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from urllib.parse import unquote_to_bytes

ROOT = "/api/keycrm/webhook"


class Hook(StrEnum):
    """The paths below the root; `any` is the root itself, which goes by the body."""

    ORDER_CREATED = "order-created"
    ORDER_UPDATED = "order-updated"
    ORDER_STATUS_CHANGED = "order-status-changed"
    PAYMENT_CREATED = "payment-created"
    PAYMENT_UPDATED = "payment-updated"
    BUYER_CREATED = "buyer-created"
    BUYER_UPDATED = "buyer-updated"
    PRODUCT_UPDATED = "product-updated"
    STOCK_CHANGED = "stock-changed"
    ANY = "any"


_NAMED = {hook.value.encode(): hook for hook in Hook if hook is not Hook.ANY}
_ROOT_PARTS = tuple(part.encode() for part in ROOT.strip("/").split("/"))


@dataclass(frozen=True, slots=True)
class Secrets:
    """The live secrets of both kinds, newest first; a kind without any lets nobody in."""

    hmac: tuple[bytes, ...] = field(repr=False)
    url: tuple[bytes, ...] = field(repr=False)

    def __post_init__(self) -> None:
        if not all((*self.hmac, *self.url)):
            raise ValueError("an empty webhook secret would let everybody in")
        if not self.hmac and not self.url:
            raise ValueError("no webhook secret is set: set WEBHOOK_HMAC_SECRETS or WEBHOOK_URL_SECRETS")


# The two that every webhook makes are not frozen: that makes them three times as dear.
@dataclass(slots=True)
class Webhook:
    """A request as it came: from anybody."""

    hook: Hook
    body: bytes = field(repr=False)
    signatures: tuple[bytes, ...] = field(default=(), repr=False)
    url_secrets: tuple[bytes, ...] = field(default=(), repr=False)
    warehouse: bytes | None = None


@dataclass(slots=True)
class VerifiedWebhook:
    """What came from somebody who knows a secret. Only `verify` makes one."""

    hook: Hook
    body: bytes = field(repr=False)
    warehouse: bytes | None = None


@lru_cache(maxsize=256)
def door(raw_path: bytes) -> tuple[Hook, tuple[bytes, ...]] | None:
    """The hook that a path names and the secret it ends with, if any; None: there is no such path."""
    parts = raw_path.strip(b"/").split(b"/")
    if tuple(parts[:3]) != _ROOT_PARTS:
        return None
    match parts[3:]:
        case []:
            return Hook.ANY, ()
        case [b"t", secret]:
            return Hook.ANY, (unquote_to_bytes(secret),)
        case [name] if name in _NAMED:
            return _NAMED[name], ()
        case [name, b"t", secret] if name in _NAMED:
            return _NAMED[name], (unquote_to_bytes(secret),)
    return None


def query(raw_query: bytes) -> tuple[tuple[bytes, ...], bytes | None]:
    """The secrets in `token`, and `warehouse` as it came."""
    tokens: list[bytes] = []
    warehouse: bytes | None = None
    for pair in raw_query.split(b"&") if raw_query else ():
        name, _, value = pair.partition(b"=")
        if name == b"token":
            tokens.append(unquote_to_bytes(value))
        elif name == b"warehouse":
            warehouse = value
    return tuple(tokens), warehouse


def verify(webhook: Webhook, secrets: Secrets) -> VerifiedWebhook | None:
    """The webhook as verified, or None.

    A kind that is not configured is not looked at: it neither lets in nor keeps out.
    """
    is_shown, is_right = False, True
    if secrets.hmac:
        expected = [hmac.digest(secret, webhook.body, "sha256").hex().encode() for secret in secrets.hmac]
        for signature in webhook.signatures:
            is_shown = True
            is_right &= _is_one_of(signature.strip().lower(), expected)
    if secrets.url:
        for secret in webhook.url_secrets:
            is_shown = True
            is_right &= _is_one_of(secret, secrets.url)
    if not (is_shown and is_right):
        return None
    return VerifiedWebhook(webhook.hook, webhook.body, webhook.warehouse)


def _is_one_of(shown: bytes, live: tuple[bytes, ...] | list[bytes]) -> bool:
    """Compares with every one of them, so that time does not tell which it was."""
    is_right = False
    for secret in live:
        is_right |= hmac.compare_digest(shown, secret)
    return is_right
