"""Clocks of the code page."""

from datetime import UTC, datetime, timedelta

import pytest

from authsms.logon.machine import Asks, MessageKey, Prompt
from authsms.logon.steps import DeliveryStatus
from authsms.portals import code_page
from authsms.portals.code_page import CodePage, clock_text
from authsms.portals.wording import Progress

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _without_words(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(code_page, "progress", lambda _: Progress("sending", "", final=False))


def _page(**facts) -> CodePage:
    asks = Asks("SMS_OTP:1", Prompt.CODE, MessageKey.CODE_SENT, **facts)
    return CodePage.of(asks, NOW, DeliveryStatus())


def test_times_are_told_as_whole_seconds_from_now():
    """Rounded up: a button must not wake before the server agrees."""
    page = _page(expires_at=NOW + timedelta(seconds=119.2), resend_at=NOW + timedelta(seconds=0.1))

    assert (page.seconds_left, page.resend_seconds) == (120, 1)


def test_what_is_over_is_zero_and_what_never_comes_is_none():
    """A method that sends nothing has no button."""
    page = _page(expires_at=NOW - timedelta(hours=1), resend_at=None)

    assert (page.seconds_left, page.resend_seconds, page.hold_seconds) == (0, None, 0)


@pytest.mark.parametrize(("seconds", "text"), [(0, "0:00"), (9, "0:09"), (65, "1:05"), (600, "10:00")])
def test_a_clock_is_written_as_people_read_it(seconds: int, text: str):
    """The script of the page writes the same."""
    assert clock_text(seconds) == text
