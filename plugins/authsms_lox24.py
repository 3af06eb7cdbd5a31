"""LOX24's REST API at api.lox24.eu: client id and API key, reports with a token.

Wire format: the vendor's documentation 2.20 and its PHP client. Status 100 means that an operator has the text; only
a report with ``dlr_code`` 1 means delivery. What replies look like is not published well enough to read them, so they
are refused.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Final

from typing_extensions import override

from authsms.plugin_api import (
    Accepted,
    Alphabet,
    Balance,
    CodeMeaning,
    ForgeryError,
    InboundMessage,
    InvalidInputError,
    JsonValue,
    NotTaken,
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
    WebhookRequest,
    hookimpl,
    is_same,
    measure,
    read_codes,
    text_at,
    value_at,
)

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_LOCKED_OUT: Final = timedelta(minutes=10)
_TOO_MANY: Final = 429
_CREATED: Final = 201
_NO_REPLIES = "Replies through LOX24 cannot be read; switch reports of incoming texts off there."

_STATES = {
    **dict.fromkeys(("0", "2", "4"), ReceiptState.SENT),
    "1": ReceiptState.DELIVERED,
    **dict.fromkeys(("8", "16"), ReceiptState.FAILED),
}
_REPORT_CODES = """
message       8           The phone was off or without coverage for too long.
message       16          The operator rejected the text; check the number, and the sender if this happens often.
"""
_STATUS_CODES = """
message       208         The operator's network is blocked; try another sender service.
unknown       400         LOX24 is under maintenance.
message       410 6000    Somebody cancelled the message.
message       2000        This is a landline, or the gateway failed; check the number.
configuration 3000        There is no money left on the account.
unknown       5000        LOX24 found no operator, or failed inside.
"""
_REPORTED = {f"dlr_{code}": meaning for code, meaning in read_codes(_REPORT_CODES).items()}
_REST_CODES = {
    **{f"status_{code}": meaning for code, meaning in read_codes(_STATUS_CODES).items()},
    **_REPORTED,
    "http_401": CodeMeaning(
        Verdict.CONFIGURATION,
        "Client id or API key is wrong. Correct it before you try again: after three wrong tries within a minute LOX24 "
        "keeps this server out for ten minutes.",
    ),
    "http_402": CodeMeaning(Verdict.CONFIGURATION, "There is no money left on the account."),
    "http_403": CodeMeaning(Verdict.CONFIGURATION, "The account is blocked, or the key is not active."),
    "http_429": CodeMeaning(
        Verdict.RETRY, "Too many requests, or this server is kept out for ten minutes after wrong keys."
    ),
}


class Lox24RestService(SenderService):
    """An API key of api.lox24.eu."""

    key = "lox24_rest"
    title = "LOX24 REST API"
    has_webhooks = True
    sender_setting = "sender"
    codes = _REST_CODES
    settings = (
        Setting("client_id", "Client id", "Your customer number.", required=True, pattern=r"[A-Za-z0-9]{1,40}"),
        Setting(
            "api_key",
            "API key",
            "From the API keys of your account.",
            SettingKind.SECRET,
            required=True,
            pattern=r"[!-~]+",
        ),
        Setting(
            "sender",
            "Sender",
            "A number as +491715550100, or up to 11 letters, digits and spaces.",
            required=True,
            pattern=r"\+?[1-9]\d{0,14}|[A-Za-z0-9 ]{1,11}",
        ),
        Setting(
            "service",
            "Service",
            "Which of LOX24's routes sends.",
            SettingKind.CHOICE,
            default="direct",
            choices=(("direct", "Direct"), ("economy", "Economy"), ("pro", "Pro"), ("text2speech", "Read aloud")),
        ),
        Setting(
            "delete_text",
            "Delete the text",
            "Ask LOX24 to forget a text once it is sent. Its manual and its own client name this differently; choose "
            "one, and look into LOX24's records whether it helped.",
            SettingKind.CHOICE,
            choices=(("", "No"), ("is_text_deleted", "As in the manual"), ("is_delete_text", "As in LOX24's client")),
        ),
        Setting(
            "webhook_token",
            "Webhook token",
            "The token of the webhook in LOX24's dashboard. Without it reports are refused.",
            SettingKind.SECRET,
        ),
        Setting(
            "base_url",
            "API address",
            "Only for a simulator.",
            SettingKind.URL,
            default="https://api.lox24.eu",
            guards_secrets=True,
        ),
    )

    @override
    def build_request(self, submission: Submission) -> ProviderRequest:
        deletion = self.values.text("delete_text")
        value: dict[str, JsonValue] = {
            "sender_id": submission.sender or self.values.text("sender"),
            "phone": submission.recipient,
            "text": submission.text,
            "service_code": self.values.text("service"),
            "delivery_at": 0,
            "is_unicode": measure(submission.text).alphabet is not Alphabet.GSM7,
            "callback_data": submission.message_id,
            **({deletion: True} if deletion else {}),
        }
        return ProviderRequest.json(self._url("sms"), value, headers=self._headers())

    @override
    def read_answer(self, answer: ProviderAnswer, submission: Submission) -> Outcome:
        uuid, status = answer.find("uuid") or "", answer.find("status_code") or ""
        if answer.status == _CREATED and _UUID.fullmatch(uuid):
            if f"status_{status}" in self.codes:
                return self.failure(answer, f"status_{status}")
            parts = answer.find("parts_count") or ""
            return Accepted(uuid, status, int(parts) if re.fullmatch(r"[1-9]\d?", parts) else None)
        known = f"http_{answer.status}"
        outcome = self.failure(answer, known if known in self.codes else None, _words(answer))
        if answer.status == _TOO_MANY and isinstance(outcome, NotTaken) and outcome.retry_after is None:
            return replace(outcome, retry_after=_LOCKED_OUT)
        return outcome

    @override
    def verify_webhook(self, request: WebhookRequest) -> None:
        token = self.values.text("webhook_token")
        if not token or not is_same(request.header("X-LOX24-Token"), token):
            raise ForgeryError("The token of this callback is not the one of the dashboard.")

    @override
    def read_reports(self, request: WebhookRequest) -> Sequence[Receipt | InboundMessage]:
        value = request.json_value()
        match text_at(value, "name"):
            case "sms.delivery":
                data = value_at(value, "data")
                word, status = text_at(data, "dlr_code") or "", text_at(data, "status_code") or ""
                receipt = _receipt(text_at(data, "id") or "", word, text_at(data, "callback_data") or "")
                if word in {"", "0"} and f"status_{status}" in self.codes:
                    return [replace(receipt, state=ReceiptState.FAILED, word=status, code=f"status_{status}")]
                return [receipt]
            case "sms.delivery.dryrun":
                return []
            case _:
                raise InvalidInputError(_NO_REPLIES)

    @override
    def balance_request(self) -> ProviderRequest:
        return ProviderRequest.get(self._url("me"), headers=self._headers())

    @override
    def read_balance(self, answer: ProviderAnswer) -> Balance | None:
        amount, currency = answer.find("balance_amount"), answer.find("currency")
        return Balance(Decimal(amount), currency) if amount and currency else None

    def _url(self, resource: str) -> str:
        return f"{self.values.text('base_url').rstrip('/')}/{resource}"

    def _headers(self) -> Pairs:
        return (("X-LOX24-AUTH-TOKEN", f"{self.values.text('client_id')}:{self.values.text('api_key')}"),)


def _receipt(number: str, word: str, reference: str = "") -> Receipt:
    state = _STATES.get(word, ReceiptState.UNKNOWN_WORD)
    return Receipt(number, state, word, f"dlr_{word}" if state is ReceiptState.FAILED else "", reference=reference)


def _words(answer: ProviderAnswer) -> str | None:
    """Return what a problem report says, field by field; None when it is none."""
    violations = value_at(answer.json_value(), "violations")
    told = violations if isinstance(violations, list) else []
    fields = [f"{text_at(one, 'propertyPath')}: {text_at(one, 'message')}" for one in told]
    return "; ".join(filter(None, [answer.find("detail"), *fields])) or None


@hookimpl
def authsms_sender_services() -> list[type[SenderService]]:
    """Bring the REST API."""
    return [Lox24RestService]
