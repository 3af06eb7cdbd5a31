"""Pages that renew themselves: for a while, so that a page nobody looks at does not keep its session alive."""

from datetime import UTC, datetime, timedelta
from typing import Final

from authsms.portals.admin.frame import services

STOP_ASKING: Final = 286
"""The status by which htmx learns to ask no more."""

_LASTS: Final = timedelta(minutes=10)


def begin() -> datetime:
    """Return until when a page that is opened now renews itself."""
    return services().clock.now() + _LASTS


def read(text: str) -> datetime | None:
    """Return until when the page that sent *text* renews itself, or None when that is over."""
    if not text.isascii() or not text.isdigit() or len(text) > 11:  # noqa: PLR2004 - seconds since 1970
        return None
    now, until = services().clock.now(), datetime.fromtimestamp(int(text), UTC)
    return until if now < until <= now + _LASTS else None


def write(until: datetime | None) -> str:
    """Return what the page sends with its next request; empty when there is to be none."""
    return "" if until is None else str(int(until.timestamp()))
