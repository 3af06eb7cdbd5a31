"""Pigeon Post, a made-up provider with the habits of real ones: JSON both ways, a bearer key, signed receipts."""

import hashlib
import hmac
import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from typing_extensions import override

from authsms.plugin_api import (
    Accepted,
    ForgeryError,
    InboundMessage,
    Outcome,
    ProviderAnswer,
    ProviderRequest,
    Receipt,
    ReceiptState,
    SenderService,
    Setting,
    SettingKind,
    Submission,
    WebhookRequest,
    hookimpl,
    is_same,
    read_codes,
)

_ID = re.compile(r"pm_[0-9a-z]{1,60}")
_OLDEST_RECEIPT = timedelta(minutes=5)
_STATES = {"queued": ReceiptState.SENT, "delivered": ReceiptState.DELIVERED, "lost": ReceiptState.FAILED}
_CODES = """
configuration 10 11  The API key is wrong or was withdrawn; copy it again from the console.
configuration 12     There is no credit left; top up the account.
message       20     This is no number a pigeon can find; correct it in the directory.
opted_out     21     The person answered STOP; texting START lifts that.
retry         30     All pigeons are out; more of them can be booked in the console.
"""


class PigeonService(SenderService):
    """An account at Pigeon Post."""

    key = "pigeon"
    title = "Pigeon Post"
    has_webhooks = True
    sender_setting = "sender"
    codes = read_codes(_CODES)
    settings = (
        Setting("api_key", "API key", "From the console, under Keys.", SettingKind.SECRET, required=True),
        Setting(
            "signing_secret",
            "Signing secret",
            "From the console, under Receipts; proves that receipts are genuine.",
            SettingKind.SECRET,
            required=True,
        ),
        Setting("sender", "Sender", "A number as +491715550100, or a name of up to 11 letters.", required=True),
        Setting(
            "base_url",
            "Address",
            "Only for another region or a simulator.",
            SettingKind.URL,
            default="https://api.pigeon.example",
            guards_secrets=True,
        ),
    )

    @override
    def build_request(self, submission: Submission) -> ProviderRequest:
        return ProviderRequest.json(
            f"{self.values.text('base_url')}/v1/messages",
            {
                "to": submission.recipient,
                "from": submission.sender or self.values.text("sender"),
                "text": submission.text,
                "reference": submission.message_id,
                "report_to": submission.callback_url,
            },
            headers=(("Authorization", f"Bearer {self.values.text('api_key')}"),),
        )

    @override
    def read_answer(self, answer: ProviderAnswer, submission: Submission) -> Outcome:
        provider_id = answer.find("id") or ""
        if answer.is_success and answer.is_whole and _ID.fullmatch(provider_id):
            return Accepted(provider_id, state=answer.find("status") or "")
        return self.failure(answer, answer.find("error", "code"), answer.find("error", "message"))

    @override
    def verify_webhook(self, request: WebhookRequest) -> None:
        sent_at = request.header("X-Pigeon-Time")
        signed = sent_at.encode() + b"." + request.body
        expected = hmac.new(self.values.text("signing_secret").encode(), signed, hashlib.sha256).hexdigest()
        if not is_same(expected, request.header("X-Pigeon-Signature")):
            raise ForgeryError("The signature is not Pigeon Post's.")
        now = request.received_at or datetime.now(UTC)
        if abs(now - datetime.fromtimestamp(int(sent_at), UTC)) > _OLDEST_RECEIPT:
            raise ForgeryError("The receipt is an old one, sent again.")

    @override
    def read_reports(self, request: WebhookRequest) -> Sequence[Receipt | InboundMessage]:
        report = json.loads(request.body)
        word = report["status"]
        return [Receipt(report["id"], _STATES.get(word, ReceiptState.UNKNOWN_WORD), word, report.get("error", ""))]


@hookimpl
def authsms_sender_services() -> list[type[SenderService]]:
    """Bring Pigeon Post."""
    return [PigeonService]
