"""MessageBird: what every provider must stand, for its two interfaces."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs

from authsms_messagebird import MessageBirdRestService
from authsms_messagebird_v1 import MessageBirdV1Service
from typing_extensions import override

from authsms.plugin_api import SenderService, WebhookRequest
from tests.plugins import hostile
from tests.plugins import messagebird_side as side
from tests.plugins.contract_suite import SECRETS, SenderServiceContract
from tests.plugins.webhook_suite import WebhookContract


class TestRestContract(SenderServiceContract, WebhookContract):
    """The REST API, with the JWT of today."""

    kind = MessageBirdRestService
    success = side.created()
    lies = (
        side.created(200),
        side.created(202),
        side.created(id=None),
        side.created(id="17"),
        side.created(recipients={"totalCount": 0, "items": []}),
        side.created(item={"recipient": 4915112345678, "status": "delivery_failed"}),
        side.refused(201, 9, "recipients"),
        side.refused(200, 25, None),
    )

    @override
    def settings(self, url: str) -> Mapping[str, object]:
        return side.KEY | {"base_url": url}

    @override
    def read_request(self, request: bytes) -> tuple[str, str]:
        head, _, body = request.partition(b"\r\n\r\n")
        value = json.loads(body)
        assert b"POST /messages HTTP" in head
        assert f"\r\nAuthorization: AccessKey {SECRETS[0]}\r\n".encode() in head + b"\r\n"
        assert "auto" == value["datacoding"]
        return "+" + value["recipients"], value["body"]

    @override
    def read_sender(self, request: bytes) -> str:
        _, _, body = request.partition(b"\r\n\r\n")
        return f"+{json.loads(body)['originator']}"

    @override
    def receiver(self) -> SenderService:
        return side.rest()

    @override
    def signed(self, state: str = "delivered") -> WebhookRequest:
        return side.told(side.REPORT | {"status": state})

    @override
    def altered(self) -> Sequence[WebhookRequest]:
        good = side.told(side.REPORT)
        late, early = side.NOW + timedelta(minutes=2), side.NOW - timedelta(minutes=1)
        return [
            replace(good, headers={}),
            replace(good, url=good.url.replace("delivered", "expired")),
            replace(good, url=good.url.replace("t0ken", "other")),
            replace(good, body=b"status=delivered"),
            replace(good, received_at=late),
            replace(good, received_at=early),
            replace(good, received_at=None),
            side.told(side.REPORT, key=SECRETS[0]),
            side.told_the_old_way(side.REPORT),
        ]


class TestOldSignatureContract(WebhookContract):
    """The REST API, with the older signature."""

    @override
    def receiver(self) -> SenderService:
        return side.rest(old_signatures=True)

    @override
    def signed(self, state: str = "delivered") -> WebhookRequest:
        return side.told_the_old_way(side.REPORT | {"status": state})

    @override
    def altered(self) -> Sequence[WebhookRequest]:
        good = side.told_the_old_way(side.REPORT)
        moment = {"MessageBird-Request-Timestamp": str(side.SECOND + 1)}
        signature = good.header("MessageBird-Signature")
        return [
            replace(good, headers={}),
            replace(good, headers=moment | {"MessageBird-Signature": signature}),
            replace(good, headers=dict(good.headers) | {"MessageBird-Signature-JWT": "a.b.c"}),
            replace(good, query=(*good.query, ("status", "expired"))),
            replace(good, body=b"{}"),
            replace(good, received_at=side.NOW + timedelta(seconds=66)),
            replace(good, received_at=None),
            side.told_the_old_way(side.REPORT, key=SECRETS[0]),
        ]


class TestV1Contract(SenderServiceContract):
    """The old HTTP API; nothing proves its reports but their address, so there is no suite for forged ones."""

    kind = MessageBirdV1Service
    success = hostile.answer(200, b"01", "Content-Type: text/plain")
    lies = (
        hostile.answer(200, b"97"),
        hostile.answer(200, b"1"),
        hostile.answer(200, b"001"),
        hostile.answer(200, b"01 but not really"),
        hostile.answer(200, b'{"code": "01"}'),
        side.xml("<responseCode>96</responseCode>"),
        side.xml("<responseCode>01</responseCode><responseCode>97</responseCode>"),
        hostile.answer(500, b"01"),
    )

    @override
    def settings(self, url: str) -> Mapping[str, object]:
        return side.OLD | {"base_url": url}

    @override
    def read_request(self, request: bytes) -> tuple[str, str]:
        head, _, body = request.partition(b"\r\n\r\n")
        form = parse_qs(body.decode(), strict_parsing=True)
        assert b"POST /api/sms HTTP" in head
        assert all(len(values) == 1 for values in form.values())
        assert ["false"] == form["replacechars"]
        return "+" + form["destination"][0], form["body"][0]

    @override
    def read_sender(self, request: bytes) -> str:
        return "+" + parse_qs(request.partition(b"\r\n\r\n")[2].decode())["sender"][0]
