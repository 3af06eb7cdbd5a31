"""Clickatell: what every provider must stand, for its three interfaces."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import parse_qs

from authsms_clickatell import ClickatellHttpService
from authsms_clickatell_platform import ClickatellOneService, ClickatellPlatformService
from typing_extensions import override

from authsms.plugin_api import SenderService, WebhookRequest
from tests.plugins import clickatell_side as side
from tests.plugins.contract_suite import SECRETS, SenderServiceContract
from tests.plugins.webhook_suite import WebhookContract

WRONG_HEADERS: tuple[Mapping[str, str], ...] = (
    {},
    {"Authorization": ""},
    {"Authorization": "Basic"},
    {"Authorization": "Basic ä"},
    side.basic(password=SECRETS[0]),
    side.basic(password=""),
    side.basic(user="Caller"),
    side.basic(scheme="Bearer"),
)


class TestHttpContract(SenderServiceContract, WebhookContract):
    """The classic HTTP API."""

    kind = ClickatellHttpService
    success = side.said(f"ID: {side.NUMBER}")
    lies = (
        side.said("ERR: 105, INVALID Destination Address"),
        side.said(f"ERR: 001, Authentication failed\nID: {side.NUMBER}"),
        side.said(f"VOID: {side.NUMBER}"),
        side.said("ID: 17"),
        side.said(f"ID: {side.NUMBER}\nERR: 128, Number delisted To: 448311234567"),
        side.said(f"<p>ID: {side.NUMBER}</p>"),
        side.said(""),
    )

    @override
    def settings(self, url: str) -> Mapping[str, object]:
        return side.HTTP | {"base_url": url}

    @override
    def read_request(self, request: bytes) -> tuple[str, str]:
        head, _, body = request.partition(b"\r\n\r\n")
        form = parse_qs(body.decode(), strict_parsing=True)
        assert b"POST /http/sendmsg HTTP" in head
        assert all(len(values) == 1 for values in form.values())
        assert ["1"] == form["unicode"]
        return "+" + form["to"][0], bytes.fromhex(form["text"][0]).decode("utf-16-be")

    @override
    def read_sender(self, request: bytes) -> str:
        return "+" + parse_qs(request.partition(b"\r\n\r\n")[2].decode()).get("from", [""])[0]

    @override
    def receiver(self) -> SenderService:
        return side.http()

    @override
    def signed(self, state: str = "004") -> WebhookRequest:
        return side.posted(side.RECEIPT | {"status": state})

    @override
    def altered(self) -> Sequence[WebhookRequest]:
        foreign = side.posted(side.RECEIPT | {"api_id": "3400001"})
        shouted = side.called("API_ID=3400001&apiMsgId=x&status=004")
        return [*(replace(self.signed(), headers=headers) for headers in WRONG_HEADERS), foreign, shouted]


class TestPlatformContract(SenderServiceContract, WebhookContract):
    """The Platform API."""

    kind = ClickatellPlatformService
    success = side.platform_answer()
    lies = (
        side.platform_answer(accepted=False, apiMessageId=None, error="Invalid destination address."),
        side.platform_answer(accepted=False),
        side.platform_answer(accepted=None),
        side.platform_answer(accepted="yes"),
        side.platform_answer(apiMessageId=None),
        side.platform_answer(errorCode=105),
        side.answered(202, {"messages": []}),
        side.answered(202, {"messages": {}}),
    )

    @override
    def settings(self, url: str) -> Mapping[str, object]:
        return side.INTEGRATION | {"base_url": url}

    @override
    def read_request(self, request: bytes) -> tuple[str, str]:
        head, _, body = request.partition(b"\r\n\r\n")
        value = json.loads(body)
        assert b"POST /messages HTTP" in head
        assert f"\r\nAuthorization: {SECRETS[0]}\r\n".encode() in head + b"\r\n"
        assert 1 == len(value["to"])
        return "+" + value["to"][0], value["content"]

    @override
    def read_sender(self, request: bytes) -> str:
        return "+" + str(json.loads(request.partition(b"\r\n\r\n")[2]).get("from", ""))

    @override
    def receiver(self) -> SenderService:
        return side.platform()

    @override
    def signed(self, state: str = "") -> WebhookRequest:
        strange = {"statusCode": 99, "status": state} if state else {}
        return side.told(side.PLATFORM_RECEIPT | strange)

    @override
    def altered(self) -> Sequence[WebhookRequest]:
        return [replace(self.signed(), headers=headers) for headers in WRONG_HEADERS]


class TestOneContract(SenderServiceContract, WebhookContract):
    """The One API."""

    kind = ClickatellOneService
    success = side.one_answer()
    lies = (
        side.one_answer(accepted=False, apiMessageId=None, error={"code": 25, "description": "Invalid"}),
        side.one_answer(207, accepted=False, apiMessageId=None, error={"code": 26, "description": "Opted out"}),
        side.one_answer(207, accepted=True, error={"code": 9, "description": "?"}),
        side.one_answer(accepted=False, apiMessageId=None),
        side.one_answer(apiMessageId=None),
        side.answered(202, {"messages": [], "error": {"code": 20, "description": "No credit"}}),
    )

    @override
    def settings(self, url: str) -> Mapping[str, object]:
        return side.INTEGRATION | {"base_url": url}

    @override
    def read_request(self, request: bytes) -> tuple[str, str]:
        head, _, body = request.partition(b"\r\n\r\n")
        (message,) = json.loads(body)["messages"]
        assert b"POST /v1/message HTTP" in head
        assert f"\r\nAuthorization: {SECRETS[0]}\r\n".encode() in head + b"\r\n"
        assert "sms" == message["channel"]
        return "+" + message["to"], message["content"]

    @override
    def read_sender(self, request: bytes) -> str:
        return "+" + str(json.loads(request.partition(b"\r\n\r\n")[2])["messages"][0].get("from", ""))

    @override
    def receiver(self) -> SenderService:
        return side.one()

    @override
    def signed(self, state: str = "") -> WebhookRequest:
        return side.told(side.one_receipt(99, word=state) if state else side.one_receipt(5))

    @override
    def altered(self) -> Sequence[WebhookRequest]:
        return [replace(self.signed(), headers=headers) for headers in WRONG_HEADERS]
