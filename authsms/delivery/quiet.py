"""Quiet hours: when notices and offers wait, by the clock of whoever would be woken; the rules, and nothing else.

A number tells the time of its owner only where its country, or its place, has a single time zone. Everybody else has
the time zone of the installation. What would expire before the quiet hours are over does not wait: whoever sends it
has said how long it is good, and was told.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from authsms.foundation.phone import PhoneNumber, time_zone_of
from authsms.foundation.sections import NoticeSettings


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From when until when, each day.

    Attributes:
        begin: The first quiet minute.
        end: The first one that is not; before *begin* when midnight lies between them.
        zone: Of the installation.
    """

    begin: time
    end: time
    zone: ZoneInfo

    def over_at(self, number: PhoneNumber, moment: datetime) -> datetime | None:
        """Return when the quiet hours end that *moment* lies in for the owner of a number; None when it is loud."""
        zone = self._zone_of(number)
        local = moment.astimezone(zone)
        now, day = local.time(), local.date()
        if self.begin < self.end:
            is_quiet = self.begin <= now < self.end
        else:
            is_quiet = now >= self.begin or now < self.end
            day += timedelta(days=now >= self.begin)
        if not is_quiet:
            return None
        end = datetime.combine(day, self.end, zone)
        over_at = end.astimezone(UTC)
        # In the hour that comes twice, the first end may be over while the clock says again that it is quiet.
        return over_at if over_at > moment else end.replace(fold=1).astimezone(UTC)

    def wait(self, number: PhoneNumber, moment: datetime, expires_at: datetime) -> datetime | None:
        """Return until when a text waits, or None: it goes at once, for it is loud or would expire."""
        over_at = self.over_at(number, moment)
        return over_at if over_at is not None and over_at < expires_at else None

    def _zone_of(self, number: PhoneNumber) -> tzinfo:
        name = time_zone_of(number)
        try:
            return ZoneInfo(name) if name else self.zone
        except ZoneInfoNotFoundError:
            return self.zone


def quiet_hours(settings: NoticeSettings) -> QuietHours | None:
    """Return the quiet hours of an installation, if it has any."""
    if not settings.quiet_from:
        return None
    ends = time.fromisoformat(settings.quiet_from), time.fromisoformat(settings.quiet_until)
    return QuietHours(*ends, ZoneInfo(settings.time_zone))
