"""SignalWire Compatibility API (cXML, formerly LaML).

Wire format: SignalWire's OpenAPI description of the Compatibility API and its page of error codes; signatures as in
the webhook validator of its SDK. Requests look like Twilio's, and much else does not: error numbers are the same with
another meaning, ids are no hexadecimal digits for sure, callbacks are signed with a key of their own in two schemes,
repeated names in a form count twice, and STOP is left to the customer.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence
from urllib.parse import parse_qs, urlsplit

from typing_extensions import override

from authsms.plugin_api import (
    Accepted,
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

_DOMAIN = ".signalwire.com"
_NATIONAL = re.compile(r"\+?([1-9]\d{0,2})\\(\d{4,14})")
_SENDER = re.compile(r"\+[1-9]\d{1,14}|\d{3,8}")
# SignalWire's own examples end in two letters that tell the kind, where a UUID has hexadecimal digits.
_ID = re.compile(r"[0-9a-zA-Z]{8}(?:-[0-9a-zA-Z]{4}){3}-[0-9a-zA-Z]{12}")
_LONGEST_VALIDITY = 172_800
_THANKS = WebhookReply('<?xml version="1.0" encoding="UTF-8"?><Response/>', "text/xml; charset=utf-8")
_STATES = {
    **dict.fromkeys(("queued", "initiated", "sending", "sent"), ReceiptState.SENT),
    "delivered": ReceiptState.DELIVERED,
    **dict.fromkeys(("undelivered", "failed"), ReceiptState.FAILED),
}
_INBOUND = frozenset({"receiving", "received"})

_CODES = """
configuration 4001 30002   There is not enough balance; top the project up.
message       10000        SignalWire holds a value of the request for invalid; please report this as a bug.
configuration 10001 20010  Messaging is not enabled for this space; ask SignalWire.
configuration 10003 10004  The API token lacks the Messaging scope, or belongs to another project.
unknown       20001 20504  SignalWire failed inside; look at status.signalwire.com.
configuration 20003        Project ID or API token is wrong, or the token lacks the Messaging scope.
configuration 20404        SignalWire does not know this project; compare space and project ID with its dashboard.
retry         20429        Too many requests at once; SignalWire took none of them.
configuration 21210        The sender phone is not a number of this project.
message       21211 21217  This is no valid phone number; correct it in the directory.
configuration 21212        The sender phone is no number as +14155550100; correct it here.
destination   21219        This is a trial project; verify the recipient's number first, or upgrade.
configuration 21402 21408 21456  SignalWire refuses the callback address; check public_url.
configuration 21601        The sender phone cannot send texts; choose a number that can.
message       21602 21604  The request lacked text or recipient; please report this as a bug.
destination   21603        Sender or recipient has the wrong form; check the sender phone.
message       21606 21614  This is no mobile number; correct it in the directory.
opted_out     21610        The person wants no texts from this sender; SignalWire or the carrier blocks them.
retry         21611        The sender's queue is full; use a number group with more numbers.
message       21612        SignalWire takes this for a picture message; please report this as a bug.
message       21617        The text is longer than 1600 characters; shorten the template.
message       21624        The validity period is out of bounds; please report this as a bug.
configuration 21701 21703  Check the number group: SignalWire does not know it, or no number in it can send.
configuration 21705        Neither a sender phone nor a number group is set.
configuration 21717        The sender phone must belong to an active campaign (US 10DLC registration).
message       30001        The text waited at SignalWire until its validity was over.
retry         30003        The phone is off or without coverage.
message       30004        The carrier blocks texts from this sender.
message       30005        The number is unknown or no longer in use; correct it in the directory.
message       30006        The text could not be routed; this is perhaps a landline.
message       30007        The text was filtered as spam or for its content; change the template or register the sender.
retry         30008        The carrier gave no reason.
message       30009        The text waited at the carrier until its validity was over.
retry         30022 30027 35125  A cap of the US registration (per second or day) is reached.
retry         63011        The text could not be handed to the carrier.
"""


class SignalWireService(SenderService):
    """A project of a SignalWire space."""

    key = "signalwire"
    title = "SignalWire"
    has_webhooks = True
    sender_setting = "sender_phone"
    codes = read_codes(_CODES)
    settings = (
        Setting(
            "space",
            "Space",
            "The first part of your space's address: example of example.signalwire.com.",
            required=True,
            pattern=r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.signalwire\.com)?",
            guards_secrets=True,
        ),
        Setting(
            "project_key",
            "Project ID",
            "The project key, five groups of letters and digits, from API Credentials in the dashboard.",
            required=True,
            pattern=_ID.pattern,
        ),
        Setting(
            "token",
            "API token",
            "A token of that project with the Messaging scope.",
            SettingKind.SECRET,
            required=True,
        ),
        Setting(
            "sender_phone",
            "Sender phone",
            r"A number of the project as +14155550100 or 1\4155550100, or a short code; names cannot send here.",
        ),
        Setting(
            "number_group",
            "Number group",
            "The ID of a number group: SignalWire picks the sender from it.",
            pattern=_ID.pattern,
        ),
        Setting(
            "signing_key",
            "Signing key",
            "Proves that status callbacks are SignalWire's; it stands beside the tokens in API Credentials. "
            "Without it no callbacks are asked for.",
            SettingKind.SECRET,
        ),
        Setting(
            "base_url",
            "API address",
            "Only for a simulator; otherwise it follows from the space.",
            SettingKind.URL,
            guards_secrets=True,
        ),
    )

    @override
    @classmethod
    def check(cls, values: SettingValues) -> None:
        if not values.text("sender_phone") and not values.text("number_group"):
            raise InvalidInputError("Set a sender phone or a number group.", field="sender_phone")
        _sender(values.text("sender_phone"))

    @override
    @classmethod
    def check_sender(cls, values: SettingValues, sender: str) -> None:
        if not _ID.fullmatch(sender):
            _sender(sender)

    @override
    def build_request(self, submission: Submission) -> ProviderRequest:
        pairs = [("To", submission.recipient), ("Body", submission.text), *self._origin(submission.sender)]
        if submission.callback_url and self.values.text("signing_key"):
            pairs.append(("StatusCallback", submission.callback_url))
        if submission.lifetime is not None:
            seconds = int(submission.lifetime.total_seconds())
            pairs.append(("ValidityPeriod", str(min(max(seconds, 1), _LONGEST_VALIDITY))))
        credentials = self.values.text("project_key"), self.values.text("token")
        return ProviderRequest.form(self._url(), tuple(pairs), basic=credentials)

    @override
    def read_answer(self, answer: ProviderAnswer, submission: Submission) -> Outcome:
        sid = answer.find("sid") or ""
        if not answer.is_success or not _ID.fullmatch(sid):
            # Some of its servers name one error, others give a list of errors or of mere sentences.
            code = answer.find("code") or answer.find("errors", 0, "code")
            words = answer.find("message") or answer.find("errors", 0, "message") or answer.find("errors", 0)
            return self.failure(answer, code, words)
        state = answer.find("status") or ""
        if _STATES.get(state) is ReceiptState.FAILED:
            return self.failure(answer, answer.find("error_code"), answer.find("error_message"))
        segments = answer.find("num_segments") or ""
        return Accepted(sid, state, int(segments) if segments.isdigit() and segments != "0" else None)

    @override
    def verify_webhook(self, request: WebhookRequest) -> None:
        key = self.values.text("signing_key")
        if not key or not _is_signed(key.encode(), request):
            raise ForgeryError("The signature of this callback is not SignalWire's.")
        if request.value("AccountSid") not in {"", self.values.text("project_key")}:
            raise ForgeryError("This callback is about another project.")

    @override
    def read_reports(self, request: WebhookRequest) -> Sequence[Receipt | InboundMessage]:
        sid, word = request.value("MessageSid"), request.value("MessageStatus")
        if word in _INBOUND or (not word and request.value("From")):
            sender, recipient, text = (request.value(name) for name in ("From", "To", "Body"))
            return [InboundMessage(sid, sender, recipient, text)]
        code = request.value("ErrorCode")
        meaning = self.codes.get(code)
        opted_out = meaning is not None and meaning.verdict is Verdict.OPTED_OUT
        return [Receipt(sid, _STATES.get(word, ReceiptState.UNKNOWN_WORD), word, code, opted_out=opted_out)]

    @override
    def answer_webhook(self, request: WebhookRequest) -> WebhookReply:
        return _THANKS

    def _url(self) -> str:
        space = self.values.text("space").removesuffix(_DOMAIN)
        base = self.values.text("base_url").rstrip("/") or f"https://{space}{_DOMAIN}"
        return f"{base}/api/laml/2010-04-01/Accounts/{self.values.text('project_key')}/Messages"

    def _origin(self, chosen: str) -> list[tuple[str, str]]:
        """Return who the text is from; a number that was chosen need not belong to the group of the settings."""
        group, phone = self.values.text("number_group"), self.values.text("sender_phone")
        if chosen:
            group, phone = (chosen, "") if _ID.fullmatch(chosen) else ("", chosen)
        # Either of them; what SignalWire does with both is nowhere said.
        return [("MessagingServiceSid", group)] if group else [("From", _sender(phone))]


def _sender(typed: str) -> str:
    r"""Return a sender as SignalWire wants it; country code, backslash, number becomes E.164."""
    national = _NATIONAL.fullmatch(typed)
    sender = f"+{national[1]}{national[2]}" if national else typed
    if sender and not _SENDER.fullmatch(sender):
        raise InvalidInputError(
            "Sender phone is neither a number as +14155550100 nor a short code.", field="sender_phone"
        )
    return sender


def _is_signed(key: bytes, request: WebhookRequest) -> bool:
    """Return whether one of both signatures covers all that the request says.

    Of a form: address and fields by name. Of any other body: address and body, or the address with the body's hash in
    it. A signature of the address alone proves nothing about a body.
    """
    given = request.header("X-SignalWire-Signature") or request.header("X-Twilio-Signature")
    addresses = dict.fromkeys((request.url, *with_and_without_port(request.url)))
    whole = (hmac.new(key, url.encode() + request.body, "sha1").hexdigest() for url in addresses)
    pairs = "".join(name + value for name, value in sorted(request.form, key=lambda pair: pair[0]))
    fields = (base64.b64encode(hmac.digest(key, (url + pairs).encode(), "sha1")).decode() for url in addresses)
    if any(is_same(given, signature) for signature in whole):
        return True
    return _covers_body(request) and any(is_same(given, signature) for signature in fields)


def _covers_body(request: WebhookRequest) -> bool:
    """Return whether what stands in the body is among the form's fields, or hashed in the address."""
    claimed = parse_qs(urlsplit(request.url).query).get("bodySHA256", [""])[0]
    if claimed:
        return is_same(hashlib.sha256(request.body).hexdigest(), claimed)
    return bool(request.form) or not request.body


@hookimpl
def authsms_sender_services() -> list[type[SenderService]]:
    """Bring SignalWire."""
    return [SignalWireService]
