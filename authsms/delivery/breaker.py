"""The breaker of a sender service: when a sick one is left alone, and how it is let back in; the rules only.

```mermaid
stateDiagram-v2
    [*] --> closed
    closed --> open: five failures in 30 s that no success has made up for
    closed --> open: the account is refused, or the provider asks to wait
    open --> half-open: the pause is over, one message goes through
    half-open --> closed: it was answered
    half-open --> open: it failed; the next pause is twice as long
    half-open --> half-open: nothing was heard of it, another one goes through
```

A failure is what leaves the provider in doubt: nothing taken, or nobody knows. A refusal of one message, or of one
destination, is an answer, and proves that the provider works. A success makes up for one failure, so that a service
that fails now and then among many successes stays in.

A provider that asks to wait has been given too much at once. When it is back it is given less, at a pace that is
learned: a part of what it took before it complained, and a little more with every text that it takes.

Answers of messages that were under way when the breaker opened change nothing: while it is half-open, only the one
message that was let through counts.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, TypeAlias

from authsms.senders.submission import Accepted, NotTaken, Outcome, PerhapsTaken, RefusalScope, Refused

MOST_FAILURES: Final = 5
WINDOW: Final = timedelta(seconds=30)
FIRST_PAUSE: Final = timedelta(seconds=5)
LONGEST_PAUSE: Final = timedelta(minutes=2)
ACCOUNT_PAUSE: Final = timedelta(minutes=1)
"""First pause after a refusal that somebody has to do something about."""

LONGEST_ACCOUNT_PAUSE: Final = timedelta(minutes=15)
LEAST_PACE: Final = 1.0
"""Texts a second that are tried at least, however often a provider asks to wait."""

FASTEST_PACE: Final = 200.0
"""A pace that has come this far is given up: it limits nothing any more."""

_SLOWER: Final = 0.7
_FASTER: Final = 0.1
PROBE_LEASE: Final = timedelta(seconds=20)
"""Longer than any provider is waited for; a message that was let through and not heard of since is given up then."""


class Breaker(StrEnum):
    """Whether messages may go through a sender service."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


class Trouble(StrEnum):
    """Why a breaker has opened."""

    FAILURES = "failures"
    ACCOUNT = "account"
    THROTTLED = "throttled"


@dataclass(frozen=True, slots=True)
class Fuse:
    """Where the breaker of one service stands.

    Attributes:
        failures: Moments of the failures that count, oldest first.
        opened_at: Since when it has not been closed, or None.
        retry_at: When the next message may be let through; None while it is closed.
        pause: Length of the present pause.
        reason: A `Trouble`, or empty.
        code: The provider's own code, or ours, of what opened it.
        probe: Which attempt was let through, e.g. ``<message>/2``; empty unless it is half-open.
        pace: Texts a second that it is given since it has asked to wait; 0 for as many as there are.
    """

    breaker: Breaker = Breaker.CLOSED
    failures: tuple[datetime, ...] = ()
    opened_at: datetime | None = None
    retry_at: datetime | None = None
    pause: timedelta = timedelta(0)
    reason: str = ""
    code: str = ""
    probe: str = ""
    pace: float = 0.0


@dataclass(frozen=True, slots=True)
class Well:
    """The provider answered, whatever it said of the message."""


@dataclass(frozen=True, slots=True)
class Sick:
    """The provider did not do its work.

    Attributes:
        trouble: What is wrong with it.
        code: Its own code, or ours.
        until: How long it asks to be left alone, or None.
        flow: Texts a second that it took just before.
    """

    trouble: Trouble
    code: str
    until: datetime | None = None
    flow: float = 0.0


Sign: TypeAlias = Well | Sick


def sign_of(outcome: Outcome, now: datetime, *, flow: float = 0.0) -> Sign:
    """Return what *outcome*, just come in, says about a provider that took *flow* texts a second before."""
    match outcome:
        case NotTaken(code=code, retry_after=retry_after) if retry_after:
            return Sick(Trouble.THROTTLED, code, now + retry_after, flow)
        case NotTaken(code=code) | PerhapsTaken(code=code):
            return Sick(Trouble.FAILURES, code)
        case Refused(scope=RefusalScope.CONFIGURATION, opted_out=False, code=code):
            return Sick(Trouble.ACCOUNT, code)
        case Accepted() | Refused():
            return Well()


