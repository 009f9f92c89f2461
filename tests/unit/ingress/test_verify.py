"""Who may speak: signatures, URL secrets, rotation, and everything that must fail closed."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingress.domain import Hook, Secrets, VerifiedWebhook, Webhook, door, query, verify

BODY = b'{"event":"order.change_order_status","context":{"id":1}}'
OLD, NEW = b"old-secret-0123456789", b"new-secret-0123456789"
BOTH = Secrets(hmac=(NEW, OLD), url=(NEW, OLD))


def signed(secret: bytes, body: bytes = BODY) -> bytes:
    """What a sender puts into X-KeyCRM-Signature."""
    return hmac.new(secret, body, hashlib.sha256).hexdigest().encode()


def webhook(*, signatures: tuple[bytes, ...] = (), url_secrets: tuple[bytes, ...] = ()) -> Webhook:
    """A request with these credentials."""
    return Webhook(Hook.ANY, BODY, signatures, url_secrets)


@pytest.mark.parametrize("secret", [NEW, OLD])
def test_every_live_secret_lets_in(secret: bytes) -> None:
    """Two are live while one is rotated out, in either kind."""
    assert verify(webhook(signatures=(signed(secret),)), BOTH) == VerifiedWebhook(Hook.ANY, BODY)
    assert verify(webhook(url_secrets=(secret,)), BOTH) == VerifiedWebhook(Hook.ANY, BODY)


def test_a_signature_may_be_written_in_capitals() -> None:
    """Hex is hex."""
    assert verify(webhook(signatures=(signed(NEW).upper(),)), BOTH) is not None


@pytest.mark.parametrize(
    "request_",
    [
        webhook(),
        webhook(signatures=(b"",)),
        webhook(url_secrets=(b"",)),
        webhook(signatures=(signed(b"retired-secret-0123"),)),
        webhook(url_secrets=(b"retired-secret-0123",)),
        webhook(url_secrets=(NEW[:-1],)),
        webhook(url_secrets=(NEW + b"x",)),
        webhook(signatures=(signed(NEW, BODY + b" "),)),
        webhook(signatures=(b"sha256=" + signed(NEW),)),
        webhook(signatures=(NEW,)),
        webhook(url_secrets=(signed(NEW),)),
        webhook(signatures=(signed(NEW), signed(b"other"))),
        webhook(signatures=(b"00" * 32,), url_secrets=(NEW,)),
        webhook(signatures=(signed(NEW),), url_secrets=(b"wrong",)),
        webhook(url_secrets=(NEW, b"wrong")),
        webhook(signatures=("ключ".encode(),)),
    ],
)
def test_anything_less_is_refused(request_: Webhook) -> None:
    """No credential, a wrong one, or a right one beside a wrong one."""
    assert verify(request_, BOTH) is None


def test_a_kind_that_is_not_configured_lets_nobody_in_and_keeps_nobody_out() -> None:
    """KeyCRM can only send URL secrets; a proxy's foreign signature header does not shut it out."""
    only_url = Secrets(hmac=(), url=(NEW,))
    only_hmac = Secrets(hmac=(NEW,), url=())

    assert verify(webhook(signatures=(signed(b""),)), only_url) is None
    assert verify(webhook(url_secrets=(b"",)), only_hmac) is None
    assert verify(webhook(url_secrets=(NEW,)), only_hmac) is None
    assert verify(webhook(signatures=(b"foreign",), url_secrets=(NEW,)), only_url) is not None


@pytest.mark.parametrize(("of_hmac", "of_url"), [((), ()), ((b"",), ()), ((), (b"",)), ((NEW, b""), (NEW,))])
def test_an_empty_secret_never_opens_the_door(of_hmac: tuple[bytes, ...], of_url: tuple[bytes, ...]) -> None:
    """Neither an empty one nor none at all can be set up."""
    with pytest.raises(ValueError, match="secret"):
        Secrets(of_hmac, of_url)


def test_no_secret_shows_in_a_repr() -> None:
    """A traceback with these values tells nothing."""
    told = repr((BOTH, webhook(signatures=(signed(NEW),), url_secrets=(NEW,)), VerifiedWebhook(Hook.ANY, BODY)))

    assert "secret-0123456789" not in told
    assert signed(NEW).decode() not in told
    assert "change_order_status" not in told


@pytest.mark.parametrize("hook", list(Hook))
def test_every_path_has_its_hook_with_and_without_a_secret(hook: Hook) -> None:
    """The nine and the generic one."""
    path = b"/api/keycrm/webhook" + (b"" if hook is Hook.ANY else b"/" + hook.value.encode())

    assert door(path) == (hook, ())
    assert door(path + b"/") == (hook, ())
    assert door(path + b"/t/a%2Fb%20c") == (hook, (b"a/b c",))


@pytest.mark.parametrize(
    "path",
    [
        b"/",
        b"/api/keycrm",
        b"/api/keycrm/webhook/any",
        b"/api/keycrm/webhook/t",
        b"/api/keycrm/webhook/order-deleted",
        b"/api/keycrm/webhook/order-created/x",
        b"/api/keycrm/webhook/order-created/t/secret/more",
        b"/api/keycrm/webhooks/order-created",
        b"/API/keycrm/webhook",
        b"/api%2Fkeycrm%2Fwebhook",
    ],
)
def test_any_other_path_is_none(path: bytes) -> None:
    """404, not a guess."""
    assert door(path) is None


def test_a_token_in_the_query_is_read_as_it_was_sent() -> None:
    """A plus stays a plus: KeyCRM sends the address that a person typed."""
    assert query(b"") == ((), None)
    assert query(b"token=a+b%2Bc&warehouse=2&x=y") == ((b"a+b+c",), b"2")
    assert query(b"token=a&token=b") == ((b"a", b"b"), None)


@given(st.binary(max_size=80))
def test_no_path_or_query_raises(raw: bytes) -> None:
    """Whatever bytes come, they are a hook or none."""
    door(raw)
    door(b"/api/keycrm/webhook/t/" + raw)
    query(raw)
