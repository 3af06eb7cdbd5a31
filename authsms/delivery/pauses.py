"""The moments of delivery at which a process may die; tests stop or kill one exactly there."""

from enum import StrEnum


class Moment(StrEnum):
    """A point that matters for what may be lost or doubled."""

    BEFORE_CLAIM = "before-claim"
    CLAIMED = "claimed"
    ATTEMPTING = "attempting"
    ANSWERED = "answered"
    RECORDED = "recorded"


class Pauses:
    """Is told when a moment is reached; this one, for production, does nothing."""

    def reached(self, moment: Moment) -> None:
        """Take note that this thread is at *moment*."""
