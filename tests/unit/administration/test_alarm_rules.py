"""What counts as wrong, to the second and to the cent."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from authsms.administration.alarm_rules import (
    AlarmKind,
    Finding,
    Severity,
    about_balance,
    about_breaker,
    about_certificate,
    about_delivery,
    about_demotion,
    about_failures,
    about_pause,
    about_queue,
    about_receipts,
)
from authsms.senders.submission import Purpose

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


def _sure(finding: Finding | None) -> Finding:
    assert finding is not None
    return finding


@pytest.mark.parametrize(("ago", "is_wrong"), [(14, False), (15, True), (None, True)])
def test_a_delivery_process_must_have_been_seen_just_now(ago: int | None, is_wrong: bool):
    seen = None if ago is None else NOW - ago * SECOND

    assert is_wrong == (about_delivery(seen, NOW, 15 * SECOND) is not None)


def test_codes_may_wait_for_seconds_and_offers_for_an_hour():
    """What is late for one purpose is nothing for another."""
    minute = timedelta(minutes=1)

    assert Severity.CRITICAL == _sure(about_queue(Purpose.AUTHENTICATION, 3, minute)).severity
    assert about_queue(Purpose.OFFER, 3, minute) is None
    assert Severity.WARNING == _sure(about_queue(Purpose.OFFER, 3, 60 * minute)).severity
    assert about_queue(Purpose.AUTHENTICATION, 0, None) is None


@pytest.mark.parametrize(
    ("attempts", "failed", "is_wrong"), [(4, 4, False), (5, 2, False), (5, 3, True), (10, 5, True), (100, 49, False)]
)
def test_a_service_fails_when_half_of_enough_attempts_do(attempts: int, failed: int, is_wrong: bool):
    """One failure at night is no alarm."""
    assert is_wrong == (about_failures("twilio", attempts, failed) is not None)


def test_an_open_breaker_is_an_alarm_with_its_reason():
    finding = _sure(about_breaker("twilio", NOW, "account", "20003"))

    assert (AlarmKind.SERVICE_FAILING, "twilio", "20003") == (finding.kind, finding.subject, finding.facts["code"])
    assert about_breaker("twilio", None, "", "") is None


@pytest.mark.parametrize(("accepted", "reported", "is_wrong"), [(5, False, True), (4, False, False), (50, True, False)])
def test_silence_counts_only_after_some_texts(accepted: int, reported: bool, is_wrong: bool):
    assert is_wrong == (about_receipts("twilio", accepted, 6, reported=reported) is not None)


def test_a_demotion_names_its_countries():
    assert "AT DE" == _sure(about_demotion("twilio", {"DE": "grey", "AT": "grey"})).facts["countries"]
    assert about_demotion("twilio", {}) is None


def test_a_pause_is_told_when_it_may_have_been_forgotten():
    def judge(ago: timedelta) -> Finding | None:
        return about_pause(AlarmKind.SERVICE_PAUSED, "twilio", NOW - ago, "anna", NOW)

    assert judge(timedelta(minutes=59)) is None
    assert "anna" == _sure(judge(timedelta(hours=1))).facts["by"]


@pytest.mark.parametrize(
    ("amount", "severity"),
    [("10.00", None), ("9.99", Severity.WARNING), ("0.00", Severity.CRITICAL), ("-3", Severity.CRITICAL)],
)
def test_a_balance_is_told_below_the_threshold(amount: str, severity: Severity | None):
    finding = about_balance("twilio", Decimal(amount), "USD", Decimal(10))

    assert severity == (finding and finding.severity)


@pytest.mark.parametrize(
    ("left", "severity"),
    [(14 * DAY, None), (14 * DAY - SECOND, Severity.WARNING), (2 * DAY, Severity.CRITICAL), (-DAY, Severity.CRITICAL)],
)
def test_a_certificate_is_told_before_it_ends_and_after(left: timedelta, severity: Severity | None):
    finding = about_certificate(AlarmKind.PUBLIC_CERTIFICATE, "login.example.com", NOW + left, NOW, 14 * DAY)

    assert severity == (finding and finding.severity)
    assert finding is None or left.days == finding.facts["days"]
