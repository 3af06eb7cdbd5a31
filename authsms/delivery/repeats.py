"""The rules of trying again: what to do after an attempt, or with the messages of a dead worker.

Sending a text is not idempotent at any provider, so a copy too many cannot be ruled out, only bounded: after an
attempt of unknown outcome there is exactly one repeat, with the same text, through another sender service if there is
one. What a provider certainly has not taken may be tried again without that risk, until the message's life is over.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from authsms.delivery.states import Failure, MessageState, Repeat, Settle, Verdict, when_expired
from authsms.senders.submission import Accepted, NotTaken, Outcome, PerhapsTaken, RefusalScope, Refused

MOST_ATTEMPTS: Final = 12
MOST_DOUBTS: Final = 2
"""Attempts of unknown outcome after which a message rests: the first, and its one repeat."""

_FIRST_PAUSE: Final = timedelta(seconds=1)
_LONGEST_PAUSE: Final = timedelta(minutes=5)


class AttemptEnd(StrEnum):
    """How one attempt ended."""

    ACCEPTED = "accepted"
    NOT_TAKEN = "not-taken"
    PERHAPS_TAKEN = "perhaps-taken"
    REFUSED = "refused"
    SERVICE_REFUSED = "service-refused"
    OWNER_DIED = "owner-died"
    TOO_LATE = "too-late"


DOUBTFUL: Final = frozenset({AttemptEnd.PERHAPS_TAKEN, AttemptEnd.OWNER_DIED})
"""Ends after which nobody knows whether a copy is on its way."""


@dataclass(frozen=True, slots=True)
class PastAttempt:
    """An attempt that has ended.

    Attributes:
        service: Name of the sender service.
        end: How it ended.
        ended_at: When.
        not_before: The provider asked to be left alone until then (``Retry-After``), or None.
    """

    service: str
    end: AttemptEnd
    ended_at: datetime
    not_before: datetime | None = None


def end_of(outcome: Outcome) -> AttemptEnd:
    """Return how an attempt ended that brought *outcome*."""
    match outcome:
        case Accepted():
            return AttemptEnd.ACCEPTED
        case NotTaken():
            return AttemptEnd.NOT_TAKEN
        case PerhapsTaken():
            return AttemptEnd.PERHAPS_TAKEN
        case Refused(scope=RefusalScope.CONFIGURATION | RefusalScope.DESTINATION, opted_out=False):
            return AttemptEnd.SERVICE_REFUSED
        case Refused():
            return AttemptEnd.REFUSED


def next_service(
    services: Sequence[str],
    history: Sequence[PastAttempt],
    *,
    now: datetime,
    spread: float,
    barred: Mapping[str, datetime] | None = None,
) -> tuple[str, datetime] | None:
    """Return through whom to try next and from when on, or None when nobody is left.

    Args:
        services: Names of the sender services of the policy, best first.
        history: All attempts that have ended, oldest first.
        now: The current moment.
        spread: 0 to 1, different from message to message, so that repeats do not come in step.
        barred: Services that take no message now, and from when on they may; they wait for nobody while another serves.
    """
    barred = barred or {}
    refused = {past.service for past in history if past.end is AttemptEnd.SERVICE_REFUSED}
    doubtful = {past.service for past in history if past.end in DOUBTFUL}
    open_services = [name for name in services if name not in refused]
    reachable = [name for name in open_services if name not in barred] or open_services
    # A provider that may hold a copy already is asked again only when there is no other.
    candidates = [name for name in reachable if name not in doubtful] or reachable
    if not candidates or len(history) >= MOST_ATTEMPTS:
        return None
    return min(
        ((name, max(_open_from(name, history, now=now, spread=spread), barred.get(name, now))) for name in candidates),
        key=lambda candidate: candidate[1],
    )


def after_attempt(
    services: Sequence[str],
    history: Sequence[PastAttempt],
    *,
    now: datetime,
    expires_at: datetime,
    spread: float,
    barred: Mapping[str, datetime] | None = None,
) -> Verdict:
    """Return what becomes of a message whose newest attempt is the last of *history*.

    The arguments are those of `next_service`; *expires_at* ends the message's life: what would be due then or later is
    not repeated.
    """
    end = history[-1].end
    if end is AttemptEnd.ACCEPTED:
        return Settle(MessageState.ACCEPTED)
    if end is AttemptEnd.REFUSED:
        return Settle(MessageState.FAILED, Failure.REFUSED)
    doubts = sum(past.end in DOUBTFUL for past in history)
    if end is AttemptEnd.TOO_LATE or doubts >= MOST_DOUBTS:
        return when_expired(doubts)
    onward = next_service(services, history, now=now, spread=spread, barred=barred)
    if onward is not None and onward[1] < expires_at and now < expires_at:
        return Repeat(onward[1])
    return when_given_up(history)


def after_outcome(  # noqa: PLR0913 - as above
    outcome: Outcome,
    services: Sequence[str],
    history: Sequence[PastAttempt],
    *,
    now: datetime,
    expires_at: datetime,
    spread: float = 0.0,
    barred: Mapping[str, datetime] | None = None,
) -> Verdict:
    """Return what becomes of a message after a provider's *outcome*; *history* ends with that attempt.

    Somebody who has opted out is refused for good, whatever other sender services there are.
    """
    match outcome:
        case Accepted():
            return Settle(MessageState.ACCEPTED)
        case Refused(opted_out=True):
            return Settle(MessageState.FAILED, Failure.OPTED_OUT)
        case _:
            return after_attempt(services, history, now=now, expires_at=expires_at, spread=spread, barred=barred)


def after_owner_died(*, in_flight: bool, doubts: int, now: datetime, expires_at: datetime) -> Verdict:
    """Return what becomes of a message whose worker was found dead.

    Args:
        in_flight: Whether an attempt was open: the text may or may not have gone out.
        doubts: Earlier attempts of unknown outcome.
        now: The current moment.
        expires_at: End of the message's life.
    """
    doubts += in_flight
    if now >= expires_at or doubts >= MOST_DOUBTS:
        return when_expired(doubts)
    return Repeat(now)


def when_given_up(history: Sequence[PastAttempt], *, is_offered: bool = False) -> Settle:
    """Return how a message ends for which no further attempt is possible.

    Args:
        history: All attempts that have ended.
        is_offered: There is a service for it, but none that would take it before its life is over.
    """
    ends = {past.end for past in history}
    if ends & DOUBTFUL:
        return Settle(MessageState.UNKNOWN, Failure.IN_DOUBT)
    if not ends and not is_offered:
        return Settle(MessageState.FAILED, Failure.NO_SERVICE)
    if is_offered:
        return Settle(MessageState.FAILED, Failure.NOT_TAKEN)
    if AttemptEnd.NOT_TAKEN in ends:
        return Settle(MessageState.FAILED, Failure.NOT_TAKEN)
    return Settle(MessageState.FAILED, Failure.CONFIGURATION)


def _open_from(service: str, history: Sequence[PastAttempt], *, now: datetime, spread: float) -> datetime:
    mine = [past for past in history if past.service == service]
    if not mine:
        return now
    if mine[-1].end is AttemptEnd.OWNER_DIED:
        return now
    pause = min(_FIRST_PAUSE * 2.0 ** (len(mine) - 1), _LONGEST_PAUSE) * (1 + spread / 4)
    return max(mine[-1].ended_at + pause, *(past.not_before or now for past in mine), now)
