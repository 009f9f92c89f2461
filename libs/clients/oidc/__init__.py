"""OpenID Connect. Here are the values that pages know; the issuer, `oidc.issuer`, is loaded only where there is one:
its libraries are a tenth of the console's memory.
"""

from __future__ import annotations

from dataclasses import dataclass

from libs.runtime.errors import PermanentError


@dataclass(frozen=True, slots=True)
class Asking:
    """What is remembered between the asking and the answer, in the browser that asked."""

    state: str
    nonce: str
    verifier: str


class Disbelieved(PermanentError):
    """The answer is not what the issuer would say to us: it proves nothing."""
