"""Moments as people write them: a time on the clock of some place; the rules, and nothing else."""

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from authsms.foundation.errors import InvalidInputError

FURTHEST: Final = timedelta(days=366)
_LONGEST: Final = 64


def zone_called(name: str) -> ZoneInfo:
    """Return the time zone of that name, e.g. ``Europe/Berlin``.

    Raises:
        InvalidInputError: There is none.
    """
    try:
        if name.isascii() and len(name) <= _LONGEST:
            return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        pass  # a folder of zones, and a path that leads out of them, are no zones either
    raise InvalidInputError("There is no such time zone; write one as Europe/Berlin.", field="zone")


def read_moment(text: str, zone: ZoneInfo, now: datetime) -> datetime:
    """Return the moment that is written as ``2026-11-22 09:00`` or ``2026-11-22T09:00`` on the clocks of a zone.

    Raises:
        InvalidInputError: It is none, is skipped when the clocks change, is over, or lies more than a year ahead.
    """
    try:
        written = datetime.fromisoformat(text[:_LONGEST])
        moment = written.replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidInputError("Write the start as 2026-11-22 09:00.", field="at") from error
    if written.tzinfo is not None:
        raise InvalidInputError("Write the start as 2026-11-22 09:00.", field="at")
    if moment.astimezone(zone).replace(tzinfo=None) != written:
        raise InvalidInputError("The clocks are changed then, and skip that time.", field="at")
    if moment <= now:
        raise InvalidInputError("The start is over already.", field="at")
    if moment > now + FURTHEST:
        raise InvalidInputError("The start lies more than a year ahead.", field="at")
    return moment


def write_moment(moment: datetime, zone: ZoneInfo) -> str:
    """Return a moment as `read_moment` reads it, for a field of a form."""
    return moment.astimezone(zone).strftime("%Y-%m-%dT%H:%M")
