"""Twilio's side of the tests: what it answers, and how it signs."""

import json
from collections.abc import Mapping

from authsms_twilio import TwilioService
from twilio.request_validator import RequestValidator

from authsms.plugin_api import HttpGuard, WebhookRequest
from tests.plugins import hostile
from tests.plugins.contract_suite import PHONE, SECRETS

ACCOUNT = "AC" + "0123456789abcdef" * 2
SID = "SM" + "0123456789abcdef" * 2
SERVICE = "MG" + "0123456789abcdef" * 2
URL = "https://login.example/webhooks/twilio/t0ken"
SETTINGS = {"account_sid": ACCOUNT, "auth_token": SECRETS[0], "sender_phone": "+14155550100"}

# The answer to a send as Twilio's OpenAPI description of API version 2010-04-01 gives it.
CREATED = {
    "account_sid": ACCOUNT,
    "api_version": "2010-04-01",
    "body": "...",
    "date_created": "Tue, 14 Oct 2025 09:15:00 +0000",
    "date_sent": None,
    "date_updated": "Tue, 14 Oct 2025 09:15:00 +0000",
    "direction": "outbound-api",
    "error_code": None,
    "error_message": None,
    "from": "+14155550100",
    "messaging_service_sid": None,
    "num_media": "0",
    "num_segments": "1",
    "price": None,
    "price_unit": "USD",
    "sid": SID,
    "status": "queued",
    "subresource_uris": {"media": f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{SID}/Media.json"},
    "to": PHONE,
    "uri": f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{SID}.json",
}


def created(**changes) -> hostile.Behaviour:
    return hostile.answer(201, json.dumps(CREATED | changes).encode(), "Content-Type: application/json")


def refused(code: int, status: int, message: str = "No.") -> hostile.Behaviour:
    body = {
        "code": code,
        "message": message,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
    return hostile.answer(status, json.dumps(body).encode(), "Content-Type: application/json")


def service(**changes) -> TwilioService:
    return TwilioService.configure(SETTINGS | changes, HttpGuard(["127.0.0.1"], deadlines=hostile.PATIENT))


def signed(form: Mapping[str, str], *, token: str = SECRETS[0], url: str = URL) -> WebhookRequest:
    """Return a callback signed by Twilio's own library."""
    signature = RequestValidator(token).compute_signature(url, dict(form))
    return WebhookRequest("POST", url, {"x-twilio-signature": signature}, form=tuple(form.items()), body=b"as sent")
