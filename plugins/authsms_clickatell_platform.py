"""Clickatell's two APIs at platform.clickatell.com: the Platform API (``/messages``) and the One API (``/v1/message``).

Wire formats: the vendor's PHP client and the help pages of the two. Refusals come with status 202 or 207, so each
message's ``accepted`` decides. The same number is an error in a callback of one and delivery in one of the other.
Nothing signs callbacks: the secret address protects them, and the callback user where one is set in the portal.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import ClassVar
from urllib.parse import unquote_to_bytes

from typing_extensions import override

from authsms.plugin_api import (
    CALLBACK_USER,
    Accepted,
    Balance,
    CodeMeaning,
    InboundMessage,
    InvalidInputError,
    JsonValue,
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
    WebhookRequest,
    check_callback_user,
    hookimpl,
    read_codes,
    text_at,
    value_at,
    verify_callback_user,
)

_MILLISECONDS = re.compile(r"\d{12,13}")
_CHARSETS = {"ISO-8859-1": "latin-1", "UTF-16BE": "utf-16-be"}
_PLATFORM_STATES = {
    **dict.fromkeys(("2", "3", "8", "11"), ReceiptState.SENT),
    "4": ReceiptState.DELIVERED,
    **dict.fromkeys(("1", "5", "6", "7", "9", "10", "12", "14"), ReceiptState.FAILED),
}
_ONE_STATES = {
    **dict.fromkeys(("2", "3", "4"), ReceiptState.SENT),
    **dict.fromkeys(("5", "6"), ReceiptState.DELIVERED),
    **dict.fromkeys(("20", "21", "22", "23", "25", "26", "27", "28", "29", "100"), ReceiptState.FAILED),
}

_NOT_ACCEPTED = "not_accepted"
_PLATFORM_STATE_CODES = """
message       1            Clickatell does not know the message.
message       5            Something is wrong with the message; check number and template.
message       6            Somebody cancelled the message.
message       7            The text could not be delivered; the phone is off, or the number is wrong.
message       9            There is no route to this number; try another sender service.
message       10           The phone was off or without coverage for too long.
configuration 12           There is no credit left on the account.
configuration 14           The account's limit is reached; ask Clickatell to raise it.
"""
_ONE_CODES = """
configuration 1            The API key is wrong; copy it again from Clickatell's portal.
configuration 2 3          The account or the integration is not active; activate it in the portal.
configuration 7            Clickatell does not allow this server's IP address; add it in the portal.
retry         18 19        Clickatell failed inside, and took nothing.
configuration 20           There is no credit left on the account.
message       21 22 23 27 30 31 32 33 38 39 40 41 42 100  Clickatell could not read the request; see its words.
message       24           The text is too long; shorten the template.
message       25           This is no valid phone number; correct it in the directory.
opted_out     26           The person asked Clickatell for no more texts.
configuration 28 46        This is a sandbox, or the trial is over; activate the integration in the portal.
retry         43           Too many requests at once; ask Clickatell for a higher limit.
configuration 44 45 101    The sender is suspended or does not belong to this integration; correct it in the portal.
destination   110 111      The rules for texts to the USA are not met; register the sender in the portal.
"""
_ONE_STATE_CODES = """
message       20           The phone was off or without coverage for too long.
message       21 22        Somebody stopped the message.
message       23           The text could not be delivered; the phone is off, or the number is wrong.
configuration 25           There is no credit left on the account.
configuration 26 27 28     The account's volume limit is reached; ask Clickatell to raise it.
message       29           The number does not exist; correct it in the directory.
message       100          There is no route to this number; try another sender service.
"""
_OWN = "message 0 Clickatell did not accept the message; see its words: often the number is wrong."


def _known(errors: str, states: str) -> Mapping[str, CodeMeaning]:
    """Return the codes of *errors*, and those of receipts with a word before them: the numbers mean other things."""
    reported = {f"state_{code}": meaning for code, meaning in read_codes(states).items()}
    return {**read_codes(errors), **reported, _NOT_ACCEPTED: read_codes(_OWN)["0"]}


class _IntegrationService(SenderService):
    """An integration in Clickatell's portal, known by its key; what the two APIs have in common."""

    has_webhooks = True
    sender_setting = "sender"
    states: ClassVar[Mapping[str, ReceiptState]]
    settings = (
        Setting(
            "api_key",
            "API key",
            "The key of the integration as the portal shows it, also the = at its end.",
            SettingKind.SECRET,
            required=True,
            pattern=r"[!-~]+",
        ),
        Setting(
            "sender",
            "Sender",
            "A number of the integration, as +491715550100 or 491715550100; or a name of up to 11 letters and digits, "
            "if Clickatell takes names from your account. Empty: Clickatell chooses.",
            pattern=r"\+?[1-9]\d{2,14}|(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}",
        ),
        *CALLBACK_USER,
        Setting(
            "base_url",
            "API address",
            "Only for a simulator or an address of your own.",
            SettingKind.URL,
            default="https://platform.clickatell.com",
            guards_secrets=True,
        ),
    )

    @override
    @classmethod
    def check(cls, values: SettingValues) -> None:
        check_callback_user(values)

    @override
    def verify_webhook(self, request: WebhookRequest) -> None:
        verify_callback_user(self.values, request)

    def _judge(self, answer: ProviderAnswer, code: str | None, words: str | None) -> Outcome:
        """Return what the first message of *answer* says; *code* and *words* are empty where there is no error."""
        accepted, provider_id = answer.find("messages", 0, "accepted"), answer.find("messages", 0, "apiMessageId")
        if answer.is_success and accepted == "true" and provider_id and not code:
            return Accepted(provider_id)
        if answer.is_success and accepted == "false" and code not in self.codes:
            return self.failure(answer, _NOT_ACCEPTED, words)
        return self.failure(answer, code, words)

    def _receipt(self, number: str, word: str, ids: tuple[str, str], timestamp: str) -> Receipt:
        state = self.states.get(number, ReceiptState.UNKNOWN_WORD)
        moment = datetime.fromtimestamp(int(timestamp) / 1000, UTC) if _MILLISECONDS.fullmatch(timestamp) else None
        code = f"state_{number}" if state is ReceiptState.FAILED else ""
        return Receipt(ids[0], state, word or number, code, moment, ids[1])

    def _header(self) -> tuple[tuple[str, str]]:
        return (("Authorization", self.values.text("api_key")),)  # the bare key, without a word before it

    def _post(self, path: str, value: JsonValue) -> ProviderRequest:
        return ProviderRequest.json(self._url(path), value, headers=self._header())

    def _url(self, path: str) -> str:
        return self.values.text("base_url").rstrip("/") + path

    def _sender(self, chosen: str) -> dict[str, JsonValue]:
        sender = (chosen or self.values.text("sender")).lstrip("+")
        return {"from": sender} if sender else {}


