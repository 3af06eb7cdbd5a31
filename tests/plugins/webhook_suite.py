"""What every provider with webhooks must stand: one suite, run by each plugin's test module."""

from abc import abstractmethod
from collections.abc import Sequence

import pytest

from authsms.plugin_api import ForgeryError, Receipt, SenderService, WebhookRequest


class WebhookContract:
    """What a provider with webhooks must stand as well; derive it beside `SenderServiceContract`."""

    @abstractmethod
    def signed(self, state: str = "delivered") -> WebhookRequest:
        """Return an authentic receipt for a service configured with `SECRETS`."""

    @abstractmethod
    def altered(self) -> Sequence[WebhookRequest]:
        """Return receipts that are not authentic: altered, signed with a wrong key, without a signature."""

    @abstractmethod
    def receiver(self) -> SenderService:
        """Return the configured service."""

    def test_an_authentic_receipt_is_read(self):
        """It says which message, and what became of it."""
        (report,) = self.receiver().read_webhook(self.signed())

        assert isinstance(report, Receipt)
        assert report.provider_id or report.reference

    def test_a_forged_receipt_is_refused_before_it_is_read(self):
        """A forged "delivered" or STOP must change nothing."""
        for request in self.altered():
            with pytest.raises(ForgeryError):
                self.receiver().read_webhook(request)

    def test_a_replayed_receipt_says_the_same_again(self):
        """It is recorded by what it says, so that repeating it changes nothing."""
        receiver = self.receiver()

        assert receiver.read_webhook(self.signed()) == receiver.read_webhook(self.signed())

    def test_an_unknown_word_is_neither_success_nor_failure(self):
        """Providers add words without notice."""
        (report,) = self.receiver().read_webhook(self.signed("teleported"))

        assert isinstance(report, Receipt)
        assert ("unknown_word", "teleported") == (report.state, report.word)
