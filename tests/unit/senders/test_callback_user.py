"""User and password of callbacks, where a provider's portal offers them."""

import base64

import pytest

from authsms.foundation.errors import ForgeryError, InvalidInputError
from authsms.senders.callback_user import CALLBACK_USER, check_callback_user, verify_callback_user
from authsms.senders.settings import SettingValues
from authsms.senders.webhook import WebhookRequest

URL = "https://login.example/webhooks/x/t0ken"


def _values(*pair: str) -> SettingValues:
    user, password = pair or ("ünal", "a:b€")
    return SettingValues.read(CALLBACK_USER, {"callback_user": user, "callback_password": password})


def _called(pair: str, scheme: str = "Basic") -> WebhookRequest:
    return WebhookRequest("POST", URL, {"AUTHORIZATION": f"{scheme} {base64.b64encode(pair.encode()).decode()}"})


def test_user_and_password_are_accepted_in_any_alphabet():
    """A colon in the password is no end of it."""
    verify_callback_user(_values(), _called("ünal:a:b€"))
    verify_callback_user(_values(), _called("ünal:a:b€", "BASIC"))


@pytest.mark.parametrize(
    "request_",
    [
        WebhookRequest("POST", URL),
        WebhookRequest("POST", URL, {"Authorization": "Basic"}),
        WebhookRequest("POST", URL, {"Authorization": "Basic ünal:a:b€"}),
        _called("ünal:a:b€", "Bearer"),
        _called("ünal:a:b€", ""),
        _called("ünal:a:b"),
        _called("ünal:"),
        _called(":a:b€"),
        _called(":"),
        _called(""),
    ],
)
def test_anything_else_is_a_forgery(request_):
    """Half of it, another scheme, nothing at all."""
    with pytest.raises(ForgeryError):
        verify_callback_user(_values(), request_)


def test_where_none_is_set_none_is_asked_for():
    """The secret address has been checked before."""
    verify_callback_user(_values("", ""), WebhookRequest("POST", URL))


@pytest.mark.parametrize(("user", "password"), [("me", ""), ("", "secret")])
def test_half_a_pair_is_refused_on_save(user, password):
    """It would protect nothing."""
    with pytest.raises(InvalidInputError) as caught:
        check_callback_user(_values(user, password))

    assert "callback_password" == caught.value.field


def test_the_password_is_a_secret():
    """It is sealed, and taken out of whatever is shown."""
    assert ("a:b€",) == _values().secrets