class ClickatellPlatformService(_IntegrationService):
    """An integration of the Platform API."""

    key = "clickatell_platform"
    title = "Clickatell Platform API"
    states = _PLATFORM_STATES
    codes = _known("", _PLATFORM_STATE_CODES)

    @override
    def build_request(self, submission: Submission) -> ProviderRequest:
        message: dict[str, JsonValue] = {"content": submission.text, "to": [submission.recipient.lstrip("+")]}
        message |= {"charset": "UTF-8", "clientMessageId": submission.message_id}
        return self._post("/messages", message | self._sender(submission.sender))

    @override
    def read_answer(self, answer: ProviderAnswer, submission: Submission) -> Outcome:
        places = [("messages", 0, name) for name in ("errorCode", "error", "errorDescription")]
        own = [answer.find(*place) for place in places]
        said = own if any(own) else [answer.find(name) for _, _, name in places]
        return self._judge(answer, said[0], " ".join(filter(None, said)) or None)

    @override
    def read_reports(self, request: WebhookRequest) -> Sequence[Receipt | InboundMessage]:
        value = request.json_value()
        read = {name: text_at(value, name) or request.value(name) for name in _FIELDS}
        if read["fromNumber"]:
            provider_id = read["messageId"] or read["replyMessageId"]
            text = _unescaped(read["text"], read["charset"])
            return [InboundMessage(provider_id, read["fromNumber"], read["toNumber"], text)]
        if not read["statusCode"]:
            raise InvalidInputError("This is no callback of the Platform API.")
        ids = read["messageId"], read["clientMessageId"]
        return [self._receipt(read["statusCode"], read["status"], ids, read["timestamp"])]


class ClickatellOneService(_IntegrationService):
    """An integration of the One API."""

    key = "clickatell_one"
    title = "Clickatell One API"
    states = _ONE_STATES
    codes = _known(_ONE_CODES, _ONE_STATE_CODES)

    @override
    def build_request(self, submission: Submission) -> ProviderRequest:
        message: dict[str, JsonValue] = {"channel": "sms", "to": submission.recipient.lstrip("+")}
        message |= {"content": submission.text, "clientMessageId": submission.message_id}
        return self._post("/v1/message", {"messages": [message | self._sender(submission.sender)]})

    @override
    def read_answer(self, answer: ProviderAnswer, submission: Submission) -> Outcome:
        place: tuple[str | int, ...] = ("messages", 0, "error")
        if not answer.find(*place, "code"):
            place = ("error",)
        code, words = answer.find(*place, "code"), answer.find(*place, "description")
        return self._judge(answer, code, words)

    @override
    def read_reports(self, request: WebhookRequest) -> Sequence[Receipt | InboundMessage]:
        updates = value_at(request.json_value(), "event", "messageStatusUpdate")
        if not isinstance(updates, list):
            raise InvalidInputError("This is no status of the One API; replies through it are not read.")
        names = ("statusCode", "status", "messageId", "clientMessageId", "timestamp")
        read = [[text_at(update, name) or "" for name in names] for update in updates]
        return [self._receipt(number, word, (own, ours), at) for number, word, own, ours, at in read]

    @override
    def balance_request(self) -> ProviderRequest:
        return ProviderRequest.get(self._url("/v1/balance"), headers=self._header())

    @override
    def read_balance(self, answer: ProviderAnswer) -> Balance | None:
        amount, currency = answer.find("balance"), answer.find("currency")
        return Balance(Decimal(amount), currency) if amount and currency else None


_FIELDS = (
    *("messageId", "clientMessageId", "statusCode", "status", "timestamp"),
    *("replyMessageId", "fromNumber", "toNumber", "text", "charset"),
)


def _unescaped(text: str, charset: str) -> str:
    """Return a reply's text, which comes in percent escapes of *charset* unless that is UTF-8."""
    encoding = _CHARSETS.get(charset.upper())
    if encoding is None or "%" not in text or not text.isascii():
        return text
    return unquote_to_bytes(text).decode(encoding, "replace")


@hookimpl
def authsms_sender_services() -> list[type[SenderService]]:
    """Bring both."""
    return [ClickatellPlatformService, ClickatellOneService]
