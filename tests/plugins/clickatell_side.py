"""Clickatell's side of the tests: what it answers, and what it reports; after the vendor's manuals and clients."""

import base64
import json
from collections.abc import Mapping
from urllib.parse import urlencode

from authsms_clickatell import ClickatellHttpService
from authsms_clickatell_platform import ClickatellOneService, ClickatellPlatformService

from authsms.plugin_api import HttpGuard, WebhookRequest
from tests.plugins import hostile
from tests.plugins.contract_suite import PHONE, SECRETS

URL = "https://login.example/webhooks/clickatell/t0ken"
NUMBER = "205e85d0578314037a96175249fc6a2b"
CALLBACK = {"callback_user": "caller", "callback_password": SECRETS[1]}
HTTP = {"user": "me", "password": SECRETS[0], "api_id": "3400000", **CALLBACK}
INTEGRATION = {"api_key": SECRETS[0], **CALLBACK}
FINE = {"errorCode": None, "error": None, "errorDescription": None}


def http(**changes) -> ClickatellHttpService:
    return ClickatellHttpService.configure(HTTP | changes, HttpGuard(["127.0.0.1"], deadlines=hostile.PATIENT))


def platform(**changes) -> ClickatellPlatformService:
    return ClickatellPlatformService.configure(
        INTEGRATION | changes, HttpGuard(["127.0.0.1"], deadlines=hostile.PATIENT)
    )


def one(**changes) -> ClickatellOneService:
    return ClickatellOneService.configure(INTEGRATION | changes, HttpGuard(["127.0.0.1"], deadlines=hostile.PATIENT))


def said(text: str, status: int = 200) -> hostile.Behaviour:
    """Answer as the classic interface does."""
    return hostile.answer(status, text.encode(), "Content-Type: text/plain")


def answered(status: int, value: object) -> hostile.Behaviour:
    """Answer as the newer ones do."""
    return hostile.answer(status, json.dumps(value).encode(), "Content-Type: application/json")


def platform_answer(**changes) -> hostile.Behaviour:
    """Answer a message to the Platform API."""
    message = {"apiMessageId": NUMBER, "accepted": True, "to": PHONE.lstrip("+"), **FINE} | changes
    return answered(202, {"messages": [message], **FINE})


def one_answer(status: int = 202, **changes) -> hostile.Behaviour:
    """Answer a message to the One API."""
    message = {"apiMessageId": NUMBER, "accepted": True, "to": PHONE.lstrip("+"), "error": None} | changes
    return answered(status, {"messages": [message], "error": None})


def basic(user: str = "caller", password: str = SECRETS[1], scheme: str = "Basic") -> Mapping[str, str]:
    """Return the header that proves a callback."""
    return {"authorization": f"{scheme} {base64.b64encode(f'{user}:{password}'.encode()).decode()}"}


def called(query: str, headers: Mapping[str, str] | None = None) -> WebhookRequest:
    """Return a callback by GET; of the decoded query, plugins that look at it themselves need nothing."""
    return WebhookRequest("GET", f"{URL}?{query}", basic() if headers is None else headers)


def posted(form: Mapping[str, str], headers: Mapping[str, str] | None = None) -> WebhookRequest:
    """Return a callback by POST of a form."""
    pairs, body = tuple(form.items()), urlencode(form).encode()
    return WebhookRequest("POST", URL, basic() if headers is None else headers, form=pairs, body=body)


def told(value: object, headers: Mapping[str, str] | None = None) -> WebhookRequest:
    """Return a callback by POST of JSON."""
    return WebhookRequest("POST", URL, basic() if headers is None else headers, body=json.dumps(value).encode())


RECEIPT = {
    "apiMsgId": NUMBER,
    "cliMsgId": "7" * 32,
    "api_id": "3400000",
    "to": "4915112345678",
    "from": "447700900100",
    "timestamp": "1700000000",
    "charge": "1",
    "status": "004",
}
PLATFORM_RECEIPT = {
    "integrationName": "login",
    "messageId": NUMBER,
    "requestId": None,
    "clientMessageId": "7" * 32,
    "to": "4915112345678",
    "from": "447700900100",
    "statusCode": 4,
    "status": "RECEIVED_BY_RECIPIENT",
    "statusDescription": "Message delivered",
    "timestamp": 1700000000000,
}


def one_receipt(*states: int, word: str = "SOMETHING") -> object:
    """Return a callback of the One API with one update for each of *states*."""
    ids = {"channel": "SMS", "timestamp": 1700000000000, "messageId": NUMBER, "clientMessageId": "7" * 32}
    updates = [{**ids, "statusCode": state, "status": word} for state in states]
    return {"integrationId": "1", "integrationName": "login", "event": {"messageStatusUpdate": updates}}
