"""The example plugin of the README: loaded as a plugin is, and held to what every provider must stand."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from typing_extensions import override

from authsms.plugin_api import HttpGuard, Receipt, ReceiptState, Refused, SenderService, WebhookRequest
from authsms.plugins import load_plugins
from tests.plugins import hostile
from tests.plugins.contract_suite import SECRETS, SUBMISSION, SenderServiceContract
from tests.plugins.hostile import HostileServer
from tests.plugins.webhook_suite import WebhookContract

(PIGEON,) = load_plugins(["tests.examples.authsms_pigeon"])
SETTINGS = {"api_key": SECRETS[0], "signing_secret": SECRETS[1], "sender": "Example"}
NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)


def _signed(body: bytes, at: datetime, secret: str = SECRETS[1]) -> WebhookRequest:
    moment = str(int(at.timestamp()))
    signature = hmac.new(secret.encode(), moment.encode() + b"." + body, hashlib.sha256).hexdigest()
    headers = {"x-pigeon-time": moment, "x-pigeon-signature": signature}
    return WebhookRequest("POST", "https://login.example/webhooks/x/y", headers, body=body, received_at=NOW)


class TestPigeon(SenderServiceContract, WebhookContract):
    """The example stands everything a real provider stands."""

    kind = PIGEON
    success = hostile.answer(202, b'{"id": "pm_1a", "status": "queued"}')
    lies = (hostile.answer(200, b'{"error": {"code": 20}}'), hostile.answer(202, b'{"id": "SM1", "status": "queued"}'))

    @override
    def settings(self, url: str) -> Mapping[str, object]:
        return SETTINGS | {"base_url": url}

    @override
    def read_request(self, request: bytes) -> tuple[str, str]:
        head, _, body = request.partition(b"\r\n\r\n")
        assert f"Authorization: Bearer {SECRETS[0]}".encode() in head
        value = json.loads(body)
        return value["to"], value["text"]

    @override
    def read_sender(self, request: bytes) -> str:
        return str(json.loads(request.partition(b"\r\n\r\n")[2])["from"])

    @override
    def signed(self, state: str = "delivered") -> WebhookRequest:
        return _signed(json.dumps({"id": "pm_1a", "status": state}).encode(), NOW)

    @override
    def altered(self) -> list[WebhookRequest]:
        good = self.signed()
        return [
            replace(good, body=good.body.replace(b"delivered", b"lost")),
            replace(good, headers={}),
            _signed(good.body, NOW, "another secret"),
            _signed(good.body, NOW - timedelta(minutes=6)),
        ]

    @override
    def receiver(self) -> SenderService:
        return PIGEON.configure(SETTINGS, HttpGuard())


@pytest.mark.parametrize(("code", "opted_out"), [(20, False), (21, True)])
def test_an_error_code_is_looked_up(code, opted_out):
    """The provider's own code goes before the HTTP status, and brings the advice."""
    with HostileServer(hostile.answer(200, b'{"error": {"code": %d, "message": "no"}}' % code)) as server:
        service = PIGEON.configure(
            SETTINGS | {"base_url": server.url}, HttpGuard(["127.0.0.1"], deadlines=hostile.PATIENT)
        )
        trial = service.try_out(SUBMISSION)

    assert isinstance(trial.outcome, Refused)
    assert (str(code), opted_out) == (trial.outcome.code, trial.outcome.opted_out)
    assert trial.advice


def test_a_lost_text_has_its_reason():
    """The code of a receipt is what the administrator looks up."""
    report = _signed(b'{"id": "pm_1a", "status": "lost", "error": "20"}', NOW)

    assert [Receipt("pm_1a", ReceiptState.FAILED, "lost", "20")] == PIGEON.configure(
        SETTINGS, HttpGuard()
    ).read_webhook(report)
