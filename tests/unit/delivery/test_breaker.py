"""When a sick service is left alone, and how it is let back in."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authsms.delivery.breaker import (
    ACCOUNT_PAUSE,
    FASTEST_PACE,
    FIRST_PAUSE,
    LEAST_PACE,
    LONGEST_ACCOUNT_PAUSE,
    LONGEST_PAUSE,
    MOST_FAILURES,
    PROBE_LEASE,
    WINDOW,
    Breaker,
    Fuse,
    Sick,
    Sign,
    Trouble,
    Well,
    after,
    not_probed,
    probing,
    sign_of,
)
from authsms.senders.submission import Accepted, NotTaken, PerhapsTaken, RefusalScope, Refused

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
FAILED = Sick(Trouble.FAILURES, "timeout")
NO_FUNDS = Sick(Trouble.ACCOUNT, "http_402")
WELL = Well()
SIGNS = st.sampled_from([WELL, FAILED, NO_FUNDS, Sick(Trouble.THROTTLED, "http_429", NOW + timedelta(minutes=1))])


def _after(*signs: Sign, fuse: Fuse | None = None, step: timedelta = SECOND) -> Fuse:
    fuse = fuse or Fuse()
    for number, sign in enumerate(signs):
        fuse = after(fuse, sign, NOW + step * number, attempt="any/1")
    return fuse


def _failed_again(fuse: Fuse, sign: Sick = FAILED) -> Fuse:
    assert fuse.retry_at is not None
    return after(probing(fuse, fuse.retry_at, attempt="m/1"), sign, fuse.retry_at, attempt="m/1")


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Accepted("id"), WELL),
        (Refused(RefusalScope.MESSAGE, "21211", ""), WELL),
        (Refused(RefusalScope.DESTINATION, "21408", ""), WELL),
        (Refused(RefusalScope.CONFIGURATION, "21610", "", opted_out=True), WELL),
        (Refused(RefusalScope.CONFIGURATION, "20003", ""), Sick(Trouble.ACCOUNT, "20003")),
        (NotTaken("http_503", ""), Sick(Trouble.FAILURES, "http_503")),
        (PerhapsTaken("timeout", ""), Sick(Trouble.FAILURES, "timeout")),
        (NotTaken("http_429", "", 7 * SECOND), Sick(Trouble.THROTTLED, "http_429", NOW + 7 * SECOND)),
    ],
)
def test_only_what_a_provider_fails_to_do_is_sickness(outcome, expected):
    """Whoever owns a bad number must not be able to take a service from everybody."""
    assert expected == sign_of(outcome, NOW)


def test_five_failures_in_half_a_minute_open_it():
    """F-03; the fourth does not."""
    assert Breaker.CLOSED is _after(*[FAILED] * (MOST_FAILURES - 1)).breaker
    opened = _after(*[FAILED] * MOST_FAILURES)

    assert (Breaker.OPEN, "failures", "timeout") == (opened.breaker, opened.reason, opened.code)
    assert opened.retry_at == NOW + 4 * SECOND + FIRST_PAUSE


def test_failures_far_apart_do_not_open_it():
    """Something always fails now and then."""
    assert Breaker.CLOSED is _after(*[FAILED] * 50, step=WINDOW / (MOST_FAILURES - 1)).breaker


def test_successes_make_up_for_failures():
    """At a hundred texts a second, one in a hundred that fails is no reason to stop."""
    signs: list[Sign] = [FAILED, WELL]

    assert Fuse() == _after(*signs * 50, step=SECOND / 100)


def test_a_refused_account_opens_it_at_once():
    """F-05: wrong credentials, no funds; every further text would be refused, too."""
    opened = _after(NO_FUNDS)

    assert (Breaker.OPEN, "account", NOW + ACCOUNT_PAUSE) == (opened.breaker, opened.reason, opened.retry_at)


def test_a_wait_that_is_asked_for_is_kept_to_the_second():
    """F-04, and it leaves no mark: the pause after the next failure is the first one."""
    until = NOW + timedelta(seconds=17)
    opened = _after(Sick(Trouble.THROTTLED, "http_429", until))
    closed = after(probing(opened, until, attempt="m/1"), WELL, until, attempt="m/1")

    assert (Breaker.OPEN, until) == (opened.breaker, opened.retry_at)
    assert Fuse(pace=LEAST_PACE) == closed


def test_after_a_wait_the_pace_is_less_than_what_was_taken_and_grows_again():
    """F-04: no storm when it is back; of many answers that come in together only the first counts."""
    waits = [Sick(Trouble.THROTTLED, "http_429", NOW + SECOND, flow) for flow in (40.0, 40.0, 2.0)]
    opened = _after(*waits, step=SECOND / 100)
    closed = after(probing(opened, NOW, attempt="m/1"), WELL, NOW, attempt="m/1")
    later = _after(*[WELL] * 50, fuse=closed)

    assert opened.pace == closed.pace == pytest.approx(28)
    assert later.pace == pytest.approx(33)


def test_a_pace_that_limits_nothing_any_more_is_given_up():
    """It would cost a statement a message for ever."""
    assert Fuse() == _after(WELL, fuse=Fuse(pace=FASTEST_PACE))


def test_the_longest_of_several_waits_counts():
    """Of many answers under way at once, the last need not be the strictest."""
    waits = [Sick(Trouble.THROTTLED, "http_429", NOW + timedelta(seconds=wait)) for wait in (5, 60, 20)]

    assert _after(*waits).retry_at == NOW + timedelta(seconds=60)


def test_pauses_double_up_to_a_bound():
    """A provider that is away for an hour is not asked every five seconds."""
    fuse, pauses = _after(*[FAILED] * MOST_FAILURES), []
    for _ in range(8):
        pauses.append(fuse.pause)
        fuse = _failed_again(fuse)

    assert [FIRST_PAUSE * factor for factor in (1, 2, 4, 8, 16)] == pauses[:5]
    assert {LONGEST_PAUSE} == set(pauses[5:])


def test_the_pause_of_a_refused_account_has_its_own_bound():
    """Somebody has to do something; he should not have to wait for an hour afterwards."""
    fuse = _after(NO_FUNDS)
    for _ in range(10):
        fuse = _failed_again(fuse, NO_FUNDS)

    assert fuse.pause == LONGEST_ACCOUNT_PAUSE


def test_opened_since_when_outlives_failed_probes():
    """The alarm says since when, not since the last try."""
    fuse = _failed_again(_failed_again(_after(NO_FUNDS)))

    assert fuse.opened_at == NOW


def test_while_it_is_open_stragglers_change_nothing():
    """What was under way when it opened says nothing new."""
    opened = _after(*[FAILED] * MOST_FAILURES)

    assert opened == _after(FAILED, WELL, NO_FUNDS, fuse=opened)


def test_while_it_is_half_open_only_the_probe_counts():
    """Neither a late success nor a late failure may speak for it."""
    opened = _after(*[FAILED] * MOST_FAILURES)
    half = probing(opened, NOW, attempt="probe/3")

    assert half == _after(FAILED, WELL, fuse=half)
    assert Fuse() == after(half, WELL, NOW, attempt="probe/3")


def test_a_probe_of_which_nothing_is_heard_is_given_up():
    """Its process may have died."""
    half = probing(_after(NO_FUNDS), NOW, attempt="probe/1")

    assert half.retry_at == NOW + PROBE_LEASE


def test_a_probe_that_was_not_made_leaves_its_place():
    """The message had expired between commit and socket."""
    half = probing(_after(NO_FUNDS), NOW, attempt="probe/1")
    left = not_probed(half, NOW, attempt="probe/1")

    assert (Breaker.OPEN, NOW) == (left.breaker, left.retry_at)
    assert half == not_probed(half, NOW, attempt="another/1")


@given(st.lists(st.tuples(SIGNS, st.booleans(), st.integers(0, 40)), max_size=60))
def test_whatever_happens_it_can_come_back(events):
    """One that is not closed always has a moment at which somebody may try, and one success closes it then."""
    fuse, now = Fuse(), NOW
    for sign, is_probed, seconds in events:
        now += timedelta(seconds=seconds)
        if is_probed and fuse.retry_at is not None and fuse.retry_at <= now:
            fuse = probing(fuse, now, attempt="m/1")
        fuse = after(fuse, sign, now, attempt="m/1")
        assert len(fuse.failures) < MOST_FAILURES
        assert (fuse.breaker is Breaker.CLOSED) is (fuse.retry_at is None) is (fuse.opened_at is None)
        assert fuse.pause <= LONGEST_ACCOUNT_PAUSE

    if fuse.retry_at is not None:
        fuse = after(probing(fuse, fuse.retry_at, attempt="last/1"), WELL, fuse.retry_at, attempt="last/1")
        assert Fuse(pace=fuse.pace) == fuse
