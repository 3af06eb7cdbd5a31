"""What the code page may show of a text on its way, without telling who exists.

A text that was withheld because there is nobody to send it to looks like one that is sent: first queued, then, after a
delay that differs from text to text and never changes for one, accepted by a provider that sends no receipts.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from authsms.delivery.outbox import MessageView, Outbox
from authsms.delivery.states import Failure, MessageState, Withheld
from authsms.foundation.clock import Clock
from authsms.foundation.errors import NotFoundError
from authsms.foundation.vault import Vault
from authsms.logon.machine import Asks
from authsms.logon.steps import DeliveryStatus

HELD: Final = "method-held"
"""Detail of a text that was withheld because of wrong codes, and only until the hold is over."""

_TOLD: Final = frozenset(
    {
        *(Withheld.NUMBER_LIMIT, Withheld.METHOD_UNUSABLE, Withheld.OPTED_OUT, Withheld.BUDGET),
        Withheld.NUMBER_CHANGED,
    }
)
_FINAL: Final = frozenset({MessageState.DELIVERED, MessageState.FAILED, MessageState.STALE, MessageState.WITHHELD})
_NOT_TAKEN: Final = frozenset({MessageState.QUEUED, MessageState.ATTEMPTING, MessageState.UNKNOWN})
_SHORTEST = timedelta(milliseconds=300)
_SPREAD_MILLISECONDS = 1500


class Whereabouts:
    """Looks up the text behind an open question.

    Args:
        outbox: Knows the texts.
        vault: Draws the delays of those that were withheld.
        clock: Tells how old a text is.
        late_after: A text that no provider has taken by then is late.
        sender_of: Returns the sender that every text of a service comes from, or an empty text.
    """

    def __init__(
        self,
        outbox: Outbox,
        vault: Vault,
        clock: Clock,
        late_after: timedelta = timedelta(seconds=20),
        sender_of: Callable[[str], str] = lambda _: "",
    ) -> None:
        self._outbox = outbox
        self._vault = vault
        self._clock = clock
        self._late_after = late_after
        self._sender_of = sender_of

    def of(self, asks: Asks | None) -> DeliveryStatus:
        """Return what may be shown; nothing before an earlier method has passed."""
        if asks is None or not asks.details or asks.message_id is None:
            return DeliveryStatus()
        try:
            message = self._outbox.view(asks.message_id)
        except NotFoundError:
            return DeliveryStatus()
        if message.state is MessageState.WITHHELD and message.reason not in _TOLD:
            return self._pretended(message)
        held = message.reason == Withheld.METHOD_UNUSABLE and asks.hold_until is not None
        late = message.state in _NOT_TAKEN and self._clock.now() - message.created_at >= self._late_after
        return DeliveryStatus(
            message.state.value,
            HELD if held else message.reason,
            message.state in _FINAL,
            late,
            self._sender_of(message.service) if message.reason == Failure.OPTED_OUT else "",
        )

    def _pretended(self, message: MessageView) -> DeliveryStatus:
        drawn = int(self._vault.keyed_hash("phantom.delay", message.id)[:8], 16) % _SPREAD_MILLISECONDS
        sent_at = message.created_at + _SHORTEST + timedelta(milliseconds=drawn)
        state = MessageState.QUEUED if self._clock.now() < sent_at else MessageState.ACCEPTED
        return DeliveryStatus(state.value, "", final=False)
