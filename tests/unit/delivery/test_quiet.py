"""Who would be woken, and until when a text waits for that."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from authsms.delivery.quiet import QuietHours
from authsms.foundation.phone import PhoneNumber

NIGHT = QuietHours(time(21), time(8), ZoneInfo("Europe/Berlin"))
NOON = QuietHours(time(12), time(14), ZoneInfo("UTC"))
GERMAN, FRENCH, AUSTRALIAN = PhoneNumber("+4915112345678"), PhoneNumber("+33612345678"), PhoneNumber("+61412345678")
JAPANESE = PhoneNumber("+819012345678")


def at(text: str) -> datetime:
    """Return a moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "number", "moment", "over_at"),
    [
        (NIGHT, GERMAN, "2026-11-21 19:59", None),
        (NIGHT, GERMAN, "2026-11-21 20:00", "2026-11-22 07:00"),
        (NIGHT, GERMAN, "2026-11-22 02:00", "2026-11-22 07:00"),
        (NIGHT, GERMAN, "2026-11-22 07:00", None),
        (NIGHT, GERMAN, "2026-10-24 22:00", "2026-10-25 07:00"),
        (NIGHT, JAPANESE, "2026-11-21 12:00", "2026-11-21 23:00"),
        (NIGHT, JAPANESE, "2026-11-22 02:00", None),
        (NIGHT, AUSTRALIAN, "2026-11-21 12:00", None),
        (NIGHT, AUSTRALIAN, "2026-11-21 22:00", "2026-11-22 07:00"),
        (NOON, PhoneNumber("+61412345678"), "2026-11-21 12:00", "2026-11-21 14:00"),
        (NOON, PhoneNumber("+61412345678"), "2026-11-21 14:00", None),
    ],
    ids=[
        *("evening", "night", "after midnight", "morning", "clocks change", "far away asleep", "far away awake"),
        *("many zones, day", "many zones, night", "noon", "after noon"),
    ],
)
def test_the_hours_are_those_of_the_recipient(hours: QuietHours, number: PhoneNumber, moment: str, over_at: str | None):
    """Where a country has several time zones, those of the installation."""
    assert (at(over_at) if over_at else None) == hours.over_at(number, at(moment))


def test_what_would_expire_does_not_wait():
    """Nor does what is sent by day."""
    night, day = at("2026-11-21 22:00"), at("2026-11-21 12:00")

    assert at("2026-11-22 07:00") == NIGHT.wait(FRENCH, night, night + timedelta(hours=10))
    assert NIGHT.wait(FRENCH, night, night + timedelta(hours=9)) is None
    assert NIGHT.wait(FRENCH, day, day + timedelta(hours=48)) is None


def test_quiet_hours_that_end_in_the_hour_that_comes_twice_end_at_its_second_turn():
    """Half past two comes at 00:30 and again at 01:30 that night; what is sent in between waits for the latter."""
    hours = QuietHours(time(22), time(2, 30), ZoneInfo("Europe/Berlin"))

    assert at("2026-10-25 01:30") == hours.over_at(GERMAN, at("2026-10-25 01:15"))
    assert at("2026-10-25 00:30") == hours.over_at(GERMAN, at("2026-10-25 00:15"))
    assert hours.over_at(GERMAN, at("2026-10-25 01:30")) is None
