"""MessageBird's REST API at rest.messagebird.com: an access key, JSON, and signed reports by GET.

Wire format: the vendor's OpenAPI description of the SMS API and its clients for Python and PHP; signatures as in their
request validators. A message is reported only when it carries a reference. Of the refusals 9 and 10 the named
parameter decides whether the message is at fault or a setting. A signed report holds for a minute and may be repeated
within it: each is recorded by what it says, so a repeated one changes nothing.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from operator import itemgetter
from typing import Final
from urllib.parse import urlencode

from typing_extensions import override

from authsms.plugin_api import (
    Accepted,
    Balance,
    CodeMeaning,
    ForgeryError,
    InboundMessage,
    InvalidInputError,
    JsonValue,
    Outcome,
    Pairs,
    ProviderAnswer,
    ProviderRequest,
    Receipt,
    ReceiptState,
    SenderService,
    Setting,
    SettingKind,
    Submission,
    Verdict,
    WebhookReply,
    WebhookRequest,
    hookimpl,
    is_same,
    read_codes,
    read_json,
    text_at,
    value_at,
    with_and_without_port,
)

_ID = re.compile(r"[0-9a-fA-F]{32}")
_OPERATOR_CODE = re.compile(r"report_\d{1,9}")
_MOMENT = re.compile(r"\d{1,12}")
_CREATED: Final = 201
_TOO_MANY: Final = 429
_ALGORITHMS = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}
_WINDOW: Final = 60
_LEEWAY: Final = 5
_OF_THE_MESSAGE = frozenset({"recipient", "recipients", "body"})
_OPTED_OUT: Final = "report_103"

_STATES = {
    **dict.fromkeys(("scheduled", "sent", "buffered"), ReceiptState.SENT),
    "delivered": ReceiptState.DELIVERED,
    **dict.fromkeys(("expired", "delivery_failed"), ReceiptState.FAILED),
}
_API_CODES = """
configuration 2            The access key is wrong, or is not a live key; copy it again from MessageBird's dashboard.
message       9 10 21      MessageBird could not use the number or the text; see its words, and correct the directory.
configuration 20 98        MessageBird does not know this address; correct the API address.
configuration 25           There is no money left on the account.
unknown       99           MessageBird failed inside; look at its status page.
"""
_SETTING_REFUSED = CodeMeaning(
    Verdict.CONFIGURATION, "MessageBird refuses a setting of this service, often the originator; its words say which."
)
_CODES = {
    **read_codes(_API_CODES),
    "9_setting": _SETTING_REFUSED,
    "10_setting": _SETTING_REFUSED,
    "http_429": CodeMeaning(Verdict.RETRY, "Too many requests at once; ask MessageBird for a higher limit."),
    "expired": CodeMeaning(Verdict.MESSAGE, "The phone was off or without coverage for too long."),
    "delivery_failed": CodeMeaning(Verdict.MESSAGE, "The operator could not deliver; the number may be wrong."),
    _OPTED_OUT: CodeMeaning(Verdict.OPTED_OUT, "The person has opted out at MessageBird and can lift that only there."),
}
_OPERATOR_ADVICE = "The operator's reason; the number stands in MessageBird's list of SMS error codes."


class MessageBirdRestService(SenderService):
    """An access key of rest.messagebird.com."""

    key = "messagebird_rest"
    title = "MessageBird REST API"
    has_webhooks = True
    own_keywords = frozenset({"stop"})
    sender_setting = "originator"
    codes = _CODES
    settings = (
        Setting(
            "access_key",
            "Access key",
            "The live key from the dashboard, under Developers. User name and password belong to the old HTTP API.",
            SettingKind.SECRET,
            required=True,
            pattern=r"[!-~]+",
        ),
        Setting(
            "originator",
            "Originator",
            "A number as +491715550100, or up to 11 letters, digits and spaces.",
            required=True,
            pattern=r"\+?[1-9]\d{0,14}|[A-Za-z0-9 ]{1,11}",
        ),
        Setting(
            "signing_key",
            "Signing key",
            "From the dashboard's developer settings; it is not the access key. Without it reports are refused.",
            SettingKind.SECRET,
            pattern=r"[!-~]+",
        ),
        Setting(
            "old_signatures",
            "Old signatures",
            "Also take reports with the older signature, which does not cover the address. Only for accounts whose "
            "reports carry no JWT.",
            SettingKind.FLAG,
            default=False,
        ),
        Setting(
            "base_url",
            "API address",
            "Only for a simulator.",
            SettingKind.URL,
            default="https://rest.messagebird.com",
            guards_secrets=True,
        ),
    )

    @override
    def build_request(self, submission: Submission) -> ProviderRequest:
        value: dict[str, JsonValue] = {
            "originator": (submission.sender or self.values.text("originator")).lstrip("+"),
            "recipients": submission.recipient.lstrip("+"),
            "body": submission.text,
            "datacoding": "auto",
            "reference": submission.message_id,
        }
        if submission.callback_url:
            value["reportUrl"] = submission.callback_url
        if submission.lifetime is not None:
            value["validity"] = max(int(submission.lifetime.total_seconds()), 1)
        return ProviderRequest.json(self._url("messages"), value, headers=self._headers())

    @override
    def read_answer(self, answer: ProviderAnswer, submission: Submission) -> Outcome:
        item = ("recipients", "items", 0)
        number, word = answer.find("id") or "", answer.find(*item, "status") or ""
        if answer.status == _CREATED and _ID.fullmatch(number) and word:
            if _STATES.get(word) is ReceiptState.FAILED:
                return self.failure(answer, word)
            parts = answer.find(*item, "messagePartCount") or ""
            return Accepted(number, word, int(parts) if re.fullmatch(r"[1-9]\d?", parts) else None)
        code, parameter = answer.find("errors", 0, "code"), answer.find("errors", 0, "parameter")
        if answer.status == _TOO_MANY:
            code = "http_429"
        elif f"{code}_setting" in self.codes and parameter and parameter not in _OF_THE_MESSAGE:
            code = f"{code}_setting"
        return self.failure(answer, code, answer.find("errors", 0, "description"))

    @override
    @classmethod
    def advice(cls, code: str) -> str:
        return super().advice(code) or (_OPERATOR_ADVICE if _OPERATOR_CODE.fullmatch(code) else "")

    @override
    def verify_webhook(self, request: WebhookRequest) -> None:
        key = self.values.text("signing_key").encode()
        token = request.header("MessageBird-Signature-JWT")
        if token:
            is_authentic = _is_claimed(key, token, request)
        else:
            is_authentic = self.values.flag("old_signatures") and _is_signed(key, request)
        if not key or not is_authentic:
            raise ForgeryError("The signature of this callback is not MessageBird's, or too old.")

    @override
    def read_reports(self, request: WebhookRequest) -> Sequence[Receipt | InboundMessage]:
        if request.value("originator"):
            return [_inbound(request)]
        if not request.value("status"):
            raise InvalidInputError("This is neither a report nor a text of MessageBird.")
        word, error = request.value("status"), request.value("statusErrorCode")
        state = _STATES.get(word, ReceiptState.UNKNOWN_WORD)
        code = ("" if error in {"", "0"} else f"report_{error}") or word
        return [
            Receipt(
                request.value("id"),
                state,
                word,
                code if state is ReceiptState.FAILED else "",
                _moment(request.value("statusDatetime")),
                request.value("reference"),
                opted_out=state is ReceiptState.FAILED and code == _OPTED_OUT,
            )
        ]

    @override
    def answer_webhook(self, request: WebhookRequest) -> WebhookReply:
        return WebhookReply("OK")

    @override
    def balance_request(self) -> ProviderRequest:
        return ProviderRequest.get(self._url("balance"), headers=self._headers())

    @override
    def read_balance(self, answer: ProviderAnswer) -> Balance | None:
        amount, unit = answer.find("amount"), answer.find("type")
        return Balance(Decimal(amount), unit) if amount and unit else None

    def _url(self, resource: str) -> str:
        return f"{self.values.text('base_url').rstrip('/')}/{resource}"

    def _headers(self) -> Pairs:
        return (("Authorization", f"AccessKey {self.values.text('access_key')}"),)


def _inbound(request: WebhookRequest) -> InboundMessage:
    """Return a text from a person; those to a short code have names of their own."""
    number = request.value("id") or request.value("mid")
    recipient = request.value("recipient") or request.value("receiver") or request.value("shortcode")
    return InboundMessage(
        number, request.value("originator"), recipient, request.value("body") or request.value("message")
    )


def _moment(text: str) -> datetime | None:
    """Return a moment of RFC 3339, or None; a plus sign that was not escaped has become a space."""
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _is_claimed(key: bytes, token: str, request: WebhookRequest) -> bool:
    """Return whether a token of MessageBird's covers address and body, and holds now."""
    claims = _claims(key, token)
    begin, end = value_at(claims, "nbf"), value_at(claims, "exp")
    if text_at(claims, "iss") != "MessageBird" or not request.received_at:
        return False
    if not isinstance(begin, int | float) or not isinstance(end, int | float):
        return False
    is_in_time = begin - _LEEWAY <= request.received_at.timestamp() < end + _LEEWAY
    address = text_at(claims, "url_hash") or ""
    forms = {request.url, *with_and_without_port(request.url)}
    is_here = any(is_same(address, hashlib.sha256(form.encode()).hexdigest()) for form in forms)
    body = hashlib.sha256(request.body).hexdigest() if request.body else ""
    return is_in_time and is_here and is_same(text_at(claims, "payload_hash") or "", body)


