"""The state machine of a logon process: what one method's result does to the walk through a chain.

```mermaid
stateDiagram-v2
    [*] --> MORE_DATA: first method asks
    MORE_DATA --> MORE_DATA: Asks, Failed with tries left, or a chain is chosen
    MORE_DATA --> NEXT: Passed, methods are left
    NEXT --> MORE_DATA: next method asks
    MORE_DATA --> OK: Passed, the last one
    MORE_DATA --> NEXT: Passed, the last one, but a password is overdue
    MORE_DATA --> FAILED: Failed for good, or no tries left
    NEXT --> FAILED: next method cannot begin
    OK --> [*]
    FAILED --> [*]
```

Where chains part, `WHICH_CHAIN` may be asked before the next method begins. What is overdue is asked for when all else
is proven, by `indebted`, and OK follows once that has passed as well.
Cancelling and expiry end a process from outside; they are no result of a method. Pure: nothing is read or written here.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, TypeAlias

MOST_FAILURES = 20
"""Wrong answers of any kind after which a process ends; limits and counters of accounts bite long before."""


class Status(StrEnum):
    """Where a logon process stands, in the words of the wire."""

    MORE_DATA = "MORE_DATA"
    NEXT = "NEXT"
    OK = "OK"
    FAILED = "FAILED"


class Prompt(StrEnum):
    """What kind of answer a method wants; decides the page."""

    PASSWORD = "password"  # noqa: S105 - a word of the vocabulary, not a password
    NEW_PASSWORD = "new_password"  # noqa: S105 - as above
    CODE = "code"
    EMERGENCY = "emergency"
    RECOVERY = "recovery"
    PASSKEY = "passkey"
    CHAIN = "chain"


class MessageKey(StrEnum):
    """What the person is told; doors translate it. None of them tells an outsider who exists."""

    ASK_PASSWORD = "password.ask"  # noqa: S105 - as above
    WRONG_PASSWORD = "password.refused"  # noqa: S105 - as above
    PASSWORD_OVERDUE = "password.overdue"  # noqa: S105 - as above
    PASSWORD_ELSEWHERE = "password.elsewhere"  # noqa: S105 - as above
    PASSWORD_OLD_WRONG = "password.old-refused"  # noqa: S105 - as above
    PASSWORD_NOT_REPEATED = "password.not-repeated"  # noqa: S105 - as above
    PASSWORD_TOO_SHORT = "password.too-short"  # noqa: S105 - as above
    PASSWORD_USED_BEFORE = "password.used-before"  # noqa: S105 - as above
    PASSWORD_TOO_SOON = "password.too-soon"  # noqa: S105 - as above
    PASSWORD_UNFIT = "password.unfit"  # noqa: S105 - as above
    CODE_SENT = "code.sent"
    CODE_REFUSED = "code.refused"
    CODE_MALFORMED = "code.malformed"
    CODE_WAIT = "code.wait"
    CODE_HELD = "code.held"
    METHOD_DISABLED = "method.disabled"
    NUMBER_HELD = "number.held"
    APP_ASKED = "app.ask"
    APP_REFUSED = "app.refused"
    APP_NOT_SET_UP = "app.not-set-up"
    HOTP_ASKED = "hotp.ask"
    HOTP_REFUSED = "hotp.refused"
    HOTP_MISSING = "hotp.missing"
    PLUGGED_ASKED = "plugged.ask"
    PLUGGED_REFUSED = "plugged.refused"
    PLUGGED_MISSING = "plugged.missing"
    EMERGENCY_ASKED = "emergency.ask"
    EMERGENCY_REFUSED = "emergency.refused"
    EMERGENCY_MISSING = "emergency.missing"
    RECOVERY_ASKED = "recovery.ask"
    RECOVERY_REFUSED = "recovery.refused"
    RECOVERY_MALFORMED = "recovery.malformed"
    RECOVERY_MISSING = "recovery.missing"
    PASSKEY_ASKED = "passkey.ask"
    PASSKEY_REFUSED = "passkey.refused"
    PASSKEY_ABSENT = "passkey.absent"
    PASSKEY_MISSING = "passkey.missing"
    CHAIN_ASKED = "chain.ask"
    CHAIN_UNKNOWN = "chain.unknown"
    FINISHED = "logon.finished"
    FINISHED_OVERDUE = "logon.finished-overdue"
    FAILED = "logon.failed"


@dataclass(frozen=True, slots=True)
class Asks:
    """A method waits for an answer, or the process itself asks which chain it shall be.

    Attributes:
        method: Its wire name, ``SMS_OTP:1``; empty when a chain is to be chosen.
        prompt: What to show.
        message_key: What to say above the field.
        masked: Recipient mask, empty when nothing was sent.
        length: Digits or letters of the code, 0 when it is no code.
        expires_at: When the code ends.
        resend_at: When another one may be asked for; None when the method has nothing to send.
        hold_until: No answer is checked before this; only told when `details` may be seen.
        message_id: The text on its way, for delivery details; only set when they may be seen.
        details: Whether delivery details may be shown: an earlier method has passed.
        ceremony: What the page asks the browser for (WebAuthn, JSON); empty when the answer is typed.
        reference: The method's own note (a challenge id); never leaves the server.
    """

    method: str
    prompt: Prompt
    message_key: MessageKey
    masked: str = ""
    length: int = 0
    expires_at: datetime | None = None
    resend_at: datetime | None = None
    hold_until: datetime | None = None
    message_id: str | None = None
    details: bool = False
    ceremony: str = ""
    reference: str = field(default="", repr=False)


WHICH_CHAIN: Final = Asks("", Prompt.CHAIN, MessageKey.CHAIN_ASKED)
"""The question which chain it shall be; no method asks it, and what answers it is no proof."""


@dataclass(frozen=True, slots=True)
class Passed:
    """The method is satisfied.

    Attributes:
        proofs: What it proved this time beyond what it always proves, in the words of RFC 8176.
        is_overdue: It was a password that has to be changed, and is let pass all the same.
    """

    proofs: tuple[str, ...] = ()
    is_overdue: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """The answer was refused.

    Attributes:
        message_key: What the person is told.
        reason: The truth, for the audit trail only.
        asks: What is asked now; as before when None.
        final: End the process; otherwise another try is welcome.
        counted: Whether this uses up one of the tries of the process; a typing slip does not.
    """

    message_key: MessageKey
    reason: str = ""
    asks: Asks | None = None
    final: bool = False
    counted: bool = True


Result: TypeAlias = Asks | Passed | Failed


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a process is.

    Attributes:
        methods: The chain, in order.
        completed: What has passed in this process, in the order in which it passed.
        failures: Wrong answers so far.
        status: See the diagram.
        asks: The open question; None between methods and at the end.
        proofs: What methods proved beyond what they always prove (RFC 8176).
        is_overdue: A password that has to be changed was let pass, and is not changed yet.
    """

    methods: tuple[str, ...]
    completed: tuple[str, ...] = ()
    failures: int = 0
    status: Status = Status.NEXT
    asks: Asks | None = None
    proofs: tuple[str, ...] = ()
    is_overdue: bool = False

    @property
    def current(self) -> str | None:
        """The method whose turn it is, at last once more one that asks for what is overdue; None when all is done."""
        for name in self.methods:
            if name not in self.completed:
                return name
        return self.asks.method if self.asks is not None else None

    @property
    def is_open(self) -> bool:
        """Whether answers are still welcome."""
        return self.status in {Status.MORE_DATA, Status.NEXT}


