"""MessageMedia's SOAP interface at soap.m4u.com.au: user and password, reports that are fetched.

Wire format: the types in the vendor's own clients, written down in the WSDL file beside this module. The interface
gives no message ids, so each text carries a number made from our own. It answers 200 whatever became of a text: the
counts decide. Replies are not fetched; people who ask for no more texts are blocked by MessageMedia itself. An account
that is used by REST has a kind of its own.
"""

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from typing_extensions import override

from authsms.plugin_api import (
    Accepted,
    Balance,
    CodeMeaning,
    InvalidInputError,
    JsonValue,
    Outcome,
    Polled,
    PollingService,
    ProviderAnswer,
    ProviderRequest,
    Receipt,
    ReceiptState,
    SenderService,
    Setting,
    SettingKind,
    SettingValues,
    SoapInterface,
    Submission,
    Verdict,
    hookimpl,
    text_at,
    value_at,
    zoned_moment,
)

_SOAP: Final = SoapInterface(Path(__file__).with_suffix(".wsdl"))
_REST_HOSTS: Final = ("api.messagemedia.com", "app.api.sinch.com")
_OK: Final = 200
_PAGE: Final = 100
_STEP: Final = timedelta(minutes=5)
_STEPS: Final = 144
_NOBODY: Final = "0"
_STATES = {"delivered": ReceiptState.DELIVERED, "pending": ReceiptState.SENT, "failed": ReceiptState.FAILED}
_NOT_DELIVERED: Final = "not_delivered"
_OTHER: Final = "other"
_CODES = {
    "invalidRecipient": (Verdict.MESSAGE, "This is no valid phone number; correct it in the directory."),
    "recipientBlocked": (Verdict.OPTED_OUT, "The person asked for no more texts, or is on the account's blacklist."),
    "emptyMessageContent": (Verdict.MESSAGE, "The text was empty; correct the template."),
    "messageLengthLimit": (Verdict.MESSAGE, "The text is too long; shorten the template."),
    _OTHER: (Verdict.RETRY, "MessageMedia gave no reason; if this happens often, ask its support."),
    "authenticationFailed": (Verdict.CONFIGURATION, "User or password is wrong, or the account may not use SOAP."),
    "invalidDataFormat": (Verdict.MESSAGE, "MessageMedia could not read the request; look at its words."),
    "perDayMessageLimit": (Verdict.RETRY, "The account's limit of the day is reached; ask MessageMedia to raise it."),
    "requestSizeLimit": (Verdict.MESSAGE, "The request is too long; shorten the template."),
    _NOT_DELIVERED: (Verdict.MESSAGE, "The text could not be delivered; the phone is off, or the number is wrong."),
}


