"""Which texts go out, and how often."""

import pytest
from sqlalchemy import select

from authsms.delivery.models import Message
from authsms.foundation.phone import PhoneNumber
from authsms.identity.repository import Person
from authsms.logon.machine import MessageKey, Status
from authsms.logon.whereabouts import HELD
from tests.integration.logon.house import ALICE, HERE, NOPHONE, House, ScriptedPeople

COLLEAGUE = Person(repository="corp", id="id-bob", login="bob", display_name="Bob", phones=ALICE.phones)


def seconds_until(moment, house):
    """Return how far away *moment* is."""
    return (moment - house.clock.now()).total_seconds()


def test_resending_makes_a_new_code_and_kills_the_old_one(house):
    """C-02."""
    step = house.at_code()
    old = house.code()
    house.wait(30)
    again = house.logon.resend(step.ticket, HERE)
    refused = house.logon.answer(step.ticket, {"code": old}, HERE)

    assert 2 == len(house.sent)
    assert (MessageKey.CODE_SENT, step.secret) == (again.message_key, again.secret)
    assert again.asks.message_id != step.asks.message_id
    assert MessageKey.CODE_REFUSED is refused.message_key
    assert Status.OK is house.logon.answer(step.ticket, {"code": house.code()}, HERE).status


def test_the_text_of_a_dead_code_is_taken_back(house):
    """F-29: what has not gone out yet does not go out."""
    step = house.at_code()
    house.wait(30)
    house.logon.resend(step.ticket, HERE)

    view = house.outbox.view(step.asks.message_id)
    assert ("stale", "superseded") == (view.state.value, view.reason)


def test_resending_too_early_says_from_when_on(house):
    """The code that is out stays good, nothing is sent, nothing is written."""
    step = house.at_code()
    house.wait(29)
    rows = house.dump()
    early = house.logon.resend(step.ticket, HERE)

    assert (MessageKey.CODE_WAIT, step.asks.resend_at) == (early.message_key, early.asks.resend_at)
    assert rows == house.dump()
    assert Status.OK is house.logon.answer(step.ticket, {"code": house.code()}, HERE).status


def test_a_text_carries_what_its_way_depends_on(house):
    """The label of the event, and the person's groups; of these only those are kept that somebody asks for."""
    house.people.change("alice", groups=frozenset({"Staff", "Payroll"}))
    house.catalog.save_event("web", "Web", ["directory-sms"], label="acme")
    step = house.at_code()
    [draft] = house.sent
    with house.database.read() as session:
        row = session.execute(select(Message.label, Message.member_of).where(Message.id == step.asks.message_id)).one()

    assert ("acme", {"Staff", "Payroll"}) == (draft.label, draft.groups)
    assert ("acme", "") == tuple(row)


def test_the_failures_outlive_a_resend(house):
    """N-04."""
    step = house.at_code()
    for _ in range(4):
        house.logon.answer(step.ticket, {"code": house.wrong_code()}, HERE)
    house.wait(30)
    house.logon.resend(step.ticket, HERE)
    fifth = house.logon.answer(step.ticket, {"code": house.wrong_code()}, HERE)

    assert fifth.asks.hold_until is not None


def test_another_login_within_the_pause_is_not_texted_but_told(house):
    """ATK-12: the limit is the number's, not the process's."""
    house.at_code()
    other = house.at_code()
    status = house.logon.delivery_status(other.ticket)

    assert MessageKey.CODE_WAIT is other.message_key
    assert 1 == len(house.sent)
    assert ("withheld", "number-limit", True) == (status.state, status.detail, status.final)
    house.wait(30)
    assert MessageKey.CODE_SENT is house.logon.resend(other.ticket, HERE).message_key
    assert Status.OK is house.logon.answer(other.ticket, {"code": house.code()}, HERE).status


def test_a_text_that_nobody_has_taken_is_late_after_a_while(house):
    """The page then offers another way."""
    step = house.at_code()
    house.wait(19)
    early = house.logon.delivery_status(step.ticket)
    house.wait(1)
    late = house.logon.delivery_status(step.ticket)

    assert ("queued", False) == (early.state, early.late)
    assert ("queued", True) == (late.state, late.late)


def test_a_hold_that_outlasts_the_code_is_told_apart_from_a_method_that_is_off(house):
    """It ends by itself: the person waits, and need not call anybody."""
    with house.database.write() as session:
        for _ in range(house.otp.failure_cap - 5):
            house.wait(3601)
            house.challenges.failures.add(session, ALICE.key, "SMS_OTP:1")
    step = house.at_code()
    status = house.logon.delivery_status(step.ticket)

    assert (MessageKey.CODE_HELD, HELD) == (step.message_key, status.detail)
    assert [] == house.sent