def advance(progress: Progress, result: Result) -> Progress:
    """Return the progress after the current method gave *result*.

    Raises:
        ValueError: The process has ended, or no method is left; the caller must not have asked.
    """
    current = progress.current
    if not progress.is_open or current is None:
        raise ValueError("a finished process takes no result")
    match result:
        case Asks():
            return replace(progress, status=Status.MORE_DATA, asks=result)
        case Passed():
            proofs = (*progress.proofs, *result.proofs)
            is_paid = current in progress.completed
            is_overdue = not is_paid and (progress.is_overdue or result.is_overdue)
            completed = progress.completed if is_paid else (*progress.completed, current)
            status = Status.OK if set(progress.methods) <= set(completed) else Status.NEXT
            return replace(
                progress, completed=completed, status=status, asks=None, proofs=proofs, is_overdue=is_overdue
            )
        case Failed():
            failures = progress.failures + result.counted
            if result.final or failures >= MOST_FAILURES:
                return replace(progress, status=Status.FAILED, failures=failures, asks=None)
            return replace(progress, failures=failures, asks=result.asks or progress.asks)


def indebted(progress: Progress, asks: Asks) -> Progress:
    """Return the progress of somebody who has proven all, and is asked for what is overdue.

    Raises:
        ValueError: Something is still to be proven, or nothing is overdue.
    """
    if progress.status is not Status.OK or not progress.is_overdue or asks.method not in progress.completed:
        raise ValueError("nothing is owed now")
    return replace(progress, status=Status.MORE_DATA, asks=asks)


def switch(progress: Progress, methods: tuple[str, ...]) -> Progress:
    """Return the progress on another chain; what has passed already is not asked again.

    Raises:
        ValueError: The process has ended, or the other chain holds nothing that is still to be proven.
    """
    switched = replace(progress, methods=methods, status=Status.NEXT, asks=None)
    if not progress.is_open or switched.current is None:
        raise ValueError("this chain cannot be chosen now")
    return switched
