"""SignalWire's side of the tests: what it answers, and how it signs."""

import base64
import hmac
import json
from collections.abc import Sequence
from urllib.parse import urlencode

from authsms_signalwire import SignalWireService

from authsms.plugin_api import HttpGuard, WebhookRequest
from tests.plugins import hostile
from tests.plugins.contract_suite import PHONE, SECRETS

PROJECT = "ea108133-d6b3-407c-9536-9fad8a929a6a"
SID = "0a059168-ead0-41af-9d1f-343dae832527"
# The description's own example of a number group: two letters that are no hexadecimal digits.
GROUP = "b3877c40-da60-4998-90ad-b792e98472ms"
URL = "https://login.example/webhooks/signalwire/t0ken"
SETTINGS = {
    "space": "example",
    "project_key": PROJECT,
    "token": SECRETS[0],
    "sender_phone": "+14155550100",
    "signing_key": SECRETS[1],
}

# The answer to a send as SignalWire's OpenAPI description of the Compatibility API gives it.
CREATED = {
    "account_sid": PROJECT,
    "api_version": "2010-04-01",
    "body": "...",
    "num_segments": 1,
    "num_media": 0,
    "date_created": "Mon, 13 Aug 2018 21:38:46 +0000",
    "date_sent": None,
    "date_updated": "Mon, 13 Aug 2018 21:38:46 +0000",
    "direction": "outbound-api",
    "error_code": None,
    "error_message": None,
    "from": "+14155550100",
    "price": 0.005,
    "price_unit": "USD",
    "sid": SID,
    "status": "queued",
    "to": PHONE,
    "messaging_service_sid": None,
    "uri": f"/api/laml/2010-04-01/Accounts/{PROJECT}/Messages/{SID}.json",
    "subresource_uris": {"media": f"/api/laml/2010-04-01/Accounts/{PROJECT}/Messages/{SID}/Media.json"},
}


def created(**changes) -> hostile.Behaviour:
    return hostile.answer(201, json.dumps(CREATED | changes).encode(), "Content-Type: application/json")


def refused(code: int, status: int) -> hostile.Behaviour:
    body = {"code": code, "message": "No.", "more_info": "https://signalwire.com/docs", "status": status}
    return hostile.answer(status, json.dumps(body).encode(), "Content-Type: application/json")


def service(**changes) -> SignalWireService:
    return SignalWireService.configure(SETTINGS | changes, HttpGuard(["127.0.0.1"], deadlines=hostile.PATIENT))


def signed(form: Sequence[tuple[str, str]], *, key: str = SECRETS[1], url: str = URL) -> WebhookRequest:
    """Return a callback with a form, signed as SignalWire does it: every pair counts, sorted by name alone."""
    text = url + "".join(name + value for name, value in sorted(form, key=lambda pair: pair[0]))
    signature = base64.b64encode(hmac.digest(key.encode(), text.encode(), "sha1")).decode()
    return received(form, signature, url=url)


def received(form: Sequence[tuple[str, str]], signature: str, *, url: str = URL) -> WebhookRequest:
    """Return a callback with a form and any signature."""
    headers = {"x-signalwire-signature": signature}
    return WebhookRequest("POST", url, headers, form=tuple(form), body=urlencode(form).encode())


def report(state: str, code: str = "", project: str = PROJECT) -> list[tuple[str, str]]:
    """Return the fields of a status callback, as SignalWire's description names them."""
    error = [("ErrorCode", code)] if code else []
    return [
        ("MessageStatus", state),
        *error,
        ("MessageSid", SID),
        ("AccountSid", project),
        ("From", "+14155550100"),
        ("To", PHONE),
        ("Body", "739201 ist Ihr Code. Grüße, € 5"),
        ("NumMedia", "0"),
        ("NumSegments", "1"),
    ]
