"""The contract of a provider: `SenderService`, and everything a provider file needs.

A provider file says only what differs: its settings, its request, its answers, its codes, its webhooks. Connection,
time-outs, the guard against calls into the private network, redaction of what is shown, and what an unanswered or
failed call means are decided here and in `authsms.senders.classification`, once for all. A webhook is verified
before it is read, and whatever a provider answers, `SenderService.submit` returns an outcome.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar, Self, final

from authsms.foundation.errors import ConfigurationError, InvalidInputError
from authsms.foundation.logs import get_logger
from authsms.senders import classification
from authsms.senders.exchange import NotSent, ProviderAnswer, ProviderRequest, Reply, Silence, Transport
from authsms.senders.http import HttpGuard, trust_only
from authsms.senders.inbound import Reporting
from authsms.senders.presets import Preset
from authsms.senders.redaction import Redactor, basic_credentials
from authsms.senders.settings import Setting, SettingKind, SettingValues
from authsms.senders.submission import (
    Accepted,
    Balance,
    CodeMeaning,
    NotTaken,
    Outcome,
    PerhapsTaken,
    Purpose,
    RefusalScope,
    Refused,
    Submission,
    Trial,
)
from authsms.senders.webhook import InboundMessage, Receipt, ReceiptState, WebhookReply, WebhookRequest

__all__ = [
    "Accepted",
    "InboundMessage",
    "NotTaken",
    "Outcome",
    "PerhapsTaken",
    "Purpose",
    "Receipt",
    "ReceiptState",
    "RefusalScope",
    "Refused",
    "SenderService",
    "Submission",
    "WebhookReply",
    "WebhookRequest",
]

_log = get_logger(__name__)

_SHOWN_BODY = 2000
# What reading a hostile answer can raise in a provider file; the text is out by then, so it must become an outcome.
UNREADABLE = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)


class SenderService(Reporting, ABC):
    """One account at a provider; safe to share between threads.

    A provider sets the four class attributes and says `build_request` and `read_answer`; with webhooks also
    `has_webhooks`, `verify_webhook` and `read_reports`.

    Attributes:
        key: Name of the kind, stored in the database; lower case.
        title: Name of the provider, for people.
        settings: What it needs to know.
        codes: Its error codes.
        presets: Gateways it is known to fit, as values to start from.
        sender_setting: Name of the setting that says who a text is from. The policy may choose another sender for a
            text, so `build_request` takes ``submission.sender or self.values.text(...)``. Empty: it takes no other.
        account_setting: Name of the setting that names the account, for `rivals`.
        rivals: Keys of kinds, perhaps its own, that must not use the same account while this one does.
    """

    key: ClassVar[str]
    title: ClassVar[str]
    settings: ClassVar[tuple[Setting, ...]]
    codes: ClassVar[Mapping[str, CodeMeaning]] = {}
    presets: ClassVar[tuple[Preset, ...]] = ()
    sender_setting: ClassVar[str] = ""
    account_setting: ClassVar[str] = ""
    rivals: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, values: SettingValues, transport: Transport) -> None:
        self.values = values
        self._transport = transport

    @classmethod
    def all_settings(cls) -> tuple[Setting, ...]:
        """Return the provider's settings and those every service has."""
        return (*cls.settings, _CERTIFICATES)

    @classmethod
    @final
    def read_settings(cls, raw: Mapping[str, object]) -> SettingValues:
        """Return *raw* checked.

        Raises:
            InvalidInputError: Something does not fit; `field` names the setting.
        """
        values = SettingValues.read(cls.all_settings(), raw)
        if values.text(_CERTIFICATES.name):
            try:
                trust_only(values.text(_CERTIFICATES.name))
            except ConfigurationError as error:
                raise InvalidInputError(str(error), field=_CERTIFICATES.name) from error
        cls.check(values)
        return values

    @classmethod
    @final
    def configure(cls, raw: Mapping[str, object], guard: HttpGuard, *, connections: int = 96) -> Self:
        """Return a service with checked settings whose calls go through *guard*.

        Raises:
            InvalidInputError: A setting does not fit; `field` names it.
        """
        values = cls.read_settings(raw)
        return cls(values, guard.client(certificates=values.text(_CERTIFICATES.name), connections=connections))

    @classmethod
    def check(cls, values: SettingValues) -> None:
        """Raise `InvalidInputError`, with the `field` to change, when settings do not fit together."""

    @classmethod
    def check_sender(cls, values: SettingValues, sender: str) -> None:  # noqa: ARG003 - the contract names it
        """Raise `InvalidInputError` unless *sender* may stand in for the one in the settings."""
        for setting in (one for one in cls.settings if one.name == cls.sender_setting):
            setting.read(sender)
            return
        raise InvalidInputError("%(title)s takes no sender but its own.", title=cls.title, field="senders")

    @abstractmethod
    def build_request(self, submission: Submission) -> ProviderRequest:
        """Return the request that hands *submission* to the provider."""

    @abstractmethod
    def read_answer(self, answer: ProviderAnswer, submission: Submission) -> Outcome:
        """Return what *answer* means; `failure` classifies whatever is not success."""

    def balance_request(self) -> ProviderRequest | None:
        """Return the request that asks for the balance, or None where the provider does not tell it."""
        return None

    def read_balance(self, answer: ProviderAnswer) -> Balance | None:  # noqa: ARG002 - as above
        """Return the balance in *answer*, or None."""
        return None

    @classmethod
    def advice(cls, code: str) -> str:
        """Return what an administrator can do about *code*, or an empty text."""
        meaning = cls.codes.get(code)
        return meaning.advice if meaning else classification.OWN_ADVICE.get(code, "")

    @final
    def submit(self, submission: Submission) -> Outcome:
        """Hand *submission* over once and return what became of it; never raises for what a provider does."""
        return self._exchange(submission)[2]

    @final
    def try_out(self, submission: Submission) -> Trial:
        """Hand *submission* over like `submit`, and return all an administrator may see of it."""
        started = time.monotonic()
        request, reply, outcome = self._exchange(submission)
        redactor = _redactor(self.values.secrets, request, submission)
        code = "" if isinstance(outcome, Accepted) else outcome.code
        answer = reply if isinstance(reply, ProviderAnswer) else None
        return Trial(
            outcome,
            "\n".join(redactor.clean(line, _SHOWN_BODY) for line in request.lines()) if request else "",
            answer.status if answer else None,
            redactor.clean(answer.text(), _SHOWN_BODY) if answer else "",
            self.advice(code),
            time.monotonic() - started,
        )

    @final
    def balance(self) -> Balance | None:
        """Ask the provider what is left on the account; None when it does not say."""
        request = self.balance_request()
        reply = self._transport.send(request) if request else None
        if not isinstance(reply, ProviderAnswer) or not reply.is_success:
            return None
        try:
            return self.read_balance(reply)
        except UNREADABLE:
            return None

    @final
    def read_webhook(self, request: WebhookRequest) -> Sequence[Receipt | InboundMessage]:
        """Verify *request*, then return what it says.

        Raises:
            ForgeryError: It is not authentic; nothing of it may be used.
        """
        self.verify_webhook(request)
        try:
            reports = self.read_reports(request)
        except UNREADABLE:
            _log.warning("sender.webhook_unreadable", kind=self.key)
            return ()
        return [report for report in map(classification.bounded, reports) if report is not None]

    @final
    def failure(self, answer: ProviderAnswer, code: str | None = None, detail: str | None = None) -> Outcome:
        """Return what an answer that is no success means.

        Args:
            answer: The provider's answer.
            code: Its error code; looked up in `codes`, before the HTTP status decides.
            detail: Its words; the beginning of the body when left out.
        """
        return classification.failure(self.codes, answer, code, detail)

    @final
    def close(self) -> None:
        """Let go of connections; calls under way still finish."""
        self._transport.close()

    def _exchange(self, submission: Submission) -> tuple[ProviderRequest | None, Reply, Outcome]:
        try:
            request = self.build_request(submission)
        except InvalidInputError as error:
            refused = NotSent("request_refused", str(error), is_refused=True)
            return None, refused, self._outcome(refused, None, submission)
        reply = self._transport.send(request, submission.patience)
        outcome = self._outcome(reply, request, submission)
        _log.info(
            "sender.answered",
            kind=self.key,
            outcome=type(outcome).__name__,
            reason="" if isinstance(outcome, Accepted) else outcome.code,
        )
        return request, reply, outcome

    def _outcome(self, reply: Reply, request: ProviderRequest | None, submission: Submission) -> Outcome:
        outcome: Outcome
        match reply:
            case NotSent(code, detail, is_refused):
                outcome = Refused(RefusalScope.CONFIGURATION, code, detail) if is_refused else NotTaken(code, detail)
            case Silence(code, detail):
                outcome = PerhapsTaken(code, detail)
            case ProviderAnswer():
                outcome = self._read(reply, submission)
        return classification.cleaned(outcome, _redactor(self.values.secrets, request, submission))

    def _read(self, answer: ProviderAnswer, submission: Submission) -> Outcome:
        try:
            outcome = self.read_answer(answer, submission)
        except UNREADABLE:
            _log.warning("sender.answer_unreadable", kind=self.key, status=answer.status)
            return self.failure(answer)
        if not isinstance(outcome, Accepted):
            return outcome
        is_sound = answer.is_success and answer.is_whole and classification.is_sound_id(outcome.provider_id)
        return outcome if is_sound else self.failure(answer)


def _redactor(own_secrets: Sequence[str], request: ProviderRequest | None, submission: Submission) -> Redactor:
    """Return what takes out everything of this exchange that must not be shown."""
    secrets = [*own_secrets]
    if request is not None:
        secrets += request.markers
        if request.basic is not None:
            secrets += [request.basic[1], basic_credentials(*request.basic)]
    if submission.callback_url:
        secrets.append(submission.callback_url.rpartition("/")[2])
    return Redactor(secrets, submission.recipient, submission.text)


_CERTIFICATES = Setting(
    "certificates",
    "Trusted certificates",
    "Certificates in PEM form to trust for this service instead of the usual public ones. Only needed for a gateway "
    "with a certificate of your own.",
    SettingKind.MULTILINE,
    guards_secrets=True,
)
