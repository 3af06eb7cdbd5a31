"""Null implementations of the product's contracts, for tests."""

from datetime import UTC, datetime, timedelta

from typing_extensions import override

from authsms.foundation.clock import Clock


class ManualClock(Clock):
    """A clock that stands still until it is told to go on.

    Args:
        start: Where it stands; the present, in whole seconds, when left out.
    """

    def __init__(self, start: datetime | None = None) -> None:
        self._now = start or datetime.now(UTC).replace(microsecond=0)

    @override
    def now(self) -> datetime:
        return self._now

    def advance(self, step: timedelta) -> None:
        """Move it by *step*; a negative one turns it back."""
        self._now += step
