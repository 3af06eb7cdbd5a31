"""Everything a plugin may import, and the hooks it may answer; the public, stable face of this package.

A plugin is a module named in the setting ``plugins``. It answers a hook with what it brings::

    from authsms.plugin_api import SenderService, hookimpl


    class CarrierPigeon(SenderService): ...


    @hookimpl
    def authsms_sender_services() -> list[type[SenderService]]:
        return [CarrierPigeon]

A method is brought likewise, by `authsms_methods`.

A published plugin names its module as an entry point in the group ``authsms``. Only plugins that the configuration
names are imported: installing a package switches nothing on.
"""

import pluggy

from authsms.foundation.errors import ForgeryError, InvalidInputError, UnavailableError
from authsms.foundation.phone import PhoneNumber
from authsms.identity.code_methods import CodeMethod
from authsms.identity.repository import Person
from authsms.senders.callback_user import CALLBACK_USER, check_callback_user, verify_callback_user
from authsms.senders.contract import SenderService
from authsms.senders.exchange import (
    JsonValue,
    Pairs,
    ProviderAnswer,
    ProviderRequest,
    read_json,
    text_at,
    value_at,
)
from authsms.senders.http import HttpGuard
from authsms.senders.polling import Polled, PollingService, whole_items
from authsms.senders.presets import Preset
from authsms.senders.settings import Setting, SettingKind, SettingValue, SettingValues
from authsms.senders.signatures import RsaKey, is_same, with_and_without_port
from authsms.senders.soap import SoapAnswer, SoapInterface
from authsms.senders.submission import (
    Accepted,
    Balance,
    CodeMeaning,
    NotTaken,
    Outcome,
    PerhapsTaken,
    Purpose,
    RefusalScope,
    Refused,
    Submission,
    Verdict,
    read_codes,
)
from authsms.senders.text import Alphabet, Template, measure, parse_template
from authsms.senders.webhook import (
    InboundMessage,
    Receipt,
    ReceiptState,
    WebhookReply,
    WebhookRequest,
    zoned_moment,
)

__all__ = [
    "CALLBACK_USER",
    "Accepted",
    "Alphabet",
    "Balance",
    "CodeMeaning",
    "CodeMethod",
    "ForgeryError",
    "HttpGuard",
    "InboundMessage",
    "InvalidInputError",
    "JsonValue",
    "NotTaken",
    "Outcome",
    "Pairs",
    "PerhapsTaken",
    "Person",
    "PhoneNumber",
    "Polled",
    "PollingService",
    "Preset",
    "ProviderAnswer",
    "ProviderRequest",
    "Purpose",
    "Receipt",
    "ReceiptState",
    "RefusalScope",
    "Refused",
    "RsaKey",
    "SenderService",
    "Setting",
    "SettingKind",
    "SettingValue",
    "SettingValues",
    "SoapAnswer",
    "SoapInterface",
    "Submission",
    "Template",
    "UnavailableError",
    "Verdict",
    "WebhookReply",
    "WebhookRequest",
    "check_callback_user",
    "hookimpl",
    "hookspec",
    "is_same",
    "measure",
    "parse_template",
    "read_codes",
    "read_json",
    "text_at",
    "value_at",
    "verify_callback_user",
    "whole_items",
    "with_and_without_port",
    "zoned_moment",
]

PROJECT = "authsms"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class HookSpecs:
    """The hooks a plugin may answer."""

    @hookspec
    def authsms_sender_services(self) -> list[type[SenderService]]:  # type: ignore[empty-body]
        """Return the kinds of sender service this plugin brings; each `key` must be its own."""

    @hookspec
    def authsms_methods(self) -> list[type[CodeMethod]]:  # type: ignore[empty-body]
        """Return the methods this plugin brings; each `name` must be its own."""
