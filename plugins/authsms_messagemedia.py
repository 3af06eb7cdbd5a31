"""MessageMedia's REST API (now Sinch Engage): API key and secret, reports with RSA signatures or fetched.

Wire format: the vendor's OpenAPI description 2.1.0, its description of webhooks, and its client for Python. Without
``delivery_report`` no report ever comes. In reports and replies the two numbers have changed places. SOAP is apart.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from typing_extensions import override

from authsms.plugin_api import (
    Accepted,
    CodeMeaning,
    ForgeryError,
    InboundMessage,
    InvalidInputError,
    JsonValue,
    Outcome,
    Polled,
    PollingService,
    ProviderAnswer,
    ProviderRequest,
    Receipt,
    ReceiptState,
    RsaKey,
    SenderService,
    Setting,
    SettingKind,
    SettingValues,
    Submission,
    Verdict,
    WebhookRequest,
    hookimpl,
    read_codes,
    text_at,
    value_at,
    whole_items,
    zoned_moment,
)

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_WRONG_FIELD = re.compile(r"/messages/0/([a-z_]+)")
_ACCEPTED: Final = 202
_UNPROCESSABLE: Final = 422
_PAGE: Final = 100
_REFERENCE: Final = "authsms"
_VERSIONS: Final = ("HTTP/1.1", "HTTP/2.0", "HTTP/1.0")
_SIGNING: Final = {
    "hmac-sha256": ("Date", "Content-MD5", "sha256"),
    "hmac-sha1": ("date", "x-Content-MD5", "sha1"),
}
_UNDER_WAY: Final = ("queued", "processing", "processed", "scheduled", "enroute", "held", "submitted")
_STATES = {
    **dict.fromkeys(_UNDER_WAY, ReceiptState.SENT),
    **dict.fromkeys(("delivered", "read"), ReceiptState.DELIVERED),
    **dict.fromkeys(("failed", "cancelled", "expired", "rejected"), ReceiptState.FAILED),
}
_CODES = """
configuration 301              The account's limit is reached; ask MessageMedia to raise it.
opted_out     302 412          The person asked for no more texts, or is on the account's blacklist.
configuration 303 333 410      The sender is blocked, invalid or not supported in this country; change it.
message       304              MessageMedia dropped the text; ask its support why.
message       305              MessageMedia took the text for a repetition; ask it to switch de-duplication off.
message       320 401          The text was not delivered in time; the phone was off or without coverage.
retry         330              MessageMedia's gateway failed; look at its status page.
message       331 332          There is no route to this number; try another sender service.
message       400 402 403 405  The operator could not or would not deliver the text; check the number.
message       411              This is no valid phone number; correct it in the directory.
retry         413 414          The operator or the phone was out of reach.
"""
_OUR_SENDER = CodeMeaning(Verdict.CONFIGURATION, "MessageMedia does not take this sender; correct it.")
_FIELDS: Final[Mapping[str, CodeMeaning]] = {
    "destination_number": CodeMeaning(Verdict.MESSAGE, "This is no valid phone number; correct it in the directory."),
    "content": CodeMeaning(Verdict.MESSAGE, "The text is empty or longer than 5000 characters; change the template."),
    **dict.fromkeys(("source_number", "source_number_type"), _OUR_SENDER),
    "callback_url": CodeMeaning(Verdict.CONFIGURATION, "MessageMedia refuses the callback address; check public_url."),
    "message_expiry_timestamp": CodeMeaning(Verdict.CONFIGURATION, "Check the clock of this server."),
}
_OLD_TLS = CodeMeaning(
    Verdict.CONFIGURATION, "MessageMedia takes texts to Singapore over TLS 1.3 only; see what is between."
)


class MessageMediaService(PollingService):
    """An API key of MessageMedia."""

    key = "messagemedia"
    title = "MessageMedia REST API"
    has_webhooks = True
    own_keywords = frozenset({"stop"})
    fixed_path = "/callback/messagemedia"
    sender_setting = "sender"
    account_setting = "api_key"
    rivals = frozenset({"messagemedia_soap"})
    codes = MappingProxyType({**read_codes(_CODES), **_FIELDS, "old_tls": _OLD_TLS})
    settings = (
        Setting("api_key", "API key", "From the API settings of your account.", required=True, pattern=r"[!#-9;-~]+"),
        Setting("api_secret", "API secret", "Shown once when the key was made.", SettingKind.SECRET, required=True),
        Setting(
            "signing",
            "Proof of the key",
            "Basic is usual. If your account must sign: the manual and the client of MessageMedia differ; try both.",
            SettingKind.CHOICE,
            choices=(("", "Basic"), ("hmac-sha256", "HMAC-SHA256, as documented"), ("hmac-sha1", "HMAC-SHA1")),
        ),
        Setting(
            "sender",
            "Sender",
            "A number as +491715550100, a short code of 3 to 8 digits, or a name of up to 11 letters and digits; "
            "registered with MessageMedia, or it is replaced without notice. Empty: MessageMedia chooses.",
            pattern=r"\+[1-9]\d{2,14}|\d{3,8}|(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}",
        ),
        Setting(
            "reports",
            "Delivery reports",
            "Fetch them where MessageMedia cannot reach this server. Then nothing else may use this account, not even "
            "a second service here: a report goes to whoever asks first.",
            SettingKind.CHOICE,
            default="callback",
            choices=(("callback", "MessageMedia sends them"), ("poll", "This server fetches them")),
        ),
        Setting(
            "signature_keys",
            "Signature keys",
            "One a line, as key id=public key, both as MessageMedia showed them. Once there is one, reports without a "
            "signature are refused.",
            SettingKind.PAIRS,
        ),
        Setting(
            "base_url",
            "API address",
            "Europe: https://eu.app.api.sinch.com, Asia and Pacific: https://au.app.api.sinch.com; or a simulator.",
            SettingKind.URL,
            default="https://api.messagemedia.com",
            guards_secrets=True,
        ),
    )

    @override
    @classmethod
    def check(cls, values: SettingValues) -> None:
        if (urlsplit(values.text("base_url")).hostname or "").startswith("soap."):
            raise InvalidInputError(
                "This is the address of the SOAP interface. An account speaks either REST or SOAP; for SOAP choose the "
                "kind MessageMedia SOAP.",
                field="base_url",
            )
        _keys(values)

    @property
    @override
    def is_polled(self) -> bool:
        return self.values.text("reports") == "poll"

    @override
    def build_request(self, submission: Submission) -> ProviderRequest:
        message: dict[str, JsonValue] = {
            "content": submission.text,
            "destination_number": submission.recipient,
            "format": "SMS",
            "delivery_report": True,
            "metadata": {_REFERENCE: submission.message_id},
        }
        sender = submission.sender or self.values.text("sender")
        if sender:
            kind = "INTERNATIONAL" if sender.startswith("+") else "SHORTCODE" if sender.isdigit() else "ALPHANUMERIC"
            message |= {"source_number": sender, "source_number_type": kind}
        if submission.callback_url and not self.is_polled:
            message["callback_url"] = submission.callback_url
        if submission.lifetime is not None:
            end = datetime.now(UTC) + submission.lifetime
            message["message_expiry_timestamp"] = end.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return self._proven(ProviderRequest.json(self._url("messages"), {"messages": [message]}))

    @override
    def read_answer(self, answer: ProviderAnswer, submission: Submission) -> Outcome:
        value = answer.json_value()
        number, state = text_at(value, "messages", 0, "message_id") or "", text_at(value, "messages", 0, "status") or ""
        if answer.status == _ACCEPTED and _UUID.fullmatch(number) and _STATES.get(state) is not ReceiptState.FAILED:
            return Accepted(number, state)
        if answer.status == _UNPROCESSABLE and submission.recipient.startswith("+65"):
            return self.failure(answer, "old_tls")
        told = _words(value)
        wrong = [field for field in _WRONG_FIELD.findall(told) if field in _FIELDS]
        return self.failure(answer, wrong[0] if wrong and not answer.is_success else None, told or None)

    @override
    def signs_webhooks(self) -> bool:
        return bool(_keys(self.values))

    @override
    def verify_webhook(self, request: WebhookRequest) -> None:
        keys = _keys(self.values)
        if keys and not _is_signed(keys, request):
            raise ForgeryError("The signature of this callback is not MessageMedia's.")

    @override
    def read_reports(self, request: WebhookRequest) -> Sequence[Receipt | InboundMessage]:
        value = request.json_value()
        if text_at(value, "delivery_report_id"):
            return [self._receipt(value)]
        text = text_at(value, "content")
        if text is None:
            raise InvalidInputError("This is neither a delivery report nor a reply; set the webhook to JSON.")
        sender, recipient = (text_at(value, name) or "" for name in ("source_number", "destination_number"))
        ids = (text_at(value, name) or "" for name in ("reply_id", "message_id"))
        return [InboundMessage(next(filter(_UUID.fullmatch, ids), ""), sender, recipient, text)]

    @override
    def reports_request(self) -> ProviderRequest:
        return self._proven(ProviderRequest.get(self._url("delivery_reports")))

    @override
    def read_polled(self, answer: ProviderAnswer) -> Polled:
        found = [one for one in whole_items(answer, "delivery_reports") if text_at(one, "delivery_report_id")]
        handles = tuple(str(text_at(one, "delivery_report_id")) for one in found[:_PAGE])
        has_more = len(handles) == _PAGE or not answer.is_whole
        return Polled(tuple(self._receipt(one) for one in found[:_PAGE]), handles, has_more)

    @override
    def confirm_request(self, handles: Sequence[str]) -> ProviderRequest:
        value: JsonValue = {"delivery_report_ids": list(handles)}
        return self._proven(ProviderRequest.json(self._url("delivery_reports/confirmed"), value))

    def _receipt(self, value: JsonValue) -> Receipt:
        word, code = text_at(value, "status") or "", text_at(value, "error_code") or ""
        state = _STATES.get(word, ReceiptState.UNKNOWN_WORD)
        code = code if state is ReceiptState.FAILED else ""
        meaning = self.codes.get(code)
        opted_out = meaning is not None and meaning.verdict is Verdict.OPTED_OUT
        at, reference = zoned_moment(text_at(value, "date_received")), text_at(value, "metadata", _REFERENCE) or ""
        return Receipt(text_at(value, "message_id") or "", state, word, code, at, reference, opted_out=opted_out)

    def _url(self, resource: str) -> str:
        return f"{self.values.text('base_url').rstrip('/')}/v1/{resource}"

    def _proven(self, request: ProviderRequest) -> ProviderRequest:
        """Return *request* with what proves that the key is ours."""
        key, secret, signing = (self.values.text(name) for name in ("api_key", "api_secret", "signing"))
        if not signing:
            return replace(request, basic=(key, secret))
        date_name, hash_name, digest = _SIGNING[signing]
        headers = {date_name: format_datetime(datetime.now(UTC), usegmt=True)}
        if request.body is not None:
            headers[hash_name] = hashlib.md5(request.body, usedforsecurity=False).hexdigest()
        line = f"{request.method} {urlsplit(request.url).path} HTTP/1.1"
        text = "\n".join([*(f"{name}: {value}" for name, value in headers.items()), line])
        signature = base64.b64encode(hmac.digest(secret.encode(), text.encode(), digest)).decode()
        names = " ".join([*headers, "request-line"])
        proof = f'hmac username="{key}", algorithm="{signing}", headers="{names}", signature="{signature}"'
        return replace(
            request, headers=(*request.headers, *headers.items(), ("Authorization", proof)), markers=(signature,)
        )


def _words(value: JsonValue) -> str:
    details = value_at(value, "details")
    more = map(str, details) if isinstance(details, list) else ()
    return "; ".join(filter(None, [text_at(value, "message"), *more]))


def _keys(values: SettingValues) -> Mapping[str, RsaKey]:
    """Return the public keys by their ids."""
    field, problem = "signature_keys", "lines of key id=public key, with RSA keys as MessageMedia shows them."
    try:
        return {name.lower(): RsaKey(encoded) for name, encoded in values.pairs(field)}
    except ValueError as error:
        raise InvalidInputError(f"Signature keys must be {problem}", field=field) from error


def _is_signed(keys: Mapping[str, RsaKey], request: WebhookRequest) -> bool:
    """Return whether request line, date and body are signed; which version of HTTP it was, a proxy may have changed."""
    key = keys.get(request.header("X-MessageMedia-Key-Id").lower())
    digest = request.header("X-MessageMedia-Digest-Type").lower().replace("-", "")
    if key is None or request.header("X-MessageMedia-Cipher-Type").upper() != "RSA":
        return False
    try:
        signature = base64.b64decode(request.header("X-MessageMedia-Signature"), validate=True)
    except ValueError:
        return False
    parts = urlsplit(request.url)
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    lines = (f"{request.method} {target} {version}{request.header('Date')}" for version in _VERSIONS)
    return any(key.has_signed(line.encode("utf-8", "replace") + request.body, signature, digest) for line in lines)


@hookimpl
def authsms_sender_services() -> list[type[SenderService]]:
    """Bring the REST API."""
    return [MessageMediaService]
