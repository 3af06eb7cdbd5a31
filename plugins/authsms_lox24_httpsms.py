"""LOX24's old interface ``httpsms.php``: customer number, hash of the password, answers in XML.

Wire format: customers' clients, which follow the vendor's manual. "100" means that an operator has the text; only a
report with ``dlr_code`` 1 means delivery. Of errors only the classes 2xx and 3xx are known. What replies look like is
not published well enough to read them, so they are refused.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from xml.etree import ElementTree as ET

from typing_extensions import override

from authsms.plugin_api import (
    Accepted,
    Alphabet,
    CodeMeaning,
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
    Submission,
    Verdict,
    WebhookRequest,
    hookimpl,
    measure,
    read_codes,
)

_HANDED_OVER = re.compile(r"1\d\d")
_OWN_CODE = re.compile(r"[23]\d\d")
_NUMBER = re.compile(r"[0-9a-fA-F]{32}")
_DECLARATION = re.compile(r"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
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
_REPORTED = {f"dlr_{code}": meaning for code, meaning in read_codes(_REPORT_CODES).items()}
_CLASSES = {
    "2xx": CodeMeaning(
        Verdict.MESSAGE,
        "LOX24 refuses this; its words say why. If every text is refused, check customer number, password and service.",
    ),
    "3xx": CodeMeaning(Verdict.RETRY, "LOX24 failed inside, and took nothing."),
}
_KNOWN = {**_CLASSES, **_REPORTED}


class Lox24HttpsmsService(SenderService):
    """An account of ``httpsms.php``, known by customer number and password."""

    key = "lox24_httpsms"
    title = "LOX24 httpsms.php (old)"
    has_webhooks = True
    sender_setting = "sender"
    codes = _KNOWN
    settings = (
        Setting("customer", "Customer number", "Called konto by LOX24.", required=True, pattern=r"\d{1,20}"),
        Setting(
            "password",
            "Password",
            "Of the account, as you sign in with; only its MD5 hash is sent.",
            SettingKind.SECRET,
            required=True,
        ),
        Setting("service", "Service", "Number of the service that sends.", required=True, pattern=r"\d{1,10}"),
        Setting(
            "sender",
            "Sender",
            "Up to 11 letters and digits, or up to 15 digits; only services pro and direct show it.",
            pattern=r"\+?\d{1,15}|[A-Za-z0-9 ]{1,11}",
        ),
        Setting(
            "message_parameter",
            "Message in reports",
            "Which parameter of a delivery report names the message; see a report in LOX24's records if none is taken.",
            default="uuid",
            pattern=r"[A-Za-z_]{1,40}",
        ),
        Setting(
            "base_url",
            "API address",
            "Only for a simulator.",
            SettingKind.URL,
            default="https://www.lox24.eu",
            guards_secrets=True,
        ),
    )

    @override
    def build_request(self, submission: Submission) -> ProviderRequest:
        digest = hashlib.md5(self.values.text("password").encode(), usedforsecurity=False).hexdigest()
        is_plain = measure(submission.text).alphabet is Alphabet.GSM7
        pairs: Pairs = (
            ("konto", self.values.text("customer")),
            ("password", digest),
            ("service", self.values.text("service")),
            ("text", submission.text),
            ("encoding", "0" if is_plain else "1"),
            ("to", submission.recipient),
            ("return", "xml"),
            ("action", "send"),
        )
        sender = submission.sender or self.values.text("sender")
        url = f"{self.values.text('base_url').rstrip('/')}/API/httpsms.php"
        request = ProviderRequest.form(url, (*pairs, ("from", sender)) if sender else pairs)
        return replace(request, markers=(digest,))

    @override
    def read_answer(self, answer: ProviderAnswer, submission: Submission) -> Outcome:
        facts = _read_xml(answer.text("iso-8859-1"))
        code, number = facts.get("code", ""), facts.get("MSGID", "")
        if not answer.is_success:
            return self.failure(answer)
        if _HANDED_OVER.fullmatch(code) and _NUMBER.fullmatch(number):
            parts = facts.get("SMS", "")
            return Accepted(number, code, int(parts) if re.fullmatch(r"[1-9]\d?", parts) else None)
        if _OWN_CODE.fullmatch(code):
            outcome = self.failure(answer, f"{code[0]}xx", facts.get("codetext", ""))
            return outcome if isinstance(outcome, Accepted) else replace(outcome, code=code)
        return self.failure(answer)

    @override
    @classmethod
    def advice(cls, code: str) -> str:
        return super().advice(f"{code[0]}xx" if _OWN_CODE.fullmatch(code) else code)

    @override
    def verify_webhook(self, request: WebhookRequest) -> None:
        """LOX24 signs none of these: the secret address, which was checked before, is all there is."""

    @override
    def read_reports(self, request: WebhookRequest) -> Sequence[Receipt | InboundMessage]:
        if not request.value("dlr_code"):
            raise InvalidInputError(_NO_REPLIES)
        number = request.value(self.values.text("message_parameter"))
        plain = number.replace("-", "")
        return [_receipt(plain if _NUMBER.fullmatch(plain) else number, request.value("dlr_code"))]


def _receipt(number: str, word: str) -> Receipt:
    state = _STATES.get(word, ReceiptState.UNKNOWN_WORD)
    return Receipt(number, state, word, f"dlr_{word}" if state is ReceiptState.FAILED else "")


def _read_xml(text: str) -> Mapping[str, str]:
    """Return the facts of an answer by name, or nothing when it is none of LOX24's.

    A document type or an entity is refused before parsing, so none can be expanded or fetched; text is given to the
    parser instead of bytes, so no declared encoding hides one. That needs no further library.
    """
    if _DECLARATION.search(text):
        return {}
    try:
        root = ET.fromstring(text)  # noqa: S314 - declarations are refused above
    except (ET.ParseError, ValueError):
        return {}
    if root.tag != "answer" or len(root.findall("code")) != 1:
        return {}
    return {fact.tag: (fact.text or "").strip() for fact in (*root.findall("info/*"), *root)}


@hookimpl
def authsms_sender_services() -> list[type[SenderService]]:
    """Bring the old interface."""
    return [Lox24HttpsmsService]
