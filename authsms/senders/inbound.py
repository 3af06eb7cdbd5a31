"""What providers tell us by themselves, and what a provider file says about it; part of the contract of a provider."""

from collections.abc import Sequence
from typing import ClassVar

from authsms.foundation.errors import ForgeryError
from authsms.senders.webhook import InboundMessage, Receipt, WebhookReply, WebhookRequest


class Reporting:
    """The half of `authsms.senders.contract.SenderService` that listens.

    Attributes:
        has_webhooks: It reports to a callback address.
        own_keywords: Of ``stop``, ``start`` and ``help``, those to which the provider reacts by itself when the word is
            one that is common everywhere: we obey them, too, but do not answer.
        fixed_path: Address of this server that the provider may also report to, the same for every service of the
            kind; empty for none. Only what is signed is taken there, see `signs_webhooks`.
    """

    title: ClassVar[str]
    has_webhooks: ClassVar[bool] = False
    own_keywords: ClassVar[frozenset[str]] = frozenset()
    fixed_path: ClassVar[str] = ""

    def signs_webhooks(self) -> bool:
        """Return whether `verify_webhook` alone proves who is calling, without the secret path."""
        return False

    def verify_webhook(self, request: WebhookRequest) -> None:  # noqa: ARG002 - the contract names it
        """Raise `ForgeryError`, as it does by default, unless *request* is authentic.

        The secret path of the callback address was checked before.
        """
        raise ForgeryError(f"{self.title} sends no webhooks.")

    def read_reports(self, request: WebhookRequest) -> Sequence[Receipt | InboundMessage]:  # noqa: ARG002 - as above
        """Return what a verified *request* says; unknown fields and words are normal."""
        return ()

    def answer_webhook(self, request: WebhookRequest) -> WebhookReply:  # noqa: ARG002 - as above
        """Return what the provider wants to read after a webhook was taken."""
        return WebhookReply()
