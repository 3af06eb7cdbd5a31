"""The state machine, without anything around it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authsms.logon.machine import (
    MOST_FAILURES,
    Asks,
    Failed,
    MessageKey,
    Passed,
    Progress,
    Prompt,
    Status,
    advance,
    indebted,
    switch,
)

CHAIN = ("LDAP_PASSWORD:1", "SMS_OTP:1")
PASSWORD = Asks("LDAP_PASSWORD:1", Prompt.PASSWORD, MessageKey.ASK_PASSWORD)
CODE = Asks("SMS_OTP:1", Prompt.CODE, MessageKey.CODE_SENT)
WRONG = Failed(MessageKey.WRONG_PASSWORD)


def walked(*results):
    """Return the progress after *results*."""
    progress = Progress(CHAIN)
    for result in results:
        progress = advance(progress, result)
    return progress


def test_a_chain_is_walked_in_order():
    """The second method's turn comes when the first has passed."""
    assert ["LDAP_PASSWORD:1", "SMS_OTP:1", None] == [
        walked().current,
        walked(PASSWORD, Passed()).current,
        walked(PASSWORD, Passed(), CODE, Passed()).current,
    ]


@pytest.mark.parametrize(
    ("results", "status"),
    [
        ([], Status.NEXT),
        ([PASSWORD], Status.MORE_DATA),
        ([PASSWORD, WRONG], Status.MORE_DATA),
        ([PASSWORD, Passed()], Status.NEXT),
        ([PASSWORD, Passed(), CODE], Status.MORE_DATA),
        ([PASSWORD, Passed(), CODE, Passed()], Status.OK),
        ([PASSWORD, Failed(MessageKey.FAILED, final=True)], Status.FAILED),
    ],
)
def test_the_diagram_is_followed(results, status):
    """As drawn in the module."""
    assert status is walked(*results).status


def test_a_wrong_answer_leaves_the_question():
    """The person may try again on the same page."""
    assert PASSWORD == walked(PASSWORD, WRONG).asks


def test_wrong_answers_end_the_process_at_last():
    """However slowly somebody guesses within one process."""
    last = walked(PASSWORD, *[WRONG] * (MOST_FAILURES - 1))

    assert Status.MORE_DATA is last.status
    assert Status.FAILED is advance(last, WRONG).status


def test_a_typing_slip_is_not_counted():
    """Six digits were asked for and five were typed."""
    assert 0 == walked(PASSWORD, Failed(MessageKey.CODE_MALFORMED, counted=False)).failures


@pytest.mark.parametrize(
    "end", [[PASSWORD, Passed(), CODE, Passed()], [PASSWORD, Failed(MessageKey.FAILED, final=True)]]
)
@pytest.mark.parametrize("result", [PASSWORD, Passed(), WRONG])
def test_a_finished_process_takes_nothing(end, result):
    """ATK-08: there is no way back in."""
    with pytest.raises(ValueError, match="finished"):
        advance(walked(*end), result)


def test_what_is_overdue_is_asked_for_when_all_is_proven():
    asks = Asks("P", Prompt.NEW_PASSWORD, MessageKey.PASSWORD_OVERDUE)
    first = advance(Progress(("P", "Q")), Passed(is_overdue=True))
    proven = advance(first, Passed())
    owing = indebted(proven, asks)
    done = advance(owing, Passed())

    assert (Status.MORE_DATA, "P", asks) == (owing.status, owing.current, owing.asks)
    assert (Status.OK, ("P", "Q"), False) == (done.status, done.completed, done.is_overdue)
    for wrong in (first, owing, done):
        with pytest.raises(ValueError, match="nothing is owed"):
            indebted(wrong, asks)


def test_another_chain_keeps_what_was_proven():
    """The password is not asked twice."""
    switched = switch(walked(PASSWORD, Passed(), CODE), ("LDAP_PASSWORD:1", "TOTP:1"))

    assert ("TOTP:1", Status.NEXT, None) == (switched.current, switched.status, switched.asks)


@pytest.mark.parametrize("methods", [("LDAP_PASSWORD:1",), ()])
def test_a_chain_that_asks_nothing_more_cannot_be_chosen(methods):
    """Else switching would skip the second factor."""
    with pytest.raises(ValueError, match="cannot be chosen"):
        switch(walked(PASSWORD, Passed(), CODE), methods)


RESULTS = st.one_of(
    st.just(Passed()),
    st.builds(Failed, st.just(MessageKey.CODE_REFUSED), final=st.booleans(), counted=st.booleans()),
    st.just(CODE),
)


@given(st.lists(RESULTS, max_size=60))
def test_no_sequence_reaches_ok_without_passing_every_method(results):
    """OK means: each method has passed, once each, in the order of the chain."""
    progress = Progress(CHAIN)
    passed = 0
    for result in results:
        if not progress.is_open:
            break
        passed += isinstance(result, Passed)
        progress = advance(progress, result)

    assert (progress.status is Status.OK) == (progress.completed == CHAIN)
    assert passed == len(progress.completed)
