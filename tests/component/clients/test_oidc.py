"""An issuer's word: what is believed and what is not, by an issuer that can be made to lie."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from libs.clients.oidc import Asking, Disbelieved
from libs.clients.oidc.issuer import Issuer
from libs.runtime.errors import WorldUnavailable
from tests.serving import serving

ASKING = Asking("state-1", "nonce-1", "verifier-" + "x" * 40)
KEY = RSAKey.generate_key(2048, {"kid": "k1"})
OTHERS = RSAKey.generate_key(2048, {"kid": "k1"})
BACK = "http://127.0.0.1/sign-in/callback"


class Liar:
    """An issuer that says what the test wants."""

    def __init__(self) -> None:
        self.address = ""
        self.claims: dict[str, Any] = {}
        self.key: Any = KEY
        self.algorithm = "RS256"
        self.subject = "u1"
        self.status = 200
        self.asked: dict[str, str] = {}

    async def metadata(self, _request: Request) -> Response:
        """What it calls itself, and where its doors are."""
        at = self.address
        return JSONResponse(
            {
                "issuer": at, "authorization_endpoint": f"{at}/auth", "token_endpoint": f"{at}/token",
                "jwks_uri": f"{at}/keys", "userinfo_endpoint": f"{at}/me",
            },
            self.status,
        )  # fmt: skip

    async def token(self, request: Request) -> Response:
        """A token that is signed as the test wants."""
        self.asked = {name: str(value) for name, value in (await request.form()).items()}
        now = int(time.time())
        claims = {
            "iss": self.address, "sub": "u1", "aud": "console", "iat": now, "exp": now + 60, "nonce": "nonce-1",
        } | self.claims  # fmt: skip
        header = {"alg": self.algorithm, "kid": "k1"}
        word = jwt.encode(header, claims, self.key, algorithms=[self.algorithm])
        return JSONResponse({"access_token": "a", "token_type": "Bearer", "id_token": word})

    async def keys(self, _request: Request) -> Response:
        """Its own keys."""
        return JSONResponse(KeySet([KEY]).as_dict(private=False))

    async def me(self, _request: Request) -> Response:
        """Whom it tells of."""
        return JSONResponse({"sub": self.subject, "name": "Олена", "groups": ["staff"]})


@pytest_asyncio.fixture
async def liar() -> AsyncIterator[Liar]:
    """The issuer, served."""
    made = Liar()
    app = Starlette(
        routes=[
            Route("/.well-known/openid-configuration", made.metadata),
            Route("/token", made.token, methods=["POST"]),
            Route("/keys", made.keys),
            Route("/me", made.me),
        ]
    )
    async with serving(app) as address:
        made.address = address
        yield made


async def told(liar: Liar, query: str = "code=c-1&state=state-1") -> Any:
    """What we believe of its answer."""
    async with Issuer(liar.address, "console", "example-secret", BACK) as issuer:
        return await issuer.claims(ASKING, query, datetime.now(UTC))


async def test_a_true_word_is_believed_with_what_the_issuer_adds(liar: Liar) -> None:
    """The token says who, the issuer's own page says what else; the verifier goes with the code."""
    claims = await told(liar)

    assert (claims["sub"], claims["name"], claims["groups"]) == ("u1", "Олена", ["staff"])
    assert liar.asked["code_verifier"] == ASKING.verifier
    assert (liar.asked["code"], liar.asked["redirect_uri"]) == ("c-1", BACK)


@pytest.mark.parametrize(
    "lie",
    [
        {"nonce": "another"},
        {"aud": "another-program"},
        {"iss": "http://127.0.0.1:9/"},
        {"exp": 1_600_000_000},  # in 2020
        {"aud": ["console", "x"], "azp": "x"},
        {"nonce": None},
    ],
    ids=str,
)
async def test_a_word_that_is_not_for_us_now_is_not_believed(liar: Liar, lie: dict[str, Any]) -> None:
    """Another asking, another program, another issuer, too late."""
    liar.claims = lie

    with pytest.raises(Disbelieved):
        await told(liar)


async def test_a_word_that_the_issuer_did_not_sign_is_not_believed(liar: Liar) -> None:
    """Another's key under the same name, our own secret as a key, and no signature at all."""
    for key, algorithm in ((OTHERS, "RS256"), (OctKey.import_key("example-secret-as-long-as-needed-32"), "HS256")):
        liar.key, liar.algorithm = key, algorithm
        with pytest.raises(Disbelieved):
            await told(liar)


async def test_an_issuer_that_tells_of_somebody_else_is_not_believed(liar: Liar) -> None:
    """The token and the page behind it must be about one person."""
    liar.subject = "u2"

    with pytest.raises(Disbelieved):
        await told(liar)


@pytest.mark.parametrize("query", ["code=c-1&state=another", "code=c-1", "state=state-1&error=access_denied"])
async def test_an_answer_of_another_asking_is_refused_before_anything_is_sent(liar: Liar, query: str) -> None:
    """Nobody else's code is ever taken to the issuer."""
    with pytest.raises(Disbelieved):
        await told(liar, query)

    assert liar.asked == {}


async def test_an_issuer_that_is_away_is_told_apart(liar: Liar) -> None:
    """Wait, or use a token: that is another sentence than a wrong answer."""
    liar.status = 503

    with pytest.raises(WorldUnavailable):
        await told(liar)
    async with Issuer("http://127.0.0.1:9", "console", "example-secret", BACK) as issuer:
        with pytest.raises(WorldUnavailable):
            await issuer.address(ASKING)


async def test_the_browser_is_sent_with_what_binds_the_answer_to_it(liar: Liar) -> None:
    """State, nonce and the verifier's digest; the verifier itself stays here."""
    async with Issuer(liar.address, "console", "example-secret", BACK) as issuer:
        address = await issuer.address(ASKING)

    assert address.startswith(f"{liar.address}/auth?")
    assert {"state=state-1", "nonce=nonce-1", "code_challenge_method=S256", "response_type=code"} <= set(
        address.partition("?")[2].split("&")
    )
    assert ASKING.verifier not in address
