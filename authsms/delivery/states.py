"""The states of a message: which may follow which, and what a receipt changes.

```mermaid
stateDiagram-v2
    [*] --> queued
    [*] --> withheld: not to be sent, the reason is kept
    queued --> attempting: a worker is about to open the socket
    queued --> stale: expired, superseded or cancelled
    queued --> failed: nobody could send it
    attempting --> accepted: a provider has it
    attempting --> delivered: a receipt was faster than the answer
    attempting --> failed: refused, or nobody took it in time
    attempting --> unknown: perhaps sent, perhaps not
    attempting --> stale: expired between two attempts, nobody took it
    accepted --> delivered
    accepted --> failed: a receipt says so
    unknown --> accepted: a receipt, or a late answer
    unknown --> delivered
    unknown --> failed
    failed --> delivered: another copy arrived
    withheld --> [*]
    stale --> [*]
    delivered --> [*]
```

A state never goes backwards: the graph has no circle. A message that waits for a further attempt stays *attempting*.
*Stale* and *withheld* mean that nothing has left the house. Receipts only lift a message towards *delivered*, so that
their order does not matter.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, TypeAlias

from authsms.senders.submission import CODES, Purpose
from authsms.senders.webhook import ReceiptState

_STRENGTH: Final = (ReceiptState.UNKNOWN_WORD, ReceiptState.SENT, ReceiptState.FAILED, ReceiptState.DELIVERED)


class MessageState(StrEnum):
    """Where a message is."""

    QUEUED = "queued"
    ATTEMPTING = "attempting"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    FAILED = "failed"
    UNKNOWN = "unknown"
    STALE = "stale"
    WITHHELD = "withheld"


LIVE: Final = (MessageState.QUEUED, MessageState.ATTEMPTING)
"""States in which a text may still be handed to a provider."""

_FOLLOWERS: Final[Mapping[MessageState, frozenset[MessageState]]] = {
    MessageState.QUEUED: frozenset({MessageState.ATTEMPTING, MessageState.FAILED, MessageState.STALE}),
    MessageState.ATTEMPTING: frozenset(
        {
            MessageState.ACCEPTED,
            MessageState.DELIVERED,
            MessageState.FAILED,
            MessageState.UNKNOWN,
            MessageState.STALE,
        }
    ),
    MessageState.ACCEPTED: frozenset({MessageState.DELIVERED, MessageState.FAILED}),
    MessageState.UNKNOWN: frozenset({MessageState.ACCEPTED, MessageState.DELIVERED, MessageState.FAILED}),
    MessageState.FAILED: frozenset({MessageState.DELIVERED}),
    MessageState.DELIVERED: frozenset(),
    MessageState.STALE: frozenset(),
    MessageState.WITHHELD: frozenset(),
}


class Withheld(StrEnum):
    """Why a message is not sent at all; told to the administrator, never to the person."""

    UNKNOWN_PERSON = "unknown-person"
    NO_PHONE = "no-phone"
    ACCOUNT_UNUSABLE = "account-unusable"
    METHOD_UNUSABLE = "method-unusable"
    COUNTRY_NOT_SERVED = "country-not-served"
    NUMBER_LIMIT = "number-limit"
    BUDGET = "budget"
    OPTED_OUT = "opted-out"
    NUMBER_CHANGED = "number-changed"


class Failure(StrEnum):
    """Class of what went wrong with a message; the provider's own code stands beside it."""

    REFUSED = "refused"
    OPTED_OUT = "opted-out"
    CONFIGURATION = "configuration"
    NO_SERVICE = "no-service"
    NOT_TAKEN = "not-taken"
    IN_DOUBT = "in-doubt"
    UNDELIVERED = "undelivered"
    UNREADABLE = "unreadable"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Settle:
    """The message has reached *state*; nothing more is sent."""

    state: MessageState
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Repeat:
    """The same text may be handed to a sender service again, not before *due_at*."""

    due_at: datetime


Verdict: TypeAlias = Settle | Repeat


def may_follow(old: MessageState, new: MessageState) -> bool:
    """Tell whether a message in state *old* may go to *new*."""
    return new in _FOLLOWERS[old]


def priority_of(purpose: Purpose) -> int:
    """Return the rank of *purpose* in the queue: 0 goes first and has senders of its own."""
    return (Purpose.AUTHENTICATION, Purpose.VERIFICATION, Purpose.NOTICE, Purpose.OFFER).index(purpose)


def turn_of(purpose: Purpose, expires_at: datetime) -> int:
    """Return the rank of a message among those of its purpose; the lowest goes first.

    Of codes, that is the one with the newest deadline: after an outage, those who asked last still wait before their
    pages, while the oldest codes would be dead on arrival. Texts without a code are equal, and go in the order in which
    they are due.
    """
    return -int(expires_at.timestamp() * 1000) if purpose in CODES else 0


def when_expired(doubts: int) -> Settle:
    """Return how a message ends whose time is over; *doubts* counts its attempts of unknown outcome."""
    if doubts:
        return Settle(MessageState.UNKNOWN, Failure.IN_DOUBT)
    return Settle(MessageState.STALE, Failure.EXPIRED)


def after_receipt(state: MessageState, report: ReceiptState) -> MessageState:
    """Return the state of a message after a provider's later *report*; unknown words change nothing."""
    reported = {
        ReceiptState.SENT: MessageState.ACCEPTED,
        ReceiptState.DELIVERED: MessageState.DELIVERED,
        ReceiptState.FAILED: MessageState.FAILED,
    }.get(report)
    if reported is None or state is MessageState.QUEUED:
        return state
    # While an attempt is open a failure may be an earlier copy's; it is looked at again when the attempt has ended.
    if state is MessageState.ATTEMPTING and reported is MessageState.FAILED:
        return state
    return reported if may_follow(state, reported) else state


def after_receipts(state: MessageState, reports: Iterable[ReceiptState]) -> MessageState:
    """Return the state after all *reports*; their order does not matter."""
    for report in sorted(reports, key=_STRENGTH.index):
        state = after_receipt(state, report)
    return state
