"""MessageBird's old HTTP API, "V1", at api.messagebird.com: user name, password, and a code of two digits as answer.

Wire format: the vendor's PHP class for it and customers' clients in Ruby and Java. No message gets an id, so reports
name the reference we gave. What they call their parameters is not published any more: it can be set. What replies look
like is not published either, so they are refused.
"""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from xml.etree import ElementTree as ET

from typing_extensions import override

from authsms.plugin_api import (
    Accepted,
    Balance,
    InboundMessage,
    InvalidInputError,
    Outcome,
    Pairs,
    ProviderAnswer,
    ProviderRequest,
    Receipt,
    ReceiptState,
    SenderService,
    Setting,
    SettingKind,
    SettingValues,
    Submission,
    WebhookRequest,
    hookimpl,
    read_codes,
)

_ACCEPTED = "01"
_CODE = re.compile(r"\d\d")
_DECLARATION = re.compile(r"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_NAME = r"[A-Za-z_][A-Za-z0-9_]{0,39}"
_WORDS = r"[A-Za-z0-9_, -]{1,200}"
_ON_THE_WAY = frozenset({"scheduled", "sent", "buffered"})
_FAILED = "report_failed"

_CODES = """
message       69 70 71     MessageBird did not like a moment in the request; please report this as a bug.
message       72           The text is too long; shorten the template.
configuration 89           The sender is not valid; correct it here.
message       93           This is no valid phone number; correct it in the directory.
message       95           The request lacked the text; please report this as a bug.
configuration 96           There is no credit left on the account.
configuration 97           User name or password is wrong. An access key belongs to the REST API.
configuration 98           MessageBird does not allow this server's IP address; add it in the dashboard.
retry         99           MessageBird could not be reached from inside; it took nothing.
"""
_REPORTED = "message 0 The text could not be delivered; the phone is off, or the number is wrong."
_KNOWN = {**read_codes(_CODES), _FAILED: read_codes(_REPORTED)["0"]}


class MessageBirdV1Service(SenderService):
    """An account of the old HTTP API, known by user name and password."""

    key = "messagebird_v1"
    title = "MessageBird HTTP API V1 (old)"
    has_webhooks = True
    sender_setting = "sender"
    codes = _KNOWN
    settings = (
        Setting("user", "User name", "Of the account, as you sign in with.", required=True),
        Setting(
            "password",
            "Password",
            "Of the account; an access key belongs to the REST API.",
            SettingKind.SECRET,
            required=True,
        ),
        Setting(
            "sender",
            "Sender",
            "Up to 16 digits, or up to 11 letters, digits and spaces.",
            required=True,
            pattern=r"\+?\d{1,16}|[A-Za-z0-9 ]{1,11}",
        ),
        Setting(
            "report_reference",
            "Reference in reports",
            "Which parameter of a delivery report holds our reference; ask MessageBird if no report is taken.",
            default="reference",
            pattern=_NAME,
        ),
        Setting(
            "report_status",
            "Status in reports",
            "Which parameter of a delivery report says what became of the text.",
            default="status",
            pattern=_NAME,
        ),
        Setting(
            "delivered_words",
            "Words for delivered",
            "What that parameter says of a text that arrived; several with commas between them.",
            default="delivered",
            pattern=_WORDS,
        ),
        Setting(
            "failed_words",
            "Words for failed",
            "What that parameter says of a text that will not arrive; several with commas between them.",
            default="delivery_failed, expired",
            pattern=_WORDS,
        ),
        Setting(
            "base_url",
            "API address",
            "Only for a simulator.",
            SettingKind.URL,
            default="https://api.messagebird.com",
            guards_secrets=True,
        ),
    )

    @override
    @classmethod
    def check(cls, values: SettingValues) -> None:
        if _words(values, "delivered_words") & _words(values, "failed_words"):
            raise InvalidInputError("No word can mean delivered and failed.", field="failed_words")
        if values.text("report_reference") == values.text("report_status"):
            raise InvalidInputError("Reference and status need parameters of their own.", field="report_status")

    @override
    def build_request(self, submission: Submission) -> ProviderRequest:
        pairs: Pairs = (
            *self._account(),
            ("destination", submission.recipient.lstrip("+")),
            ("sender", (submission.sender or self.values.text("sender")).lstrip("+")),
            ("body", submission.text),
            ("responsetype", "SIMPLE"),
            ("replacechars", "false"),
            ("reference", submission.message_id),
        )
        if submission.callback_url:
            pairs = (*pairs, ("dlr_url", submission.callback_url))
        return ProviderRequest.form(self._url("/api/sms"), pairs)

    @override
    def read_answer(self, answer: ProviderAnswer, submission: Submission) -> Outcome:
        facts = _read_xml(answer.text())
        code = facts.get("responseCode", answer.text().strip())
        if code == _ACCEPTED and answer.is_success:
            return Accepted(submission.message_id, code)
        if code != _ACCEPTED and _CODE.fullmatch(code):
            return self.failure(answer, code, facts.get("responseMessage", ""))
        return self.failure(answer)

    @override
    def verify_webhook(self, request: WebhookRequest) -> None:
        """MessageBird signs none of these: the secret address, which was checked before, is all there is."""

    @override
    def read_reports(self, request: WebhookRequest) -> Sequence[Receipt | InboundMessage]:
        reference = request.value(self.values.text("report_reference"))
        word = request.value(self.values.text("report_status"))
        if not reference or not word:
            raise InvalidInputError("This is no report with the parameters set here; replies cannot be read.")
        state = self._state(word.strip().lower())
        code = _FAILED if state is ReceiptState.FAILED else ""
        return [Receipt("", state, word, code, reference=reference)]

    @override
    def balance_request(self) -> ProviderRequest:
        return ProviderRequest.form(self._url("/api/credits"), self._account())

    @override
    def read_balance(self, answer: ProviderAnswer) -> Balance | None:
        credit = _read_xml(answer.text()).get("credits")
        return Balance(Decimal(credit), "credits") if credit else None

    def _state(self, word: str) -> ReceiptState:
        if word in _words(self.values, "delivered_words"):
            return ReceiptState.DELIVERED
        if word in _words(self.values, "failed_words"):
            return ReceiptState.FAILED
        return ReceiptState.SENT if word in _ON_THE_WAY else ReceiptState.UNKNOWN_WORD

    def _url(self, path: str) -> str:
        return self.values.text("base_url").rstrip("/") + path

    def _account(self) -> Pairs:
        return ("username", self.values.text("user")), ("password", self.values.text("password"))


def _words(values: SettingValues, name: str) -> frozenset[str]:
    return frozenset(word.strip().lower() for word in values.text(name).split(",") if word.strip())


def _read_xml(text: str) -> Mapping[str, str]:
    """Return the facts of an answer in XML by name, or nothing when it is none of MessageBird's.

    A document type or an entity is refused before parsing, so none can be expanded or fetched; text is given to the
    parser instead of bytes, so no declared encoding hides one. That needs no further library.
    """
    if _DECLARATION.search(text):
        return {}
    try:
        root = ET.fromstring(text)  # noqa: S314 - declarations are refused above
    except (ET.ParseError, ValueError):
        return {}
    items = root.findall("item")
    if root.tag != "response" or len(items) != 1 or len({fact.tag for fact in items[0]}) != len(items[0]):
        return {}
    return {fact.tag: (fact.text or "").strip() for fact in items[0]}


@hookimpl
def authsms_sender_services() -> list[type[SenderService]]:
    """Bring the old HTTP API."""
    return [MessageBirdV1Service]
