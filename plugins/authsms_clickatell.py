"""Clickatell's classic HTTP API at api.clickatell.com: user, password, API id.

Wire format: the vendor's HTTP manual. Every answer has status 200; ``ID:`` or ``ERR:`` at its beginning decides.
Nothing signs callbacks: the secret address protects them, and the callback user where one is set in the portal.
Their parameters come in any case, and texts in the charset that a parameter names.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import parse_qsl, urlsplit

from typing_extensions import override

from authsms.plugin_api import (
    CALLBACK_USER,
    Accepted,
    Alphabet,
    Balance,
    ForgeryError,
    InboundMessage,
    InvalidInputError,
    NotTaken,
    Outcome,
    Pairs,
    ProviderAnswer,
    ProviderRequest,
    Receipt,
    ReceiptState,
    RefusalScope,
    Refused,
    SenderService,
    Setting,
    SettingKind,
    SettingValues,
    Submission,
    WebhookRequest,
    check_callback_user,
    hookimpl,
    measure,
    read_codes,
    verify_callback_user,
)

_ACCEPTED = re.compile(r"ID:\s*([0-9a-fA-F]{32})(?:\s+To:\s*\+?\d+)?")
_REFUSED = re.compile(r"ERR:\s*(\d{1,3})\b[\s,]*(.*)", re.DOTALL)
_CREDIT = re.compile(r"Credit:\s*(-?\d{1,12}(?:\.\d{1,6})?)")
_UNIX_TIME = re.compile(r"\b\d{10}\b")
_CODE_DIGITS = re.compile(r"\d{4,}")
_LONGEST_WAIT = timedelta(hours=1)
_LONGEST_OWN_ID = 32
_CHARSETS = {"ISO-8859-1": "latin-1", "UTF-16BE": "utf-16-be"}
_STATES = {
    **dict.fromkeys(("002", "003", "008", "011"), ReceiptState.SENT),
    "004": ReceiptState.DELIVERED,
    **dict.fromkeys(("001", "005", "006", "007", "009", "010", "012", "014"), ReceiptState.FAILED),
}

_CODES = """
configuration 001 002     User, password or API id is wrong; copy them again from Clickatell's portal.
retry         003 005     Clickatell lost the session, although none was asked for; the text is tried again.
configuration 004         The account is frozen; ask Clickatell.
configuration 007         Clickatell does not allow this server's IP address; add it in the portal.
message       101 102 103 104 107 116 120 201 202  Clickatell could not read the request; please report this as a bug.
message       105         This is no valid phone number; correct it in the directory.
configuration 106 123     The sender is not registered; register it in the portal, or leave it empty.
configuration 108 109     The API id is wrong; copy it from the API's page in the portal.
message       113         The text needs more parts than it may have; shorten the template or allow more parts.
message       114         Clickatell has no route to this number; try another sender service.
message       115         The text expired before it was sent.
message       121 128     This number is blocked or delisted; ask Clickatell why.
opted_out     122         The person asked Clickatell for no more texts.
retry         130         The outbound limit is reached; ask Clickatell for a higher one.
configuration 301         There is no credit left on the account.
retry         901         Clickatell failed inside, and took nothing.
"""
_STATE_CODES = """
message       001         Clickatell does not know the message.
message       005         Something is wrong with the message; check number and template.
message       006         Somebody cancelled the message.
message       007         The text could not be delivered; the phone is off, or the number is wrong.
message       009         There is no route to this number; try another sender service.
message       010         The phone was off or without coverage for too long.
configuration 012         There is no credit left on the account.
configuration 014         The account's limit is reached; ask Clickatell to raise it.
"""
# An error and a state of the same number have nothing in common.
_REPORTED = {f"state_{code}": meaning for code, meaning in read_codes(_STATE_CODES).items()}
_KNOWN = {**read_codes(_CODES), **_REPORTED}


class ClickatellHttpService(SenderService):
    """An account of the classic HTTP API."""

    key = "clickatell_http"
    title = "Clickatell HTTP (classic)"
    has_webhooks = True
    sender_setting = "sender"
    codes = _KNOWN
    settings = (
        Setting("user", "User", "The user name of the account.", required=True),
        Setting("password", "Password", "The password of the account.", SettingKind.SECRET, required=True),
        Setting("api_id", "API id", "The number of your HTTP API, from its page in the portal.", required=True),
        Setting(
            "sender",
            "Sender",
            "A number registered in the portal, as +491715550100 or 491715550100; or a name of up to 11 letters and "
            "digits, if Clickatell takes names from your account. Empty: Clickatell chooses.",
            pattern=r"\+?[1-9]\d{2,14}|(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}",
        ),
        Setting(
            "keep_sender",
            "Keep the sender",
            "Only routes that keep it; replies need that.",
            SettingKind.FLAG,
            default=False,
        ),
        Setting(
            "parts", "Parts", "How many a text may have, 1 to 3.", SettingKind.NUMBER, default=3, lowest=1, highest=3
        ),
        Setting(
            "accents",
            "Letters such as ä",
            "Unicode always arrives, but leaves 70 characters a part. UTF-8 leaves 160; send yourself a test first.",
            SettingKind.CHOICE,
            default="unicode",
            choices=(("unicode", "As Unicode"), ("utf8", "As UTF-8")),
        ),
        *CALLBACK_USER,
        Setting(
            "base_url",
            "API address",
            "Only for a simulator or an address of your own.",
            SettingKind.URL,
            default="https://api.clickatell.com",
            guards_secrets=True,
        ),
    )

    @override
    @classmethod
    def check(cls, values: SettingValues) -> None:
        check_callback_user(values)

    @override
    def build_request(self, submission: Submission) -> ProviderRequest:
        text: Pairs = (("text", submission.text),)
        markers: tuple[str, ...] = ()
        if not self._is_plain(submission.text):
            # Whoever takes texts and codes out of what is shown does not know them in hexadecimal digits.
            markers = tuple(map(_hexadecimal, (submission.text, *_CODE_DIGITS.findall(submission.text))))
            text = (("text", markers[0]), ("unicode", "1"))
        pairs = [*self._account(), ("to", submission.recipient.lstrip("+")), *text]
        sender = submission.sender or self.values.text("sender")
        pairs += [("from", sender.lstrip("+"))] if sender else []
        pairs += [("mo", "1")] if self.values.flag("keep_sender") else []
        pairs += [("concat", str(self.values.number("parts")))]
        pairs += [("cliMsgId", submission.message_id)] if len(submission.message_id) <= _LONGEST_OWN_ID else []
        pairs += [("callback", "7")] if submission.callback_url else []
        return replace(ProviderRequest.form(self._url("sendmsg"), tuple(pairs)), markers=markers)

    @override
    def read_answer(self, answer: ProviderAnswer, submission: Submission) -> Outcome:
        body = answer.text().strip()
        accepted, refused = _ACCEPTED.fullmatch(body), _REFUSED.match(body)
        if accepted and answer.is_success:
            return Accepted(accepted[1])
        if not refused:
            return self.failure(answer)
        code, words = refused[1].zfill(3), refused[2]
        if code not in self.codes and answer.is_success:
            return Refused(RefusalScope.MESSAGE, code, words)
        outcome = self.failure(answer, code, words)
        until = _UNIX_TIME.search(words)
        if until is None or not isinstance(outcome, NotTaken):
            return outcome
        wait = datetime.fromtimestamp(int(until[0]), UTC) - datetime.now(UTC)
        return replace(outcome, retry_after=min(max(wait, timedelta()), _LONGEST_WAIT))

    @override
    def verify_webhook(self, request: WebhookRequest) -> None:
        verify_callback_user(self.values, request)
        if _parameters(request).get("api_id", "") not in {"", self.values.text("api_id")}:
            raise ForgeryError("This callback is about another API id.")

    @override
    def read_reports(self, request: WebhookRequest) -> Sequence[Receipt | InboundMessage]:
        given = _parameters(request)
        if "momsgid" in given:
            charset = _CHARSETS.get(given.get("charset", "").upper(), "utf-8")
            text = given["text"].encode("latin-1", "replace").decode(charset, "replace")
            return [InboundMessage(given["momsgid"], given["from"], given["to"], text)]
        if "status" not in given:
            raise InvalidInputError("Choose GET or POST for callbacks in Clickatell's portal.")
        word, number, moment = given["status"], given["status"].zfill(3), given.get("timestamp", "")
        state = _STATES.get(number, ReceiptState.UNKNOWN_WORD)
        code = f"state_{number}" if state is ReceiptState.FAILED else ""
        occurred_at = datetime.fromtimestamp(int(moment), UTC) if _UNIX_TIME.fullmatch(moment) else None
        return [Receipt(given.get("apimsgid", ""), state, word, code, occurred_at, given.get("climsgid", ""))]

    @override
    def balance_request(self) -> ProviderRequest:
        return ProviderRequest.form(self._url("getbalance"), self._account())

    @override
    def read_balance(self, answer: ProviderAnswer) -> Balance | None:
        found = _CREDIT.fullmatch(answer.text().strip())
        return Balance(Decimal(found[1]), "credits") if found else None

    def _url(self, command: str) -> str:
        return f"{self.values.text('base_url').rstrip('/')}/http/{command}"

    def _account(self) -> Pairs:
        return tuple((name, self.values.text(name)) for name in ("user", "password", "api_id"))

    def _is_plain(self, text: str) -> bool:
        """Return whether *text* can go as it is; the manual names no charset, so accents are the customer's choice."""
        is_safe = text.isascii() or self.values.text("accents") == "utf8"
        return is_safe and measure(text).alphabet is Alphabet.GSM7


def _hexadecimal(text: str) -> str:
    return text.encode("utf-16-be", "replace").hex().upper()


def _parameters(request: WebhookRequest) -> Mapping[str, str]:
    """Return form and query by lower-case name; each character of a value stands for one byte of it."""
    parts = [urlsplit(request.url).query, request.body.decode("latin-1") if request.form else ""]
    pairs = [pair for part in parts for pair in parse_qsl(part, keep_blank_values=True, encoding="latin-1")]
    return {name.lower(): value for name, value in pairs}


@hookimpl
def authsms_sender_services() -> list[type[SenderService]]:
    """Bring the classic HTTP API."""
    return [ClickatellHttpService]
