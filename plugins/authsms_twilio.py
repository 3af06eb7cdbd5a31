"""Twilio Programmable Messaging.

Wire format: Twilio's OpenAPI description of API version 2010-04-01 and its published error dictionary; signatures as
in the request validator of Twilio's helper libraries. Several of Twilio's refusals share HTTP status 400, so the
code decides.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

from typing_extensions import override

from authsms.plugin_api import (
    Accepted,
    Balance,
    ForgeryError,
    InboundMessage,
    InvalidInputError,
    Outcome,
    ProviderAnswer,
    ProviderRequest,
    Receipt,
    ReceiptState,
    SenderService,
    Setting,
    SettingKind,
    SettingValues,
    Submission,
    Verdict,
    WebhookReply,
    WebhookRequest,
    hookimpl,
    is_same,
    read_codes,
    with_and_without_port,
)

_NATIONAL = re.compile(r"\+?([1-9]\d{0,2})\\(\d{4,14})")
_SENDER = re.compile(r"\+[1-9]\d{1,14}|\d{3,8}|(?=.*[A-Za-z])[A-Za-z0-9 ]{2,11}")
_MESSAGING_SERVICE = re.compile(r"MG[0-9a-fA-F]{32}")
_MESSAGE_SID = re.compile(r"(?:SM|MM)[0-9a-fA-F]{32}")
_LONGEST_VALIDITY = 36_000
_STATES = {
    **dict.fromkeys(("accepted", "scheduled", "queued", "sending", "sent"), ReceiptState.SENT),
    **dict.fromkeys(("delivered", "read"), ReceiptState.DELIVERED),
    **dict.fromkeys(("undelivered", "failed", "canceled"), ReceiptState.FAILED),
}


_CODES = """
configuration 20003              Account SID, auth token or API key is wrong; copy them again from Twilio's console.
configuration 20005 10001 90010  The account is not active; look at Twilio's console.
configuration 20404              Twilio does not know this Account SID; copy it again from the console.
retry         20429              Too many requests at once; Twilio took none of them. Ask it for a higher limit.
unknown       20500              Twilio failed inside; look at status.twilio.com.
retry         20503              Twilio is not available; look at status.twilio.com.
message       21211              This is no valid phone number; correct it in the directory.
configuration 21212              The sender phone is no valid sender; correct it here.
destination   21408              Sending to this country is off; switch it on under Geo Permissions.
message       21602 21604        The request lacked text or recipient; please report this as a bug.
configuration 21603              Neither a sender phone nor a messaging service is set.
destination   21606              The sender phone is not yours, or cannot send to this country.
destination   21608              This is a trial account; verify the recipient's number first, or upgrade.
configuration 21609              Twilio refuses the callback address; check public_url (no underscore in the host).
opted_out     21610              The person answered STOP. Texting START to the sender lifts the block.
retry         21611              The sender's queue is full; use a messaging service with more numbers.
message       21612              This number cannot be reached from this sender; try another sender.
message       21614              This is no mobile number; correct it in the directory.
message       21617              The text is longer than 1600 characters; shorten the template.
configuration 21701 21703 21704 21705 21709  Check the messaging service's SID and its sender pool.
retry         63038              The account's daily limit is reached; ask Twilio to raise it.
retry         30001              The sender's queue overflowed; use a messaging service with more numbers.
configuration 30002              The account is suspended; look at Twilio's console.
retry         30003              The phone is off or without coverage.
message       30004              The carrier or the person blocks texts from this sender.
message       30005              The number is unknown or no longer in use; correct it in the directory.
message       30006              This is a landline, or its carrier cannot be reached.
message       30007              The carrier filtered the text as spam; change the template or register the sender.
retry         30008              The carrier gave no reason.
retry         30022 30023 30027  A cap of the US registration (per second or day) is reached.
destination   30032 30034 30035  The sender is not registered or verified for this country.
retry         30410              The carrier did not answer Twilio in time.
retry         30450              SMS-pumping protection blocks this range for a while; look for abuse of the login page.
"""


class TwilioService(SenderService):
    """A Twilio account."""

    key = "twilio"
    title = "Twilio"
    has_webhooks = True
    own_keywords = frozenset({"stop", "start", "help"})
    fixed_path = "/response/twilio"
    sender_setting = "sender_phone"
    codes = read_codes(_CODES)
    settings = (
        Setting(
            "account_sid",
            "Account SID",
            "AC and 32 hexadecimal digits, from the console's first page; of the subaccount, if you use one.",
            required=True,
            pattern="AC[0-9a-fA-F]{32}",
        ),
        Setting(
            "auth_token",
            "Auth token",
            "The primary auth token. It also proves that status callbacks are Twilio's, even when an API key sends.",
            SettingKind.SECRET,
        ),
        Setting(
            "api_key_sid",
            "API key SID",
            "SK and 32 hexadecimal digits; sends instead of the auth token.",
            pattern="SK[0-9a-fA-F]{32}",
        ),
        Setting("api_key_secret", "API key secret", "The secret shown once when the key was made.", SettingKind.SECRET),
        Setting(
            "sender_phone",
            "Sender phone",
            r"A number as +491715550100 or 49\1715550100, a short code, or a name of 2 to 11 letters and digits.",
        ),
        Setting(
            "messaging_service_sid",
            "Messaging service SID",
            "MG and 32 hexadecimal digits (formerly Copilot): Twilio picks the sender from its pool.",
            pattern=_MESSAGING_SERVICE.pattern,
        ),
        Setting(
            "risk_check",
            "Risk check",
            "Twilio's protection against SMS pumping; off is for recipients you know.",
            SettingKind.CHOICE,
            choices=(("", "As the account is set"), ("enable", "On"), ("disable", "Off")),
        ),
        Setting(
            "base_url",
            "API address",
            "Only for a region of your own or a simulator.",
            SettingKind.URL,
            default="https://api.twilio.com",
            guards_secrets=True,
        ),
    )

    @override
    @classmethod
    def check(cls, values: SettingValues) -> None:
        if bool(values.text("api_key_sid")) != bool(values.text("api_key_secret")):
            raise InvalidInputError("API key SID and secret belong together; set both or none.", field="api_key_secret")
        if not values.text("auth_token") and not values.text("api_key_secret"):
            raise InvalidInputError("Set the auth token or an API key.", field="auth_token")
        if not values.text("sender_phone") and not values.text("messaging_service_sid"):
            raise InvalidInputError("Set a sender phone or a messaging service.", field="sender_phone")
        _sender(values.text("sender_phone"))

    @override
    @classmethod
    def check_sender(cls, values: SettingValues, sender: str) -> None:
        if not _MESSAGING_SERVICE.fullmatch(sender):
            _sender(sender)

    @override
    def build_request(self, submission: Submission) -> ProviderRequest:
        pairs = [("To", submission.recipient), ("Body", submission.text), *self._origin(submission.sender)]
        if self.values.text("risk_check"):
            pairs.append(("RiskCheck", self.values.text("risk_check")))
        if submission.callback_url:
            pairs.append(("StatusCallback", submission.callback_url))
        if submission.lifetime is not None:
            seconds = int(submission.lifetime.total_seconds())
            pairs.append(("ValidityPeriod", str(min(max(seconds, 1), _LONGEST_VALIDITY))))
        return ProviderRequest.form(self._url("Messages.json"), tuple(pairs), basic=self._credentials())

    @override
    def read_answer(self, answer: ProviderAnswer, submission: Submission) -> Outcome:
        sid = answer.find("sid") or ""
        if not answer.is_success or not _MESSAGE_SID.fullmatch(sid):
            return self.failure(answer, answer.find("code"), answer.find("message"))
        state = answer.find("status") or ""
        if _STATES.get(state) is ReceiptState.FAILED:
            return self.failure(answer, answer.find("error_code"), answer.find("error_message"))
        segments = answer.find("num_segments") or ""
        return Accepted(sid, state, int(segments) if segments.isdigit() and segments != "0" else None)

    @override
    def signs_webhooks(self) -> bool:
        return bool(self.values.text("auth_token"))

    @override
    def verify_webhook(self, request: WebhookRequest) -> None:
        token = self.values.text("auth_token")
        if not token or not _is_signed(token.encode(), request):
            raise ForgeryError("The signature of this callback is not Twilio's.")
        if request.value("AccountSid") not in {"", self.values.text("account_sid")}:
            raise ForgeryError("This callback is about another account.")

    @override
    def read_reports(self, request: WebhookRequest) -> Sequence[Receipt | InboundMessage]:
        sid = request.value("MessageSid") or request.value("SmsSid")
        word = request.value("MessageStatus") or request.value("SmsStatus")
        if word in {"received", "receiving"} or (not word and request.value("Body")):
            keyword = request.value("OptOutType").upper()
            sender, recipient, text = (request.value(name) for name in ("From", "To", "Body"))
            return [InboundMessage(sid, sender, recipient, text, keyword_handled=bool(keyword), keyword=keyword)]
        code = request.value("ErrorCode")
        meaning = self.codes.get(code)
        opted_out = meaning is not None and meaning.verdict is Verdict.OPTED_OUT
        return [Receipt(sid, _STATES.get(word, ReceiptState.UNKNOWN_WORD), word, code, opted_out=opted_out)]

    @override
    def answer_webhook(self, request: WebhookRequest) -> WebhookReply:
        if request.value("MessageStatus"):
            return WebhookReply()
        return WebhookReply('<?xml version="1.0" encoding="UTF-8"?><Response/>', "text/xml; charset=utf-8")

    @override
    def balance_request(self) -> ProviderRequest:
        return ProviderRequest.get(self._url("Balance.json"), basic=self._credentials())

    @override
    def read_balance(self, answer: ProviderAnswer) -> Balance | None:
        amount, currency = answer.find("balance"), answer.find("currency")
        return Balance(Decimal(amount), currency) if amount and currency else None

    def _url(self, resource: str) -> str:
        base, account = self.values.text("base_url").rstrip("/"), self.values.text("account_sid")
        return f"{base}/2010-04-01/Accounts/{account}/{resource}"

    def _origin(self, chosen: str) -> list[tuple[str, str]]:
        """Return who the text is from; a number that was chosen need not belong to the service of the settings."""
        service, phone = self.values.text("messaging_service_sid"), self.values.text("sender_phone")
        if chosen:
            service, phone = (chosen, "") if _MESSAGING_SERVICE.fullmatch(chosen) else ("", chosen)
        pairs = [("From", _sender(phone)), ("MessagingServiceSid", service)]
        return [(name, value) for name, value in pairs if value]

    def _credentials(self) -> tuple[str, str]:
        if self.values.text("api_key_sid"):
            return self.values.text("api_key_sid"), self.values.text("api_key_secret")
        return self.values.text("account_sid"), self.values.text("auth_token")


def _sender(typed: str) -> str:
    r"""Return a sender as Twilio wants it; country code, backslash, number becomes E.164."""
    national = _NATIONAL.fullmatch(typed)
    sender = f"+{national[1]}{national[2]}" if national else typed
    if sender and not _SENDER.fullmatch(sender):
        raise InvalidInputError("Sender phone is neither a number, a short code nor a name.", field="sender_phone")
    return sender


def _is_signed(token: bytes, request: WebhookRequest) -> bool:
    """Return whether the signature covers address and form, or the address with the hash of any other body."""
    if request.body and not request.form:
        claimed = parse_qs(urlsplit(request.url).query).get("bodySHA256", [""])[0]
        if not is_same(hashlib.sha256(request.body).hexdigest(), claimed):
            return False
    pairs = "".join(name + value for name, value in sorted(set(request.form)))
    given = request.header("X-Twilio-Signature")

    def is_of(url: str) -> bool:
        signature = hmac.digest(token, (url + pairs).encode(), "sha1")
        return is_same(given, base64.b64encode(signature).decode())

    return is_of(request.url) or any(map(is_of, with_and_without_port(request.url)))


@hookimpl
def authsms_sender_services() -> list[type[SenderService]]:
    """Bring Twilio."""
    return [TwilioService]
