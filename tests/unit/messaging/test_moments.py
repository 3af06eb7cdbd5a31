"""Moments as people write them."""

from datetime import UTC, datetime

import pytest

from authsms.foundation.errors import InvalidInputError
from authsms.messaging.moments import read_moment, write_moment, zone_called

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
BERLIN = zone_called("Europe/Berlin")


def test_a_time_is_that_of_its_place():
    """In summer and in winter, with a space or as a browser sends it."""
    moments = [read_moment(text, BERLIN, NOW) for text in ("2026-03-02 09:00", "2026-07-02T09:00")]

    assert [8, 7] == [one.hour for one in moments]
    assert "2026-07-02T09:00" == write_moment(moments[1], BERLIN)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "Write the start"),
        ("tomorrow", "Write the start"),
        ("2026-03-02 09:00+01:00", "Write the start"),
        ("0001-01-01 00:00", "Write the start"),
        ("2026-03-02" + " " * 100, "Write the start"),
        ("2026-03-29 02:30", "skip that time"),
        ("2026-03-01 13:00", "over already"),
        ("2027-03-03 09:00", "more than a year"),
    ],
    ids=["empty", "word", "offset", "year one", "long", "skipped", "over", "far"],
)
def test_what_is_no_moment_to_come_is_refused(text: str, problem: str):
    """With a sentence that says what to do."""
    with pytest.raises(InvalidInputError, match=problem):
        read_moment(text, BERLIN, NOW)


@pytest.mark.parametrize(
    "name", ["", "Berlin", "Europe", "../../etc/passwd", "/etc/passwd", "\0", "é", "x" * 300], ids=range(8)
)
def test_what_is_no_time_zone_is_refused(name: str):
    """It is a name, never a path."""
    with pytest.raises(InvalidInputError):
        zone_called(name)
