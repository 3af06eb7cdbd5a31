"""MessageMedia: what every provider must stand, for its two interfaces."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from xml.etree import ElementTree as ET

from authsms_messagemedia import MessageMediaService
from authsms_messagemedia_soap import MessageMediaSoapService
from typing_extensions import override

from authsms.plugin_api import SenderService, WebhookRequest
from tests.plugins import hostile
from tests.plugins import messagemedia_side as side
from tests.plugins.contract_suite import SECRETS, SenderServiceContract
from tests.plugins.webhook_suite import WebhookContract

_NAMES = {"s": side.SOAP, "m": side.SPACE}


class TestRestContract(SenderServiceContract, WebhookContract):
    """The REST API."""

    kind = MessageMediaService
    success = side.queued()
    lies = (
        side.queued(message_id=None),
        side.queued(message_id="877c19ef"),
        side.queued(200),
        side.queued(status="rejected"),
        side.queued(status="failed"),
        side.answered(202, {"messages": []}),
        side.answered(202, {"message": "Request is invalid", "details": ["/messages/0/content: too long"]}),
    )

    @override
    def settings(self, url: str) -> Mapping[str, object]:
        return side.KEY | {"base_url": url}

    @override
    def read_request(self, request: bytes) -> tuple[str, str]:
        head, _, body = request.partition(b"\r\n\r\n")
        (message,) = json.loads(body)["messages"]
        assert b"POST /v1/messages HTTP" in head
        assert message["delivery_report"] is True
        return message["destination_number"], message["content"]

    @override
    def read_sender(self, request: bytes) -> str:
        return str(json.loads(request.partition(b"\r\n\r\n")[2])["messages"][0]["source_number"])

    @override
    def receiver(self) -> SenderService:
        return side.signing()

    @override
    def signed(self, state: str = "delivered") -> WebhookRequest:
        return side.told(side.report(state))

    @override
    def altered(self) -> Sequence[WebhookRequest]:
        good = side.told(side.report())
        signature = good.headers["X-MessageMedia-Signature"]
        changes: Sequence[Mapping[str, str]] = (
            {"X-MessageMedia-Signature": ""},
            {"X-MessageMedia-Signature": "ä"},
            {"X-MessageMedia-Signature": signature.swapcase()},
            {"X-MessageMedia-Digest-Type": "SHA-512"},
            {"X-MessageMedia-Digest-Type": "MD5"},
            {"X-MessageMedia-Cipher-Type": "HMAC"},
            {"X-MessageMedia-Key-Id": "01e1fa0a-6e27-4945-9cdb-18644b4de043"},
            {"X-MessageMedia-Key-Id": ""},
            {"Date": "Sun, 22 Nov 2026 08:00:00 GMT"},
        )
        return [
            *(replace(good, headers={**good.headers, **change}) for change in changes),
            replace(good, headers={}),
            replace(good, body=good.body.replace(b"delivered", b"rejected")),
            replace(good, url=good.url + "?more=1"),
            replace(good, method="PUT"),
        ]


class TestSoapContract(SenderServiceContract):
    """The SOAP interface; nothing calls us, so there are no forged reports."""

    kind = MessageMediaSoapService
    success = side.enveloped(side.sent())
    lies = (
        side.enveloped(side.sent((0, 0, 1), "other")),
        side.enveloped(side.sent((0, 0, 1))),
        side.enveloped(side.sent((0, 0, 0))),
        side.enveloped(side.sent((1, 0, 1))),
        side.enveloped(side.sent((2, 0, 0))),
        side.enveloped(side.sent(), 201),
        side.enveloped(side.fault("authenticationFailed")),
        side.enveloped(side.sent() * 2),
        side.enveloped(side.sent().replace("sendMessages", "checkUser")),
        hostile.answer(200, side.sent().encode(), side.XML),
    )

    @override
    def settings(self, url: str) -> Mapping[str, object]:
        return side.USER | {"base_url": url}

    @override
    def read_request(self, request: bytes) -> tuple[str, str]:
        head = request.partition(b"\r\n\r\n")[0]
        call = _parsed(request).find("s:Body/m:sendMessages", _NAMES)
        assert call is not None
        assert f'\r\nSOAPAction: "{side.SPACE}/sendMessages"\r\n'.encode() in head + b"\r\n"
        assert b"\r\nContent-Type: text/xml; charset=utf-8\r\n" in head + b"\r\n"
        assert SECRETS[0] == call.findtext("m:authentication/m:password", "", _NAMES)
        message = call.find("m:requestBody/m:messages/m:message", _NAMES)
        assert message is not None
        assert "true" == message.findtext("m:deliveryReport", "", _NAMES)
        return "+" + message.findtext("m:recipients/m:recipient", "", _NAMES), message.findtext("m:content", "", _NAMES)

    @override
    def read_sender(self, request: bytes) -> str:
        return "+" + (_parsed(request).findtext(f".//{{{side.SPACE}}}origin") or "")


def _parsed(request: bytes) -> ET.Element:
    return ET.fromstring(request.partition(b"\r\n\r\n")[2])  # noqa: S314 - ours
