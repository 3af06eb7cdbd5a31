"""What the page of a method shows beside its one field: the mask, the clocks, and how far the text is."""

from dataclasses import dataclass
from datetime import datetime
from math import ceil

from authsms.delivery.states import MessageState
from authsms.logon.machine import Asks
from authsms.logon.steps import ChainChoice, DeliveryStatus, Step
from authsms.portals.wording import Progress, progress


@dataclass(frozen=True, slots=True)
class CodePage:
    """Everything is told as seconds from now: the person's clock may be wrong.

    Attributes:
        masked: Recipient mask, or empty.
        length: Digits of the code.
        seconds_left: Until the code expires; 0 when it has.
        resend_seconds: Until another code may be asked for; None when the method sends nothing.
        hold_seconds: Until an answer is checked again.
        progress: How far the text is.
        is_withheld: No text was sent at all, and the person may know why.
    """

    masked: str
    length: int
    seconds_left: int
    resend_seconds: int | None
    hold_seconds: int
    progress: Progress
    is_withheld: bool

    @classmethod
    def of(cls, asks: Asks, now: datetime, status: DeliveryStatus) -> "CodePage":
        """Return the page for an open question."""
        return cls(
            masked=asks.masked,
            length=asks.length,
            seconds_left=_until(asks.expires_at, now),
            resend_seconds=None if asks.resend_at is None else _until(asks.resend_at, now),
            hold_seconds=_until(asks.hold_until, now),
            progress=progress(status),
            is_withheld=status.state == MessageState.WITHHELD,
        )


def alternatives(step: Step) -> tuple[ChainChoice, ...]:
    """Return the other chains that get along without the method that asks at present."""
    return tuple(chain for chain in step.chains if step.asks and step.asks.method not in chain.methods)


def clock_text(seconds: int) -> str:
    """Return *seconds* as people read a countdown, ``1:05``."""
    return f"{seconds // 60}:{seconds % 60:02d}"


def _until(moment: datetime | None, now: datetime) -> int:
    return 0 if moment is None else max(0, ceil((moment - now).total_seconds()))
