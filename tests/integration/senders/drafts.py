"""Sender services of tests: how they are set up, and drafts of them."""

from authsms_generic_http import GenericHttpService
from authsms_twilio import TwilioService

from authsms.foundation.clock import Clock
from authsms.foundation.db import Database
from authsms.foundation.phone import PhoneNumber
from authsms.foundation.vault import Vault
from authsms.senders.contract import SenderService
from authsms.senders.definitions import ServiceDraft
from authsms.senders.http import HttpGuard
from authsms.senders.policy import ServiceRule
from authsms.senders.routes import Consignment
from authsms.senders.service import SenderPolicyService
from authsms.senders.submission import Purpose
from tests.plugins.hostile import PATIENT

PHONE = PhoneNumber("+4915112345678")
CODE = Consignment(Purpose.AUTHENTICATION, PHONE, "m" * 32)
SECRET = "pl4nted-s3cret"
ACCOUNT = "AC" + "0" * 32
TWILIO = {"account_sid": ACCOUNT, "auth_token": SECRET, "sender_phone": "+14155550100"}
KINDS = (TwilioService, GenericHttpService)


def make_senders(
    database: Database, vault: Vault, clock: Clock, kinds: tuple[type[SenderService], ...] = KINDS
) -> SenderPolicyService:
    """Return a policy over a database."""
    guard = HttpGuard(["127.0.0.1"], deadlines=PATIENT)
    return SenderPolicyService(database, vault, clock, kinds, guard, "https://login.example/")


def twilio(name: str = "main", *, position: int = 0, **changes) -> ServiceDraft:
    """Return a Twilio account."""
    return ServiceDraft(ServiceRule(name, position), "twilio", TWILIO | changes)


def gateway(**changes) -> ServiceDraft:
    """Return a gateway with secret parameters."""
    settings = {
        "url": "https://gateway.example/send",
        "parameters": "to={phone}\ntext={message}",
        "secure_parameters": {"key": SECRET, "pin": "1234567"},
    }
    return ServiceDraft(ServiceRule("gateway", 1), "generic_http", settings | changes)


def secret_of(senders: SenderPolicyService, name: str = "main", setting: str = "auth_token"):
    """Return a secret of a service that is ready to send."""
    return senders.service(name).service.values.values[setting]
