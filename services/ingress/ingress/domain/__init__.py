"""What only the ingress decides: who may speak, what was said, what goes to Kafka. Pure."""

from __future__ import annotations

from ingress.domain.envelopes import DEAD_LETTERS, Letter, Moment, to_dead_letter, to_letter
from ingress.domain.hints import BadWarehouse, Hint, NotJson, Reading, Unknown, understand
from ingress.domain.verify import (
    ROOT,
    Hook,
    Secrets,
    VerifiedWebhook,
    Webhook,
    door,
    query,
    verify,
)

__all__ = [
    "DEAD_LETTERS",
    "ROOT",
    "BadWarehouse",
    "Hint",
    "Hook",
    "Letter",
    "Moment",
    "NotJson",
    "Reading",
    "Secrets",
    "Unknown",
    "VerifiedWebhook",
    "Webhook",
    "door",
    "query",
    "to_dead_letter",
    "to_letter",
    "understand",
    "verify",
]