class MessageMediaSoapService(PollingService):
    """A user of MessageMedia's SOAP interface."""

    key = "messagemedia_soap"
    title = "MessageMedia SOAP"
    sender_setting = "sender"
    account_setting = "user_id"
    rivals = frozenset({"messagemedia", "messagemedia_soap"})
    codes = MappingProxyType({code: CodeMeaning(*meaning) for code, meaning in _CODES.items()})
    settings = (
        Setting("user_id", "User", "The user id of the account, for the SOAP interface.", required=True),
        Setting("password", "Password", "The password of this user.", SettingKind.SECRET, required=True),
        Setting(
            "sender",
            "Sender",
            "A number as +491715550100, a short code of 3 to 8 digits, or a name of up to 11 letters and digits. "
            "Empty: MessageMedia chooses.",
            pattern=r"\+[1-9]\d{2,14}|\d{3,8}|(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}",
        ),
        Setting(
            "validity",
            "Late texts",
            "Whether MessageMedia shall give up on a text. It does not publish how it counts; its own default fits the "
            "way of mobile phones (GSM 03.40), whose shortest time is five minutes.",
            SettingKind.CHOICE,
            choices=(("", "As MessageMedia does by itself"), ("gsm", "Give up when the code has expired")),
        ),
        Setting(
            "base_url",
            "API address",
            "Only for a simulator.",
            SettingKind.URL,
            default="https://soap.m4u.com.au/",
            guards_secrets=True,
        ),
    )

    @override
    @classmethod
    def check(cls, values: SettingValues) -> None:
        if (urlsplit(values.text("base_url")).hostname or "").endswith(_REST_HOSTS):
            raise InvalidInputError(
                "This is the address of the REST API. An account speaks either REST or SOAP; for REST choose the kind "
                "MessageMedia REST API.",
                field="base_url",
            )

    @override
    def build_request(self, submission: Submission) -> ProviderRequest:
        recipient: JsonValue = {"_value_1": submission.recipient.lstrip("+"), "uid": int(_uid(submission))}
        message: dict[str, JsonValue] = {
            "recipients": {"recipient": [recipient]},
            "content": submission.text,
            "deliveryReport": True,
        }
        sender = submission.sender or self.values.text("sender")
        if sender:
            message["origin"] = sender.lstrip("+")
        if self.values.text("validity") and submission.lifetime is not None and submission.lifetime < _STEP * _STEPS:
            message["validityPeriod"] = max(submission.lifetime // _STEP - 1, 0)
        return self._call("sendMessages", {"messages": {"message": [message]}})

    @override
    def read_answer(self, answer: ProviderAnswer, submission: Submission) -> Outcome:
        read = _SOAP.read("sendMessages", answer)
        if read.fault is not None:
            return self.failure(answer, text_at(read.value, "error", "code"), read.fault)
        sent, scheduled, failed = (text_at(read.value, "result", name) for name in ("sent", "scheduled", "failed"))
        if answer.status == _OK and failed == "0" and (sent, scheduled) in {("1", "0"), ("0", "1")}:
            return Accepted(_uid(submission), "sent" if sent == "1" else "scheduled")
        code = text_at(read.value, "result", "errors", "error", 0, "code")
        if code is None and (sent, scheduled, failed) == ("0", "0", "1"):
            code = _OTHER
        return self.failure(answer, code, f"sent {sent}, scheduled {scheduled}, failed {failed}: {code}")

    @override
    def reports_request(self) -> ProviderRequest:
        return self._call("checkReports", {"maximumReports": _PAGE})

    @override
    def read_polled(self, answer: ProviderAnswer) -> Polled:
        read = _SOAP.read("checkReports", answer)
        found = value_at(read.value, "result", "reports", "report")
        if read.fault is not None:
            raise ValueError("a fault instead of reports")
        reports = found if isinstance(found, list) else []
        handles = tuple(filter(None, (text_at(report, "receiptId") for report in reports)))
        ours = tuple(_receipt(report) for report in reports if text_at(report, "uid") not in {None, _NOBODY})
        return Polled(ours, handles, has_more=text_at(read.value, "result", "remaining") not in {None, "0"})

    @override
    def confirm_request(self, handles: Sequence[str]) -> ProviderRequest:
        reports: list[JsonValue] = [{"receiptId": int(handle)} for handle in handles]
        return self._call("confirmReports", {"reports": {"report": reports}})

    @override
    def balance_request(self) -> ProviderRequest:
        return self._call("checkUser")

    @override
    def read_balance(self, answer: ProviderAnswer) -> Balance | None:
        left = text_at(_SOAP.read("checkUser", answer).value, "result", "accountDetails", "creditRemaining")
        return Balance(Decimal(left), "credits") if left else None

    def _call(self, operation: str, body: JsonValue = None) -> ProviderRequest:
        proof: JsonValue = {"userId": self.values.text("user_id"), "password": self.values.text("password")}
        parts = {"authentication": proof} if body is None else {"authentication": proof, "requestBody": body}
        return _SOAP.request(self.values.text("base_url"), operation, parts)


def _uid(submission: Submission) -> str:
    """Return the number by which reports name a text, the same for a second try and never 0.

    There are 2^32 of them: of a million texts some two hundred share theirs with another, whose report may be lost.
    """
    digest = hashlib.sha256(submission.message_id.encode()).digest()
    return str(int.from_bytes(digest[:4]) or 1)


def _receipt(report: JsonValue) -> Receipt:
    word = text_at(report, "status") or ""
    state = _STATES.get(word, ReceiptState.UNKNOWN_WORD)
    code = _NOT_DELIVERED if state is ReceiptState.FAILED else ""
    return Receipt(text_at(report, "uid") or "", state, word, code, zoned_moment(text_at(report, "timestamp")))


@hookimpl
def authsms_sender_services() -> list[type[SenderService]]:
    """Bring the SOAP interface."""
    return [MessageMediaSoapService]
