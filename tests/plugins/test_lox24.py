"""LOX24: what every provider must stand, for its two interfaces."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import parse_qs

from authsms_lox24 import Lox24RestService
from authsms_lox24_httpsms import Lox24HttpsmsService
from typing_extensions import override

from authsms.plugin_api import SenderService, WebhookRequest
from tests.plugins import lox24_side as side
from tests.plugins.contract_suite import SECRETS, SenderServiceContract
from tests.plugins.webhook_suite import WebhookContract


class TestHttpsmsContract(SenderServiceContract):
    """The old interface; nothing proves its reports but their address, so there is no suite for forged ones."""

    kind = Lox24HttpsmsService
    success = side.said(side.document())
    lies = (
        side.said(side.document("200")),
        side.said(side.document("210")),
        side.said(side.document("300")),
        side.said(side.document("400")),
        side.said(side.document("1000")),
        side.said(side.document(number="17")),
        side.said(side.document().replace(b"answer", b"reply")),
        side.said(side.document("200", text="<code>100</code>")),
        side.said(b"100"),
    )

    @override
    def settings(self, url: str) -> Mapping[str, object]:
        return side.OLD | {"base_url": url}

    @override
    def read_request(self, request: bytes) -> tuple[str, str]:
        head, _, body = request.partition(b"\r\n\r\n")
        form = parse_qs(body.decode(), strict_parsing=True)
        assert b"POST /API/httpsms.php HTTP" in head
        assert all(len(values) == 1 for values in form.values())
        assert ["1"] == form["encoding"]
        return form["to"][0], form["text"][0]

    @override
    def read_sender(self, request: bytes) -> str:
        return parse_qs(request.partition(b"\r\n\r\n")[2].decode()).get("from", [""])[0]


class TestRestContract(SenderServiceContract, WebhookContract):
    """The REST API."""

    kind = Lox24RestService
    success = side.created()
    lies = (
        side.created(uuid="11111111-2222-3333-4444-55555555555"),
        side.created(uuid=None),
        side.created(200),
        side.created(202),
        side.created(status_code=208),
        side.created(status_code=3000),
        side.answered(201, {"status_code": 100}),
    )

    @override
    def settings(self, url: str) -> Mapping[str, object]:
        return side.KEY | {"base_url": url}

    @override
    def read_request(self, request: bytes) -> tuple[str, str]:
        head, _, body = request.partition(b"\r\n\r\n")
        value = json.loads(body)
        assert b"POST /sms HTTP" in head
        assert f"\r\nX-LOX24-AUTH-TOKEN: 12345:{SECRETS[0]}\r\n".encode() in head + b"\r\n"
        assert value["is_unicode"] is True
        return value["phone"], value["text"]

    @override
    def read_sender(self, request: bytes) -> str:
        return str(json.loads(request.partition(b"\r\n\r\n")[2])["sender_id"])

    @override
    def receiver(self) -> SenderService:
        return side.rest()

    @override
    def signed(self, state: str = "") -> WebhookRequest:
        return side.told(side.report(state or 1))

    @override
    def altered(self) -> Sequence[WebhookRequest]:
        good = side.told(side.report(1))
        headers: Sequence[Mapping[str, str]] = (
            {},
            {"X-LOX24-Token": ""},
            {"X-LOX24-Token": "ä"},
            {"X-LOX24-Token": SECRETS[1].upper()},
        )
        return [*(replace(good, headers=one) for one in headers), side.told(side.report(1), token=SECRETS[0])]
