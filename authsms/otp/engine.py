"""The rules of one-time codes: spelling, the hold ladder, send windows, and TOTP and HOTP on pyotp.

A hold belongs to a person and a method, not to a code: asking for a new code, another browser or another door does not
shorten it (NIST SP 800-63B-4, 3.1.3.2). After the cap the method is disabled until it is bound again (3.2.2).

```mermaid
stateDiagram-v2
    [*] --> open
    open --> consumed: the right code, in time
    open --> dead: a newer code was issued
    open --> exhausted: all tries are used up
    open --> expired: its time is over
```

Pure: time and randomness are parameters.
"""

import base64
import hashlib
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import pyotp

FIRST_HOLD: Final = timedelta(seconds=30)
LONGEST_HOLD: Final = timedelta(hours=1)
MOST_FAILURES: Final = 100
"""NIST SP 800-63B-4, 3.2.2: never more consecutive failures than this."""

SEED_BYTES: Final = 20
"""160 bits, RFC 4226 section 4, R6; what is drawn here has as many."""

LEAST_SEED_BYTES: Final = 16
"""128 bits, the least that R6 allows; tokens that are bought may have no more."""

TIME_STEP: Final = timedelta(seconds=30)
TOTP_DIGITS: Final = 6
LENGTHS: Final = (6, 8)
"""Digits that a code made from a seed may have; RFC 6238 section 1.2 makes its examples with eight."""

LOOK_AHEAD: Final = 10
"""HOTP counters tried beyond the expected one, RFC 4226 section 7.4."""

RESYNCHRONISED_AHEAD: Final = 1000
"""The same when two codes in a row are given: one in a thousand million guesses is right."""

_LONGEST_SPELLING: Final = 64
_TEN_MINUTES: Final = timedelta(minutes=10)
_DAY: Final = timedelta(days=1)
_SEPARATORS: Final = frozenset(" \t\r\n-\u00a0\u2007\u2009\u202f\u2010\u2011\u2012\u2013\u2014\u2212")


class Algorithm(StrEnum):
    """What codes are made with (RFC 6238 section 1.2), in the words of ``otpauth://`` addresses."""

    SHA1 = "SHA1"
    SHA256 = "SHA256"
    SHA512 = "SHA512"

    @property
    def digest(self) -> Callable[..., Any]:
        """The hash function."""
        function: Callable[..., Any] = getattr(hashlib, self.value.lower())
        return function

    @property
    def seed_bytes(self) -> int:
        """How long a seed is drawn: as long as what the function yields (RFC 6238 section 3, R6)."""
        size: int = self.digest().digest_size
        return size


@dataclass(frozen=True, slots=True)
class Recipe:
    """How codes are made from a seed; six digits and SHA-1 is what every application and most tokens do."""

    digits: int = TOTP_DIGITS
    algorithm: Algorithm = Algorithm.SHA1

    def __post_init__(self) -> None:
        if self.digits not in LENGTHS:
            raise ValueError("a code has 6 or 8 digits")


COMMON: Final = Recipe()


@dataclass(frozen=True, slots=True)
class HoldLadder:
    """How wrong codes slow a person down.

    Attributes:
        hold_after: Consecutive failures before each further try has to wait.
        cap: Consecutive failures that disable the method, at most 100.
    """

    hold_after: int
    cap: int

    def __post_init__(self) -> None:
        if self.hold_after < 1 or not 1 <= self.cap <= MOST_FAILURES:
            raise ValueError(f"a hold begins after one failure or more and ends in a cap of at most {MOST_FAILURES}")

    def hold(self, failures: int) -> timedelta:
        """Return how long to wait after the *failures*-th consecutive failure: nothing, then 30 s doubling to 1 h."""
        if failures < self.hold_after:
            return timedelta(0)
        doublings = min(failures - self.hold_after, 10)
        return min(FIRST_HOLD * (1 << doublings), LONGEST_HOLD)

    def disables(self, failures: int) -> bool:
        """Return whether the *failures*-th consecutive failure disables the method."""
        return failures >= self.cap


@dataclass(frozen=True, slots=True)
class SendWindow:
    """How often one number, or one person, may be sent a code.

    Attributes:
        pause: Wait after the first text; it doubles with each further one within ten minutes.
        per_ten_minutes: Most texts in any ten minutes.
        per_day: Most texts in any 24 hours.
    """

    pause: timedelta
    per_ten_minutes: int
    per_day: int

    def kept(self, sent: Sequence[datetime], now: datetime) -> tuple[datetime, ...]:
        """Return the part of *sent* that still counts, oldest first."""
        return tuple(sorted(moment for moment in sent if moment > now - _DAY))[-self.per_day :]

    def next_at(self, sent: Sequence[datetime], now: datetime) -> datetime:
        """Return when the next text may go out: not later than *now* when it may go at once."""
        recent = sorted(moment for moment in sent if moment > now - _DAY)
        if not recent:
            return now
        close = [moment for moment in recent if moment > now - _TEN_MINUTES]
        moments = [now]
        if close:
            moments.append(recent[-1] + self.pause * (1 << (len(close) - 1)))
        if len(close) >= self.per_ten_minutes:
            moments.append(close[-self.per_ten_minutes] + _TEN_MINUTES)
        if len(recent) >= self.per_day:
            moments.append(recent[-self.per_day] + _DAY)
        return max(moments)


