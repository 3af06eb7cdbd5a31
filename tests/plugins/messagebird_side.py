"""MessageBird's side of the tests: what it answers, what it reports, and how it signs; after its specification."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlencode

from authsms_messagebird import MessageBirdRestService
from authsms_messagebird_v1 import MessageBirdV1Service

from authsms.plugin_api import HttpGuard, WebhookRequest
from authsms.simulator.providers.signatures import sign_digest, sign_token
from tests.plugins import hostile
from tests.plugins.contract_suite import SECRETS

URL = "https://login.example/webhooks/messagebird/t0ken"
ID = "e8077d803532c0b5937c639b60216938"
OURS = "7" * 32
NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
SECOND = int(NOW.timestamp())
KEY = {"access_key": SECRETS[0], "originator": "Example", "signing_key": SECRETS[1]}
OLD = {"user": "me@example.com", "password": SECRETS[0], "sender": "Example"}
FORM = "application/x-www-form-urlencoded"

# A report as in the vendor's specification, with the names of its PHP client's signature tests.
REPORT = {
    "id": ID,
    "reference": OURS,
    "recipient": "4915112345678",
    "status": "delivered",
    "statusDatetime": "2026-05-04T11:59:10+00:00",
    "mccmnc": "26201",
    "ported": "1",
    "price[amount]": "0.07",
}


def rest(**changes) -> MessageBirdRestService:
    return MessageBirdRestService.configure(KEY | changes, HttpGuard(["127.0.0.1"], deadlines=hostile.PATIENT))


def v1(**changes) -> MessageBirdV1Service:
    return MessageBirdV1Service.configure(OLD | changes, HttpGuard(["127.0.0.1"], deadlines=hostile.PATIENT))


def answered(status: int, value: object) -> hostile.Behaviour:
    return hostile.answer(status, json.dumps(value).encode(), "Content-Type: application/json")


def created(status: int = 201, item: Mapping[str, object] | None = None, **changes) -> hostile.Behaviour:
    """Answer a message to the REST API as the vendor's specification does."""
    first = {"recipient": 4915112345678, "status": "sent", "statusDatetime": "…", "messagePartCount": 2}
    recipients = {"totalCount": 1, "totalSentCount": 1, "items": [first if item is None else item]}
    fields = {"id": ID, "direction": "mt", "type": "sms", "body": "…", "reference": OURS, "gateway": 10}
    return answered(status, fields | {"recipients": recipients} | changes)


def refused(status: int, code: int, parameter: str | None, words: str = "No.") -> hostile.Behaviour:
    return answered(status, {"errors": [{"code": code, "description": words, "parameter": parameter}]})


def xml(facts: str, before: str = "") -> hostile.Behaviour:
    """Answer as the old API does without a SIMPLE response type."""
    body = f'<?xml version="1.0"?>\n{before}<response><item>{facts}</item></response>'
    return hostile.answer(200, body.encode(), "Content-Type: text/xml")


def told(fields: Mapping[str, str], *, key: str = SECRETS[1], at: int = SECOND, url: str = URL) -> WebhookRequest:
    """Return a report by GET, signed with a JWT."""
    query = urlencode(fields)
    address = f"{url}?{query}"
    headers = {"Messagebird-Signature-Jwt": sign_token(key, at, address, b"")}
    return WebhookRequest("GET", address, headers, tuple(parse_qsl(query)), received_at=NOW)


def told_the_old_way(fields: Mapping[str, str], *, key: str = SECRETS[1], at: int = SECOND) -> WebhookRequest:
    """Return a report by GET with the older signature."""
    query = urlencode(fields)
    moment = str(at)
    headers = {
        "Messagebird-Signature": sign_digest(key, moment, query, b""),
        "Messagebird-Request-Timestamp": moment,
    }
    return WebhookRequest("GET", f"{URL}?{query}", headers, tuple(parse_qsl(query)), received_at=NOW)


def texted(fields: Mapping[str, str]) -> WebhookRequest:
    """Return a text from a person: a form, signed with a JWT."""
    body = urlencode(fields).encode()
    headers = {"MessageBird-Signature-JWT": sign_token(SECRETS[1], SECOND, URL, body), "Content-Type": FORM}
    return WebhookRequest("POST", URL, headers, form=tuple(fields.items()), body=body, received_at=NOW)


def called(query: str) -> WebhookRequest:
    """Return a report of the old API."""
    return WebhookRequest("GET", f"{URL}?{query}", query=tuple(parse_qsl(query)), received_at=NOW)
