"""How a text that somebody sends from a virtual phone finds its way to the customer."""

import re
import uuid
from collections.abc import Mapping

from authsms.foundation.errors import ConflictError, InvalidInputError
from authsms.simulator.phones import Text
from authsms.simulator.postman import Delivery
from authsms.simulator.providers.contract import Network, SimulatedProvider

_ANSWERABLE = re.compile(r"\+?[0-9]{3,15}")


def can_be_answered(sender: str) -> bool:
    """Whether a person can reply to *sender*; nobody can reply to a name."""
    return _ANSWERABLE.fullmatch(sender) is not None


class Replies:
    """Sends texts from phones through the provider that the recipient belongs to."""

    def __init__(self, network: Network, providers: Mapping[str, SimulatedProvider]) -> None:
        self._network = network
        self._providers = providers

    def send(self, phone: str, text: str, *, to: str = "", provider: str = "") -> Text:
        """Send *text* from *phone* and return it; what became of it is noted on the phone later.

        Args:
            phone: The number of the phone, E.164.
            text: What to say.
            to: Whom to; empty for the sender of the last text.
            provider: Through whom; empty for the provider of the last text.

        Raises:
            ConflictError: There is nobody to answer, or the sender is a name.
            InvalidInputError: There is no such provider.
        """
        last = self._network.phones.phone(phone).last_received
        to = to or (last.other if last else "")
        provider = provider or (last.provider if last else next(iter(self._providers)))
        if provider not in self._providers:
            raise InvalidInputError(f"There is no provider {provider!r}.", field="provider")
        if not can_be_answered(to):
            raise ConflictError("There is no number to reply to: no text came, or its sender is a name.")
        sent = self._network.phones.send(
            phone, recipient=to, text=text, provider=provider, provider_id="SM" + uuid.uuid4().hex
        )
        self._hand_over(sent)
        return sent

    def _hand_over(self, sent: Text) -> None:
        callback = self._providers[sent.provider].reply(sent)
        if callback is None:
            self._network.phones.settle(sent, "not passed on: no webhook is set")
            return

        def note(delivery: Delivery) -> None:
            trouble = delivery.trouble or f"the webhook answered {delivery.status}"
            self._network.phones.settle(sent, "delivered" if delivery.is_taken else f"not delivered: {trouble}")

        self._network.postman.post([callback], done=note)
