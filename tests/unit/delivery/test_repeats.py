"""What is tried again, through whom, and when."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authsms.delivery.repeats import (
    DOUBTFUL,
    MOST_ATTEMPTS,
    AttemptEnd,
    PastAttempt,
    after_attempt,
    after_outcome,
    after_owner_died,
    end_of,
    next_service,
    when_given_up,
)
from authsms.delivery.states import Failure, MessageState, Repeat, Settle
from authsms.senders.submission import Accepted, NotTaken, PerhapsTaken, RefusalScope, Refused

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LATER = NOW + timedelta(minutes=2)
NOT_TAKEN = NotTaken("http_503", "")
IN_DOUBT = PerhapsTaken("timeout", "")
BAD_NUMBER = Refused(RefusalScope.MESSAGE, "21211", "")
BAD_ACCOUNT = Refused(RefusalScope.CONFIGURATION, "20003", "")
OPTED_OUT = Refused(RefusalScope.MESSAGE, "21610", "", opted_out=True)


def _past(service: str, end: AttemptEnd, *, ago: float = 0, wait: float | None = None) -> PastAttempt:
    ended = NOW - timedelta(seconds=ago)
    return PastAttempt(service, end, ended, None if wait is None else ended + timedelta(seconds=wait))


def _after(outcome, *services: str, before: tuple[PastAttempt, ...] = (), life: timedelta = timedelta(minutes=2)):
    history = [*before, _past(services[0], end_of(outcome))]
    return after_outcome(outcome, services, history, now=NOW, expires_at=NOW + life)


def test_accepted_is_the_end():
    """The provider has it; nothing more is sent."""
    assert Settle(MessageState.ACCEPTED) == _after(Accepted("id"), "first", "second")


def test_an_opted_out_recipient_is_never_tried_again():
    """M-05: not through another provider either."""
    assert Settle(MessageState.FAILED, Failure.OPTED_OUT) == _after(OPTED_OUT, "first", "second")


def test_opting_out_counts_whatever_else_is_wrong():
    """A provider may name it an error of the account."""
    outcome = Refused(RefusalScope.CONFIGURATION, "x", "", opted_out=True)

    assert Settle(MessageState.FAILED, Failure.OPTED_OUT) == _after(outcome, "first", "second")


def test_a_refused_message_is_not_tried_elsewhere():
    """F-05: a bad number stays bad."""
    assert Settle(MessageState.FAILED, Failure.REFUSED) == _after(BAD_NUMBER, "first", "second")


def test_a_refused_account_makes_way_for_the_next_service_at_once():
    """F-05: no funds or a wrong credential concern one provider only."""
    assert Repeat(NOW) == _after(BAD_ACCOUNT, "first", "second")


def test_a_refused_account_without_another_service_fails():
    """Trying again is pointless until an administrator changes something."""
    assert Settle(MessageState.FAILED, Failure.CONFIGURATION) == _after(BAD_ACCOUNT, "only")


def test_what_was_not_taken_goes_to_the_next_service_at_once():
    """F-01: within three seconds."""
    assert Repeat(NOW) == _after(NOT_TAKEN, "first", "second")


def test_what_was_not_taken_is_repeated_later_when_there_is_one_service():
    """A refused connection may work a second later."""
    assert Repeat(NOW + timedelta(seconds=1)) == _after(NOT_TAKEN, "only")


def test_pauses_grow():
    """F-04: no storm of repeats."""
    history = [_past("only", AttemptEnd.NOT_TAKEN) for _ in range(4)]

    assert ("only", NOW + timedelta(seconds=8)) == next_service(["only"], history, now=NOW, spread=0)


def test_messages_do_not_repeat_in_step():
    """Thousands that failed together must not come back together."""
    history = [_past("only", AttemptEnd.NOT_TAKEN)]

    due = {next_service(["only"], history, now=NOW, spread=spread) for spread in (0.0, 0.5, 1.0)}
    assert len(due) == 3


def test_retry_after_is_obeyed():
    """F-04: a provider that says when is asked then."""
    history = [_past("only", AttemptEnd.NOT_TAKEN, wait=30)]

    assert Repeat(NOW + timedelta(seconds=30)) == after_attempt(["only"], history, now=NOW, expires_at=LATER, spread=0)


def test_a_wait_beyond_the_end_of_life_fails_at_once():
    """F-04: the person shall hear it now, not when the code is dead."""
    history = [_past("only", AttemptEnd.NOT_TAKEN, wait=300)]

    assert Settle(MessageState.FAILED, Failure.NOT_TAKEN) == after_attempt(
        ["only"], history, now=NOW, expires_at=LATER, spread=0
    )


def test_a_long_wait_at_one_service_is_spent_at_another():
    """F-04: else failover."""
    history = [_past("first", AttemptEnd.NOT_TAKEN, wait=300)]

    assert Repeat(NOW) == after_attempt(["first", "second"], history, now=NOW, expires_at=LATER, spread=0)


def test_the_second_round_starts_with_whoever_is_ready_first():
    """Neither the order of the policy nor a Retry-After is forgotten between services."""
    history = [_past("first", AttemptEnd.NOT_TAKEN, ago=5, wait=60), _past("second", AttemptEnd.NOT_TAKEN)]

    assert ("second", NOW + timedelta(seconds=1)) == next_service(["first", "second"], history, now=NOW, spread=0)


def test_a_doubtful_attempt_is_repeated_elsewhere():
    """F-02, F-03: one more copy, but not blindly at the same provider."""
    assert Repeat(NOW) == _after(IN_DOUBT, "first", "second")


def test_a_doubtful_attempt_is_repeated_at_the_only_service():
    """A code that never arrives is worse than one that arrives twice."""
    assert Repeat(NOW + timedelta(seconds=1)) == _after(IN_DOUBT, "only")


def test_there_is_only_one_repeat_of_a_doubtful_attempt():
    """At most two copies."""
    before = (_past("first", AttemptEnd.PERHAPS_TAKEN),)

    verdict = _after(IN_DOUBT, "second", "third", before=before)
    assert Settle(MessageState.UNKNOWN, Failure.IN_DOUBT) == verdict


def test_a_doubtful_attempt_at_the_end_of_life_stays_unknown():
    """Nothing is sent after expiry, and "never sent" would be a lie."""
    verdict = _after(IN_DOUBT, "first", "second", life=timedelta(0))

    assert Settle(MessageState.UNKNOWN, Failure.IN_DOUBT) == verdict


def test_a_message_stays_unknown_when_its_repeat_is_impossible():
    """The first copy may have arrived although the second service refused the account."""
    before = (_past("first", AttemptEnd.PERHAPS_TAKEN),)

    verdict = after_outcome(
        BAD_ACCOUNT, ["second"], [*before, _past("second", AttemptEnd.SERVICE_REFUSED)], now=NOW, expires_at=LATER
    )
    assert Settle(MessageState.UNKNOWN, Failure.IN_DOUBT) == verdict


def test_a_time_that_ran_out_before_the_socket_opened_makes_a_message_stale():
    """Nothing left the house."""
    history = [_past("only", AttemptEnd.TOO_LATE)]

    assert Settle(MessageState.STALE, Failure.EXPIRED) == after_attempt(
        ["only"], history, now=LATER, expires_at=LATER, spread=0
    )


def test_attempts_are_counted():
    """A notice that lives for days must not be tried for days."""
    history = [_past("only", AttemptEnd.NOT_TAKEN)] * MOST_ATTEMPTS

    assert next_service(["only"], history, now=NOW, spread=0) is None


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        ((), Settle(MessageState.FAILED, Failure.NO_SERVICE)),
        ((AttemptEnd.SERVICE_REFUSED,), Settle(MessageState.FAILED, Failure.CONFIGURATION)),
        ((AttemptEnd.SERVICE_REFUSED, AttemptEnd.NOT_TAKEN), Settle(MessageState.FAILED, Failure.NOT_TAKEN)),
        ((AttemptEnd.OWNER_DIED,), Settle(MessageState.UNKNOWN, Failure.IN_DOUBT)),
    ],
)
def test_giving_up_names_the_reason(ends: tuple[AttemptEnd, ...], expected: Settle):
    """The administrator is asked at three in the morning why there was no code."""
    assert expected == when_given_up([_past("only", end) for end in ends])


def test_a_dead_worker_that_had_not_begun_loses_nothing():
    """F-10: it cannot have been sent, so it is simply claimed again."""
    assert Repeat(NOW) == after_owner_died(in_flight=False, doubts=0, now=NOW, expires_at=LATER)


def test_a_dead_worker_in_the_middle_costs_at_most_one_copy():
    """F-11: one repeat."""
    assert Repeat(NOW) == after_owner_died(in_flight=True, doubts=0, now=NOW, expires_at=LATER)
    assert Settle(MessageState.UNKNOWN, Failure.IN_DOUBT) == after_owner_died(
        in_flight=True, doubts=1, now=NOW, expires_at=LATER
    )


def test_the_message_of_a_dead_worker_is_not_sent_after_expiry():
    """A code that no longer works only confuses."""
    assert Settle(MessageState.STALE, Failure.EXPIRED) == after_owner_died(
        in_flight=False, doubts=0, now=LATER, expires_at=LATER
    )


def test_after_a_dead_worker_the_repeat_does_not_wait():
    """The person has waited long enough."""
    history = [_past("only", AttemptEnd.OWNER_DIED)]

    assert ("only", NOW) == next_service(["only"], history, now=NOW, spread=1)


outcomes = st.sampled_from([Accepted("id"), NOT_TAKEN, IN_DOUBT, BAD_NUMBER, BAD_ACCOUNT, OPTED_OUT])


@given(told=st.lists(outcomes, min_size=1, max_size=30), services=st.integers(1, 4), spread=st.floats(0, 1))
def test_whatever_providers_say_there_are_at_most_two_copies(told: list, services: int, spread: float):
    """Walk a message to its end: doubts are bounded, attempts too, and nothing is due after expiry."""
    names = [str(number) for number in range(services)]
    history: list[PastAttempt] = []
    now, expires_at = NOW, NOW + timedelta(minutes=10)
    verdict = None
    for outcome in told:
        onward = next_service(names, history, now=now, spread=spread)
        if onward is None:
            break
        assert onward[1] <= now
        history.append(PastAttempt(onward[0], end_of(outcome), now))
        verdict = after_outcome(outcome, names, history, now=now, expires_at=expires_at, spread=spread)
        if isinstance(verdict, Settle):
            break
        assert now <= verdict.due_at < expires_at
        now = verdict.due_at

    possible = sum(past.end in DOUBTFUL | {AttemptEnd.ACCEPTED} for past in history)
    assert possible <= 2
    assert len(history) <= MOST_ATTEMPTS
