"""The states of a message, and what receipts do to them."""

import re
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authsms.delivery import states
from authsms.delivery.states import (
    Failure,
    MessageState,
    Settle,
    after_receipt,
    after_receipts,
    may_follow,
    when_expired,
)
from authsms.senders.submission import Purpose
from authsms.senders.webhook import ReceiptState

FINAL = (MessageState.DELIVERED, MessageState.STALE, MessageState.WITHHELD)
reports = st.lists(st.sampled_from(ReceiptState), max_size=5)


def _reachable(state: MessageState) -> set[MessageState]:
    found: set[MessageState] = set()
    waiting = [state]
    while waiting:
        here = waiting.pop()
        new = {following for following in MessageState if may_follow(here, following)} - found
        found |= new
        waiting += new
    return found


@pytest.mark.parametrize("state", MessageState)
def test_no_state_comes_back(state: MessageState):
    """A state that never goes backwards means that the graph has no circle."""
    assert state not in _reachable(state)


@pytest.mark.parametrize("state", FINAL)
def test_nothing_follows_a_final_state(state: MessageState):
    """What has been delivered stays delivered, what never left stays here."""
    assert set() == _reachable(state)


def test_the_diagram_shows_exactly_the_rules():
    """A diagram that has gone stale is worse than none."""
    drawn = set(re.findall(r"^ +(\w+) --> (\w+)", states.__doc__, flags=re.MULTILINE))

    ruled = {(old.value, new.value) for old in MessageState for new in MessageState if may_follow(old, new)}
    assert ruled == drawn


def test_authentication_goes_before_everything_else():
    """Somebody is waiting in front of a screen."""
    assert sorted(Purpose, key=states.priority_of) == list(Purpose)
    assert states.priority_of(Purpose.AUTHENTICATION) == 0


@given(state=st.sampled_from(MessageState), heard=reports)
def test_receipts_lead_to_the_same_state_in_any_order(state: MessageState, heard: list[ReceiptState]):
    """F-07: receipts overtake each other."""
    ends = {after_receipts(state, order) for order in permutations(heard)}

    assert len(ends) == 1


@given(state=st.sampled_from(MessageState), heard=reports)
def test_a_receipt_heard_twice_changes_nothing(state: MessageState, heard: list[ReceiptState]):
    """F-07: providers repeat themselves."""
    assert after_receipts(state, heard) == after_receipts(after_receipts(state, heard), heard)


@given(heard=reports)
def test_delivered_is_never_left(heard: list[ReceiptState]):
    """A late "sent" or "failed" must not take the message back from the phone."""
    assert after_receipts(MessageState.DELIVERED, heard) is MessageState.DELIVERED


@pytest.mark.parametrize("state", [MessageState.QUEUED, MessageState.STALE, MessageState.WITHHELD])
@pytest.mark.parametrize("report", ReceiptState)
def test_a_message_that_never_left_has_no_receipts(state: MessageState, report: ReceiptState):
    """A report about it is a mistake or a lie."""
    assert after_receipt(state, report) is state


@pytest.mark.parametrize("state", MessageState)
def test_an_unknown_word_is_neither_success_nor_failure(state: MessageState):
    """Providers invent words; guessing would show a lie."""
    assert after_receipt(state, ReceiptState.UNKNOWN_WORD) is state


@pytest.mark.parametrize(
    ("state", "report", "expected"),
    [
        ("accepted", ReceiptState.SENT, "accepted"),
        ("accepted", ReceiptState.DELIVERED, "delivered"),
        ("accepted", ReceiptState.FAILED, "failed"),
        ("unknown", ReceiptState.SENT, "accepted"),
        ("unknown", ReceiptState.FAILED, "failed"),
        ("failed", ReceiptState.SENT, "failed"),
        ("failed", ReceiptState.DELIVERED, "delivered"),
        ("attempting", ReceiptState.SENT, "accepted"),
        ("attempting", ReceiptState.DELIVERED, "delivered"),
        ("attempting", ReceiptState.FAILED, "attempting"),
    ],
)
def test_receipts_lift_a_message(state: str, report: ReceiptState, expected: str):
    """While an attempt is open, a failure may be an earlier copy's."""
    assert expected == after_receipt(MessageState(state), report)


@pytest.mark.parametrize(
    ("doubts", "expected"),
    [(0, Settle(MessageState.STALE, Failure.EXPIRED)), (1, Settle(MessageState.UNKNOWN, Failure.IN_DOUBT))],
)
def test_stale_means_that_nothing_left_the_house(doubts: int, expected: Settle):
    """After a doubtful attempt a copy may be on the phone, so "never sent" would be a lie."""
    assert expected == when_expired(doubts)