def _claims(key: bytes, token: str) -> JsonValue:
    """Return what *token* says once its signature is right (RFC 7515, 5.2), else None."""
    signed, _, signature = token.rpartition(".")
    head, _, payload = signed.partition(".")
    header = _decoded(head)
    algorithm = _ALGORITHMS.get(text_at(header, "alg") or "")
    if algorithm is None or value_at(header, "crit") is not None:
        return None
    expected = base64.urlsafe_b64encode(hmac.digest(key, signed.encode("utf-8", "replace"), algorithm))
    return _decoded(payload) if is_same(signature, expected.rstrip(b"=").decode()) else None


def _decoded(part: str) -> JsonValue:
    try:
        return read_json(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except ValueError:
        return None


def _is_signed(key: bytes, request: WebhookRequest) -> bool:
    """Return whether the older signature covers moment, query and body, and is of this minute."""
    moment = request.header("MessageBird-Request-Timestamp")
    if not request.received_at or not _MOMENT.fullmatch(moment):
        return False
    query = urlencode(sorted(request.query, key=itemgetter(0)))
    text = f"{moment}\n{query}\n".encode() + hashlib.sha256(request.body).digest()
    expected = base64.b64encode(hmac.digest(key, text, "sha256")).decode()
    is_in_time = abs(request.received_at.timestamp() - int(moment)) <= _WINDOW + _LEEWAY
    return is_same(request.header("MessageBird-Signature"), expected) and is_in_time


@hookimpl
def authsms_sender_services() -> list[type[SenderService]]:
    """Bring the REST API."""
    return [MessageBirdRestService]
