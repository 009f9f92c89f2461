"""OpenID Connect: an issuer says who somebody is, by the authorisation code flow with PKCE.

Promises: nobody is believed but the issuer: its answer is bound to the browser that asked (state), to this very asking
(nonce, PKCE), to this client (audience) and to the issuer's keys, and is taken within minutes or not at all. An issuer
that is away, or that answers otherwise, is one sentence; no code, token or secret is in it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote_plus

import httpx
from authlib.oauth2.rfc6749.errors import OAuth2Error
from authlib.oauth2.rfc6749.parameters import parse_authorization_code_response, prepare_grant_uri
from authlib.oauth2.rfc6749.util import list_to_scope
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import OpenIDProviderMetadata
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from libs.clients.http import Connected
from libs.clients.oidc import Asking, Disbelieved
from libs.runtime.errors import WorldUnavailable

SECONDS = 8.0
KEPT_SECONDS = 3600.0
LEEWAY_SECONDS = 60
SCOPES = ["openid", "profile", "email"]
# Asymmetric alone: a client's secret never signs what the issuer says.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
_MOST_BYTES = 512 * 1024


class Issuer(Connected):
    """One issuer and our client there."""

    def __init__(self, issuer: str, client_id: str, client_secret: str, redirect_uri: str) -> None:
        self._issuer = issuer
        self._client_id = client_id
        self._secret = client_secret
        self._redirect_uri = redirect_uri
        self._client = httpx.AsyncClient(
            headers={"accept": "application/json", "user-agent": "keycrm-vms-sync"}, timeout=httpx.Timeout(SECONDS)
        )
        self._known: tuple[float, OpenIDProviderMetadata] | None = None

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def address(self, asking: Asking) -> str:
        """Where the browser is sent.

        Raises:
            WorldUnavailable: the issuer does not answer.
        """
        known = await self._metadata()
        return str(
            prepare_grant_uri(
                known["authorization_endpoint"], self._client_id, "code", self._redirect_uri, list_to_scope(SCOPES),
                asking.state, nonce=asking.nonce, code_challenge=create_s256_code_challenge(asking.verifier),
                code_challenge_method="S256",
            )
        )  # fmt: skip

    async def claims(self, asking: Asking, query: str, now: datetime) -> Mapping[str, Any]:
        """Who it is, by the address that the browser came back with.

        Raises:
            Disbelieved: the answer does not belong to this asking, or is not the issuer's.
            WorldUnavailable: the issuer does not answer.
        """
        known = await self._metadata()
        code = self._code(asking, query, known)
        tokens = await self._tokens(known, code, asking.verifier)
        claims = await self._believed(known, tokens, asking.nonce, now)
        return {**claims, **await self._more(known, tokens, str(claims["sub"]))}

    def _code(self, asking: Asking, query: str, known: OpenIDProviderMetadata) -> str:
        try:
            answer = parse_authorization_code_response(f"{self._redirect_uri}?{query}", asking.state)
        except OAuth2Error as error:
            raise Disbelieved(f"the issuer answered {error.error}", "denied") from None
        if answer.get("iss", known["issuer"]) != known["issuer"]:
            raise Disbelieved("the answer is of another issuer")
        return str(answer["code"])

    async def _tokens(self, known: OpenIDProviderMetadata, code: str, verifier: str) -> Mapping[str, Any]:
        body = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": self._redirect_uri,
            "code_verifier": verifier,
        }  # fmt: skip
        if self._takes_basic(known):
            basic = httpx.BasicAuth(quote_plus(self._client_id), quote_plus(self._secret))
            return await self._json("POST", known["token_endpoint"], data=body, auth=basic)
        body |= {"client_id": self._client_id, "client_secret": self._secret}
        return await self._json("POST", known["token_endpoint"], data=body)

    @staticmethod
    def _takes_basic(known: OpenIDProviderMetadata) -> bool:
        return "client_secret_basic" in known.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])

    async def _believed(
        self, known: OpenIDProviderMetadata, tokens: Mapping[str, Any], nonce: str, now: datetime
    ) -> dict[str, Any]:
        found: Any = await self._json("GET", known["jwks_uri"])
        try:
            keys = KeySet.import_key_set(found)
            token = jwt.decode(str(tokens.get("id_token", "")), keys, algorithms=ALGORITHMS)
            options = {
                "iss": {"essential": True, "value": known["issuer"]},
                "aud": {"essential": True, "value": self._client_id},
            }
            params = {"nonce": nonce, "client_id": self._client_id, "access_token": tokens.get("access_token")}
            claims = CodeIDToken(token.claims, token.header, options, params)
            claims.validate(now=int(now.timestamp()), leeway=LEEWAY_SECONDS)
        except (JoseError, ValueError, KeyError) as error:
            raise Disbelieved(f"the issuer's word cannot be believed ({type(error).__name__})") from None
        return dict(claims)

    async def _more(self, known: OpenIDProviderMetadata, tokens: Mapping[str, Any], subject: str) -> Mapping[str, Any]:
        """What the issuer tells beside the token: names, groups."""
        if not known.get("userinfo_endpoint") or not tokens.get("access_token"):
            return {}
        headers = {"authorization": f"Bearer {tokens['access_token']}"}
        found = await self._json("GET", known["userinfo_endpoint"], headers=headers)
        if found.get("sub") != subject:
            raise Disbelieved("the issuer tells of somebody else")
        return found

    async def _metadata(self) -> OpenIDProviderMetadata:
        now = time.monotonic()
        if self._known is None or now - self._known[0] > KEPT_SECONDS:
            found = OpenIDProviderMetadata(
                await self._json("GET", f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
            )
            if str(found.get("issuer", "")).rstrip("/") != self._issuer.rstrip("/"):
                raise Disbelieved("the issuer calls itself otherwise: CONSOLE_OIDC_ISSUER must be its very name")
            self._known = now, found
        return self._known[1]

    async def _json(self, method: str, url: str, **more: Any) -> dict[str, Any]:
        try:
            answer = await self._client.request(method, url, **more)
            if answer.status_code >= 500:
                raise WorldUnavailable(f"the issuer answered {answer.status_code}", partner="issuer")
            found = answer.json() if len(answer.content) <= _MOST_BYTES else None
        except httpx.HTTPError as error:
            raise WorldUnavailable(f"the issuer cannot be reached ({type(error).__name__})", partner="issuer") from None
        except ValueError:
            raise WorldUnavailable("the issuer answered with something else", partner="issuer") from None
        if answer.status_code >= 400 or not isinstance(found, dict):
            raise Disbelieved(f"the issuer refused with {answer.status_code}")
        return found
