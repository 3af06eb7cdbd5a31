"""Sender services as administrators and the delivery process see them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from authsms.senders.contract import SenderService
from authsms.senders.policy import ServiceRule
from authsms.senders.polling import PollingService
from authsms.senders.settings import SettingValue
from authsms.senders.submission import Outcome, Submission, Trial


@dataclass(frozen=True, slots=True)
class ServiceDraft:
    """What an administrator wants saved.

    Attributes:
        rule: Name, place and use; the name is part of the callback address and cannot change.
        kind: `SenderService.key` of the provider.
        settings: Values by name, as typed. A secret that is missing or empty keeps the stored one.
        cleared: Names of secrets to remove.
    """

    rule: ServiceRule
    kind: str
    settings: Mapping[str, object] = field(repr=False)
    cleared: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Author:
    """Who changes something, as the audit trail names him."""

    login: str
    person_key: str = ""
    address: str = ""

    @classmethod
    def of(cls, author: "str | Author") -> "Author":
        """Return *author*, of whom nothing but a name may be known."""
        return author if isinstance(author, Author) else cls(author)


@dataclass(frozen=True, slots=True)
class SecretMark:
    """That a secret is set; nothing of the secret itself.

    Attributes:
        names: Names of secret pairs, in order; empty for a single secret.
    """

    at: datetime
    by: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SavedService:
    """A stored service as it may be shown.

    Attributes:
        settings: Values by name, without secrets.
        secrets: Which secrets are set.
        version: For `SenderPolicyService.save_service`, so that nobody overwrites what he has not seen.
        problem: Why it cannot be used at present, or empty.
    """

    rule: ServiceRule
    kind: str
    title: str
    settings: Mapping[str, SettingValue]
    secrets: Mapping[str, SecretMark]
    version: int
    updated_at: datetime
    updated_by: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """One entry of the history; the document holds no secrets."""

    version: int
    at: datetime
    author: str
    change: str
    document: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class ConfiguredService:
    """A service ready to send.

    Attributes:
        policy_version: Version of the policy it was read with.
        callback_url: Where the provider reports to, or None when it does not report.
        sender: The sender id or number the policy chose; empty means the one of the settings.
    """

    name: str
    policy_version: int
    service: SenderService
    callback_url: str | None = field(default=None, repr=False)
    sender: str = ""

    @property
    def kind(self) -> str:
        """Key of the provider."""
        return self.service.key

    @property
    def own_sender(self) -> str:
        """The sender of its settings; empty when there is none."""
        name = self.service.sender_setting
        return self.service.values.text(name) if name else ""

    @property
    def can_report(self) -> bool:
        """Whether its provider tells what became of a text, in calls to us or when it is asked."""
        return self.callback_url is not None or (isinstance(self.service, PollingService) and self.service.is_polled)

    def submit(self, submission: Submission) -> Outcome:
        """Hand *submission* over once, with callback address and sender of this service."""
        return self.service.submit(self._addressed(submission))

    def try_out(self, submission: Submission) -> Trial:
        """Like `submit`, with all an administrator may see of it."""
        return self.service.try_out(self._addressed(submission))

    def _addressed(self, submission: Submission) -> Submission:
        return replace(submission, callback_url=self.callback_url, sender=self.sender)