def after(fuse: Fuse, sign: Sign, now: datetime, *, attempt: str) -> Fuse:
    """Return where the breaker stands after an attempt.

    Args:
        fuse: Where it stood.
        sign: What the attempt's outcome says.
        now: When it came in.
        attempt: Which attempt it was, see `Fuse.probe`.
    """
    is_probe = fuse.breaker is Breaker.HALF_OPEN and fuse.probe == attempt
    match sign:
        case Well():
            return _after_success(fuse, now, is_probe=is_probe)
        case Sick(until=until) if until is not None:
            return _asked_to_wait(fuse, sign, now, until, is_probe=is_probe)
        case Sick() if fuse.breaker is Breaker.CLOSED:
            return _after_failure(fuse, sign, now)
        case Sick() if is_probe:
            return _opened(fuse, sign, now, fuse.pause * 2)
        case _:
            return fuse


def probing(fuse: Fuse, now: datetime, *, attempt: str) -> Fuse:
    """Return *fuse* with *attempt* let through."""
    return replace(fuse, breaker=Breaker.HALF_OPEN, probe=attempt, retry_at=now + PROBE_LEASE)


def not_probed(fuse: Fuse, now: datetime, *, attempt: str) -> Fuse:
    """Return *fuse* after *attempt* was let through and then not made: the next one may be, at once."""
    if fuse.breaker is not Breaker.HALF_OPEN or fuse.probe != attempt:
        return fuse
    return replace(fuse, breaker=Breaker.OPEN, probe="", retry_at=now)


def _after_success(fuse: Fuse, now: datetime, *, is_probe: bool) -> Fuse:
    if is_probe:
        return Fuse(pace=fuse.pace)
    if fuse.breaker is Breaker.CLOSED:
        faster = fuse.pace + _FASTER if fuse.pace else 0.0
        return replace(fuse, failures=_recent(fuse, now)[1:], pace=faster if faster < FASTEST_PACE else 0.0)
    return fuse


def _recent(fuse: Fuse, now: datetime) -> tuple[datetime, ...]:
    return tuple(moment for moment in fuse.failures if now - moment < WINDOW)


def _after_failure(fuse: Fuse, sign: Sick, now: datetime) -> Fuse:
    failures = (*_recent(fuse, now), now)
    if sign.trouble is Trouble.ACCOUNT or len(failures) >= MOST_FAILURES:
        return _opened(fuse, sign, now, timedelta(0))
    return replace(fuse, failures=failures)


def _opened(fuse: Fuse, sign: Sick, now: datetime, pause: timedelta) -> Fuse:
    is_account = sign.trouble is Trouble.ACCOUNT
    shortest, longest = (ACCOUNT_PAUSE, LONGEST_ACCOUNT_PAUSE) if is_account else (FIRST_PAUSE, LONGEST_PAUSE)
    pause = min(max(pause, shortest), longest)
    return Fuse(
        Breaker.OPEN,
        opened_at=fuse.opened_at or now,
        retry_at=now + pause,
        pause=pause,
        reason=sign.trouble.value,
        code=sign.code,
        pace=fuse.pace,
    )


def _asked_to_wait(fuse: Fuse, sign: Sick, now: datetime, until: datetime, *, is_probe: bool) -> Fuse:
    """Leave the provider alone as long as it asks for, whoever it told; this is no reason to doubt it later."""
    if fuse.breaker is not Breaker.CLOSED and fuse.reason != Trouble.THROTTLED:
        return replace(fuse, breaker=Breaker.OPEN, probe="", retry_at=max(until, fuse.retry_at or until))
    # Of many answers that come in together only the first says something about the pace.
    is_news = fuse.breaker is Breaker.CLOSED or is_probe
    latest = until if fuse.retry_at is None or fuse.breaker is Breaker.HALF_OPEN else max(until, fuse.retry_at)
    return Fuse(
        Breaker.OPEN,
        opened_at=fuse.opened_at or now,
        retry_at=latest,
        reason=sign.trouble.value,
        code=sign.code,
        pace=_slower(fuse.pace, sign.flow) if is_news else fuse.pace,
    )


def _slower(pace: float, flow: float) -> float:
    known = [one for one in (pace, flow) if one]
    return max(min(known, default=LEAST_PACE) * _SLOWER, LEAST_PACE)
