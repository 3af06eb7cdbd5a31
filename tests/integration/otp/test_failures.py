"""What was charged is taken back when nothing was compared, and no more than that."""

from authsms.foundation.sections import OtpSettings
from authsms.otp.failures import FailureCounter

ALICE = "corp:id-alice"


def test_taking_back_an_attempt_leaves_those_of_others(database, clock):
    """A hold stays that another attempt brought about, and an end that it did not deserve does not."""
    counter = FailureCounter(database, clock, OtpSettings(hold_after=5, failure_cap=6))
    with database.write() as session:
        first, *_, fifth = [counter.add(session, ALICE, "X:1") for _ in range(5)]
        counter.take_back(session, ALICE, "X:1", first)
        after_first = counter.standing(session, ALICE, "X:1")
        counter.take_back(session, ALICE, "X:1", fifth)
        after_fifth = counter.standing(session, ALICE, "X:1")

    assert (4, fifth.held_until) == (after_first.failures, after_first.held_until)
    assert after_first == after_fifth


def test_the_last_attempt_taken_back_switches_nothing_off(database, clock):
    """And it is taken back but once."""
    counter = FailureCounter(database, clock, OtpSettings(hold_after=5, failure_cap=5))
    with database.write() as session:
        *_, last = [counter.add(session, ALICE, "X:1") for _ in range(5)]
        counter.take_back(session, ALICE, "X:1", last)
        after = counter.standing(session, ALICE, "X:1")
        counter.take_back(session, ALICE, "X:1", last)

        assert last.disabled
        assert (4, None, False) == (after.failures, after.held_until, after.disabled)
        assert after == counter.standing(session, ALICE, "X:1")