def test_a_code_that_was_withheld_never_passes(house):
    """Nobody can know it."""
    house.at_code()
    other = house.at_code()

    assert MessageKey.CODE_REFUSED is house.logon.answer(other.ticket, {"code": house.code()}, HERE).message_key


def test_a_fourth_text_within_ten_minutes_is_withheld_and_the_third_code_stays_good(house):
    """ATK-12: the person is told when the next one is possible."""
    step = house.at_code()
    for pause in (30, 60):
        house.wait(pause)
        step = house.logon.resend(step.ticket, HERE)
    code = house.code()
    house.wait(60)
    refused = house.logon.resend(step.ticket, HERE)

    assert 3 == len(house.sent)
    assert MessageKey.CODE_WAIT is refused.message_key
    assert 600 - 150 == seconds_until(refused.asks.resend_at, house)
    assert Status.OK is house.logon.answer(step.ticket, {"code": code}, HERE).status


def test_a_resend_that_another_login_has_forestalled_leaves_the_old_code_good(house):
    """The page could not know; the wish is on record, the person is told when the next one is possible."""
    first = house.at_code()
    code = house.code()
    house.wait(30)
    house.at_code()
    house.wait(10)
    refused = house.logon.resend(first.ticket, HERE)

    assert (2, 3) == (len(house.sent), len(house.outbox.drafts))
    assert (MessageKey.CODE_WAIT, 50) == (refused.message_key, seconds_until(refused.asks.resend_at, house))
    assert first.asks.message_id == refused.asks.message_id
    assert Status.OK is house.logon.answer(first.ticket, {"code": code}, HERE).status


def test_a_number_is_not_bombed_by_its_owners_password(house):
    """ATK-12: 24 hours of trying."""
    for _ in range(24 * 4 - 1):
        house.at_code()
        house.wait(900)

    assert 10 == len(house.sent)


def test_two_people_with_one_number_share_its_limit(database, counting_vault, clock):
    """N-25: allowed, but counted."""
    house = House(database, counting_vault, clock, people=ScriptedPeople(ALICE, COLLEAGUE))
    house.at_code("alice")
    house.at_code("bob")

    assert ["alice"] == [draft.login for draft in house.sent]


def test_a_new_number_is_no_new_budget_for_the_person(house):
    """Per account as well as per number."""
    house.at_code()
    house.people.change("alice", phones=(PhoneNumber("+4915199999999"),))
    house.at_code()

    assert 1 == len(house.sent)


def test_a_number_that_changed_is_used_from_the_next_text_on(house):
    """The directory is the truth; the page shows the new mask."""
    step = house.at_code()
    house.people.change("alice", phones=(PhoneNumber("+4915199999977"),))
    house.wait(30)
    step = house.logon.resend(step.ticket, HERE)

    assert "•••••••77" == step.asks.masked
    assert "+4915199999977" == house.sent[-1].recipient


def test_somebody_who_is_gone_meanwhile_is_sent_nothing(house):
    """Deleted between password and resend: the page stays, the code does not pass."""
    step = house.at_code()
    del house.people.people["alice"]
    house.wait(30)
    step = house.logon.resend(step.ticket, HERE)

    assert 1 == len(house.sent)
    assert MessageKey.CODE_REFUSED is house.logon.answer(step.ticket, {"code": house.code()}, HERE).message_key


def test_the_status_of_a_real_text_is_told_as_it_is(house):
    """Queued until a worker takes it."""
    status = house.logon.delivery_status(house.at_code().ticket)

    assert ("queued", "", False) == (status.state, status.detail, status.final)


@pytest.mark.parametrize("person", [ALICE, NOPHONE])
def test_a_step_that_was_looked_at_needs_no_second_look(house, person):
    """The code page shows both."""
    step = house.logon.view(house.at_code(person.login).ticket)

    assert house.logon.delivery_status(step.ticket) == house.logon.delivery_of(step)


def test_code_text_and_progress_are_written_together(house):
    """F-08: a failure after the text was queued leaves nothing of the step behind."""
    step = house.begin()
    before = house.dump().count("\n")
    house.outbox.fails = True
    with pytest.raises(RuntimeError):
        house.logon.answer(step.ticket, {"password": "correct horse"}, HERE)
    house.outbox.fails = False

    assert before + 2 == house.dump().count("\n"), "only the two limits were charged"
    assert "LDAP_PASSWORD:1" == house.logon.view(step.ticket).asks.method