def canonical_code(text: object, length: int) -> str | None:
    """Return a typed code as *length* ASCII digits, or None when it is nothing of the kind.

    Spaces and dashes between digits are dropped, digits of any script are read, so that every spelling of a code
    shares one counter and one use. Anything that is not text (a JSON number, a list) is no code.
    """
    if not isinstance(text, str) or len(text) > _LONGEST_SPELLING:
        return None
    digits = []
    for mark in unicodedata.normalize("NFKC", text):
        if mark in _SEPARATORS:
            continue
        digit = unicodedata.decimal(mark, None)
        if digit is None:
            return None
        digits.append(str(digit))
    return "".join(digits) if len(digits) == length else None


def canonical_seed_code(text: object, lengths: Sequence[int] = LENGTHS) -> str | None:
    """Return a typed code that has one of these lengths as `canonical_code` does, or None."""
    return next((code for length in lengths if (code := canonical_code(text, length))), None)


def encode_seed(seed: bytes) -> str:
    """Return *seed* in the base32 form that authenticator applications take.

    Raises:
        ValueError: It has fewer than 128 bits.
    """
    if len(seed) < LEAST_SEED_BYTES:
        raise ValueError(f"a seed has at least {LEAST_SEED_BYTES} bytes")
    return base64.b32encode(seed).decode("ascii")


def provisioning_uri(
    seed: str, *, account: str, issuer: str, recipe: Recipe = COMMON, counter: int | None = None
) -> str:
    """Return the address by which authenticator applications take over a seed, ``otpauth://totp/…`` or ``…hotp/…``.

    What is common is left out of it, so that applications which know nothing else take it.

    Args:
        seed: Base32.
        account: Whose codes these are.
        issuer: And where.
        recipe: How codes are made.
        counter: Of the first code, for an application that counts; None for one that looks at the clock.
    """
    digest = recipe.algorithm.digest
    if counter is None:
        clock = pyotp.TOTP(seed, digits=recipe.digits, digest=digest)
        return clock.provisioning_uri(name=account, issuer_name=issuer)
    hotp = pyotp.HOTP(seed, digits=recipe.digits, digest=digest)
    return hotp.provisioning_uri(name=account, issuer_name=issuer, initial_count=counter)


def accept_totp(
    seed: str, code: str, *, now: datetime, last_step: int, drift: int = 1, algorithm: Algorithm = Algorithm.SHA1
) -> int | None:
    """Return the time step *code* belongs to, or None when it is refused.

    The caller stores the step with a conditional update; only a strictly greater one is accepted, so that a code is
    good once (RFC 6238 section 5.2). *drift* steps before and after now are looked at.

    Args:
        seed: Base32.
        code: As `canonical_code` returns it.
        now: The server's time.
        last_step: The step of the last accepted code, -1 when there is none.
        drift: Steps of clock difference that are forgiven, at most 1 is advised (RFC 6238 section 6).
        algorithm: What codes are made with.
    """
    totp = pyotp.TOTP(seed, digits=len(code), digest=algorithm.digest, interval=int(TIME_STEP.total_seconds()))
    present = int(now.astimezone(UTC).timestamp()) // int(TIME_STEP.total_seconds())
    accepted = None
    # Every step is computed whatever matches, so that the time taken tells nothing.
    for step in range(present - drift, present + drift + 1):
        matches = pyotp.utils.strings_equal(code, totp.generate_otp(max(step, 0)))
        if matches and step > last_step and accepted is None:
            accepted = step
    return accepted


def accept_hotp(
    seed: str, code: str, *, counter: int, look_ahead: int = LOOK_AHEAD, algorithm: Algorithm = Algorithm.SHA1
) -> int | None:
    """Return the counter to expect next when *code* is right, or None.

    Args:
        seed: Base32.
        code: As `canonical_code` returns it.
        counter: The counter that is expected now; codes of lower ones are never accepted again.
        look_ahead: How many skipped codes are forgiven (RFC 4226 section 7.4).
        algorithm: What codes are made with.
    """
    hotp = pyotp.HOTP(seed, digits=len(code), digest=algorithm.digest)
    accepted = None
    for value in range(counter, counter + look_ahead + 1):
        if pyotp.utils.strings_equal(code, hotp.at(value)) and accepted is None:
            accepted = value + 1
    return accepted


def accept_hotp_pair(
    seed: str, first: str, second: str, *, counter: int, algorithm: Algorithm = Algorithm.SHA1
) -> int | None:
    """Return the counter of the *second* of two codes in a row, searched for far ahead, or None.

    Args:
        seed: Base32.
        first: As `canonical_code` returns it.
        second: The one that the token showed next.
        counter: The counter that is expected now; codes of lower ones are never accepted again.
        algorithm: What codes are made with.
    """
    hotp = pyotp.HOTP(seed, digits=len(first), digest=algorithm.digest)
    accepted, before = None, ""
    for value in range(counter, counter + RESYNCHRONISED_AHEAD + 2):
        code = hotp.at(value)
        is_pair = pyotp.utils.strings_equal(first, before) & pyotp.utils.strings_equal(second, code)
        if is_pair and accepted is None:
            accepted = value
        before = code
    return accepted
