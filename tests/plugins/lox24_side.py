"""LOX24's side of the tests: what it answers, and what it reports; after its documentation and customers' clients."""

import json
from collections.abc import Mapping
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from authsms_lox24 import Lox24RestService
from authsms_lox24_httpsms import Lox24HttpsmsService

from authsms.plugin_api import HttpGuard, WebhookRequest
from tests.plugins import hostile
from tests.plugins.contract_suite import SECRETS

URL = "https://login.example/webhooks/lox24/t0ken"
NUMBER = "53a9c2b7ee16ea4a49c1ec9aa4e8fc42"
UUID = "4a5f3c1e-8f2b-4c77-9d1e-0a1b2c3d4e5f"
OLD = {"customer": "12345", "password": SECRETS[0], "service": "3325"}
KEY = {"client_id": "12345", "api_key": SECRETS[0], "sender": "Example", "webhook_token": SECRETS[1]}


def old(**changes) -> Lox24HttpsmsService:
    return Lox24HttpsmsService.configure(OLD | changes, HttpGuard(["127.0.0.1"], deadlines=hostile.PATIENT))


def rest(**changes) -> Lox24RestService:
    return Lox24RestService.configure(KEY | changes, HttpGuard(["127.0.0.1"], deadlines=hostile.PATIENT))


def document(code: str = "100", number: str = NUMBER, text: str = "Grüße", before: str = "") -> bytes:
    """Return an answer of the old interface; names and order as customers have recorded them."""
    info = f"<MSGID>{number}</MSGID><Text>{escape(text)}</Text><Zeichen>5</Zeichen><SMS>1</SMS>"
    info += "<Absenderkennung>LOX24</Absenderkennung><Ziel>+4915112345678</Ziel><Kosten>0,065</Kosten>"
    words = f"<code>{code}</code><codetext>Worte</codetext><info>{info}<Versenden>sofort</Versenden></info>"
    return f'<?xml version="1.0" encoding="ISO-8859-1"?>\n{before}<answer>{words}</answer>'.encode("iso-8859-1")


def said(body: bytes, status: int = 200) -> hostile.Behaviour:
    """Answer as the old interface does."""
    return hostile.answer(status, body, "Content-Type: text/xml")


def answered(status: int, value: object) -> hostile.Behaviour:
    """Answer as the REST API does."""
    return hostile.answer(status, json.dumps(value).encode(), "Content-Type: application/json")


def created(status: int = 201, **changes) -> hostile.Behaviour:
    """Answer a message to the REST API."""
    fields = {"uuid": UUID, "status_code": 0, "dlr_code": 0, "price": 0.065, "parts_count": 2}
    return answered(status, fields | changes)


def called(query: str) -> WebhookRequest:
    """Return a report of the old interface."""
    return WebhookRequest("GET", f"{URL}?{query}", query=tuple(parse_qsl(query)))


def told(data: Mapping[str, object], name: str = "sms.delivery", token: str | None = SECRETS[1]) -> WebhookRequest:
    """Return a report of the REST API."""
    facts = {"id": "1", "api_version": "2022-05-25", "name": name, "created_at": 1700000000, "attempts_total": 4}
    headers = {} if token is None else {"X-Lox24-Token": token}
    return WebhookRequest("POST", URL, headers, body=json.dumps({**facts, "data": data}).encode())


def report(dlr_code: object, status_code: int = 100) -> Mapping[str, object]:
    """Return what a report says of a message."""
    numbers = {"key_id": 1, "dlr_code": dlr_code, "status_code": status_code}
    return {"id": UUID, **numbers, "callback_data": "7" * 32}
