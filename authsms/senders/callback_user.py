"""User and password that a provider sends with its callbacks, where the customer can set them in the provider's portal.

Providers that sign nothing often offer this. It comes on top of the secret address, which is checked in any case.
"""

from authsms.foundation.errors import ForgeryError, InvalidInputError
from authsms.senders.redaction import basic_credentials
from authsms.senders.settings import Setting, SettingKind, SettingValues
from authsms.senders.signatures import is_same
from authsms.senders.webhook import WebhookRequest

CALLBACK_USER: tuple[Setting, ...] = (
    Setting(
        "callback_user",
        "Callback user",
        "The user you set beside the callback address in the provider's portal; empty if you set none.",
    ),
    Setting(
        "callback_password",
        "Callback password",
        "Its password. Once set, callbacks without it are refused.",
        SettingKind.SECRET,
    ),
)
"""Settings to add to those of a provider."""


def check_callback_user(values: SettingValues) -> None:
    """Raise `InvalidInputError` unless both settings are given, or neither."""
    if bool(values.text("callback_user")) != bool(values.text("callback_password")):
        raise InvalidInputError(
            "Callback user and password belong together; set both or none.", field="callback_password"
        )


def verify_callback_user(values: SettingValues, request: WebhookRequest) -> None:
    """Raise `ForgeryError` unless *request* shows user and password (RFC 7617), where they are set."""
    user, password = values.text("callback_user"), values.text("callback_password")
    scheme, _, given = request.header("Authorization").partition(" ")
    is_right = is_same(given.strip(), basic_credentials(user, password)) and scheme.lower() == "basic"
    if user and not is_right:
        raise ForgeryError("This callback comes without the callback user's password.")
