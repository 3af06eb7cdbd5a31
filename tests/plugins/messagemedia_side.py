"""MessageMedia's side of the tests: what it answers and reports; after its OpenAPI description and its own clients."""

import base64
import json
from collections.abc import Mapping, Sequence
from functools import cache

from authsms_messagemedia import MessageMediaService
from authsms_messagemedia_soap import MessageMediaSoapService
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from authsms.plugin_api import HttpGuard, WebhookRequest
from tests.plugins import hostile
from tests.plugins.contract_suite import SECRETS

URL = "https://login.example/webhooks/line/t0ken"
TARGET = "/webhooks/line/t0ken"
UUID = "877c19ef-fa2e-4cec-827a-e1df9b5509f7"
REPORT_ID = "01e1fa0a-6e27-4945-9cdb-18644b4de043"
KEY_ID = "7ca628a8-08b0-4e42-aeb8-960b37049c31"
DATE = "Sat, 21 Nov 2026 08:00:00 GMT"
KEY = {"api_key": "dummyKey00", "api_secret": SECRETS[0], "sender": "Example"}
USER = {"user_id": "Example001", "password": SECRETS[0], "sender": "Example"}
SPACE = "http://xml.m4u.com.au/2009"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
DETAILS = '<accountDetails type="daily" creditLimit="500" creditRemaining="496"/>'
XML = "Content-Type: text/xml; charset=utf-8"


def rest(**changes) -> MessageMediaService:
    return MessageMediaService.configure(KEY | changes, HttpGuard(["127.0.0.1"], deadlines=hostile.PATIENT))


def soap(**changes) -> MessageMediaSoapService:
    return MessageMediaSoapService.configure(USER | changes, HttpGuard(["127.0.0.1"], deadlines=hostile.PATIENT))


@cache
def private_key() -> RSAPrivateKey:
    """Return the key that MessageMedia signs with."""
    return generate_private_key(65537, 1024)  # noqa: S505 - as short as the one in its documentation


def public_key() -> str:
    der = private_key().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


def signing(**changes) -> MessageMediaService:
    """Return a service that knows the public key."""
    return rest(signature_keys=f"{KEY_ID}={public_key()}", **changes)


def answered(status: int, value: object) -> hostile.Behaviour:
    """Answer as the REST API does."""
    return hostile.answer(status, json.dumps(value).encode(), "Content-Type: application/json")


def queued(status: int = 202, /, **changes) -> hostile.Behaviour:
    """Answer a message to the REST API."""
    message = {"message_id": UUID, "status": "queued", "content": "x", "delivery_report": True} | changes
    return answered(status, {"messages": [message]})


def report(status: str = "delivered", code: str = "220", **changes) -> Mapping[str, object]:
    """Return a delivery report; the numbers have changed places in it, and it holds the text."""
    return {
        "delivery_report_id": REPORT_ID,
        "source_number": "+4915112345678",
        "date_received": "2016-11-03T11:49:02.807Z",
        "status": status,
        "delay": "0",
        "submitted_date": "2016-11-03T11:49:02.807Z",
        "message_id": UUID,
        "original_text": "739201 is your code.",
        "vendor_account_id": {"vendor_id": "SinchEU", "account_id": "MyAccount001"},
        "error_code": code,
        "metadata": {"authsms": "7" * 32},
    } | changes


def told(value: object, target: str = TARGET, version: str = "HTTP/1.1", digest: str = "SHA-256") -> WebhookRequest:
    """Return a signed callback; *version* is what the signer spoke."""
    body = json.dumps(value).encode()
    signature = private_key().sign(f"POST {target} {version}{DATE}".encode() + body, PKCS1v15(), SHA256())
    headers = {
        "Content-Type": "application/json",
        "Date": DATE,
        "X-MessageMedia-Signature": base64.b64encode(signature).decode(),
        "X-MessageMedia-Digest-Type": digest,
        "X-MessageMedia-Cipher-Type": "RSA",
        "X-MessageMedia-Key-Id": KEY_ID,
    }
    return WebhookRequest("POST", f"https://login.example{target}", headers, body=body)


def enveloped(content: str, status: int = 200) -> hostile.Behaviour:
    """Answer as the SOAP interface does."""
    return hostile.answer(status, envelope(content), XML)


def envelope(content: str, before: str = "") -> bytes:
    body = f'<SOAP-ENV:Body xmlns:SOAP-ENV="{SOAP}">{content}</SOAP-ENV:Body>'
    return f'{before}<SOAP-ENV:Envelope xmlns:SOAP-ENV="{SOAP}">{body}</SOAP-ENV:Envelope>'.encode()


def result(operation: str, facts: str, inside: str = "") -> str:
    return f'<{operation}Response xmlns="{SPACE}"><result {facts}>{inside}</result></{operation}Response>'


def sent(counts: Sequence[int] = (1, 0, 0), code: str = "") -> str:
    """Return what is said of a text: how many were sent, scheduled, and failed."""
    facts = f'sent="{counts[0]}" scheduled="{counts[1]}" failed="{counts[2]}"'
    recipients = '<recipients><recipient uid="1">4915112345678</recipient></recipients>'
    errors = f'<errors><error code="{code}" sequenceNumber="0">{recipients}</error></errors>' if code else ""
    return result("sendMessages", facts, DETAILS + errors)


def fault(code: str, words: str = "Refused") -> str:
    detail = f'<faultResponse xmlns="{SPACE}"><error code="{code}"/></faultResponse>'
    inside = f"<faultcode>SOAP-ENV:Client</faultcode><faultstring>{words}</faultstring><detail>{detail}</detail>"
    return f'<SOAP-ENV:Fault xmlns:SOAP-ENV="{SOAP}">{inside}</SOAP-ENV:Fault>'


def reports(*lines: str, remaining: int = 0) -> str:
    return result(
        "checkReports",
        f'returned="{len(lines)}" remaining="{remaining}"',
        f"<reports>{''.join(lines)}</reports>",
    )


def line(uid: object, receipt: object, status: str, moment: str = "2010-11-03T11:49:02Z") -> str:
    facts = f'uid="{uid}" receiptId="{receipt}" status="{status}"'
    return f"<report {facts}><recipient>4915112345678</recipient><timestamp>{moment}</timestamp></report>"
