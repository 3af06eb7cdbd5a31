"""A number that was changed in the directory: the old one is told, the new one waits (ATK-34)."""

from datetime import timedelta

import pytest
from sqlalchemy import event, select

from authsms.delivery.states import MessageState, Withheld
from authsms.foundation.phone import PhoneNumber
from authsms.foundation.sections import SmsSettings
from authsms.identity.local import LOCAL
from authsms.logon.machine import MessageKey, Status
from authsms.otp.bound_numbers import SMS_OTP
from authsms.otp.models import CHALLENGE, METHOD_FAILURE
from tests.integration.logon.house import ALICE, HERE, House, ScriptedPeople
from tests.integration.logon.test_own_app import ALICE as HOLDER
from tests.integration.logon.test_recovery import own_codes

OLD, NEW, THIRD = ALICE.phones[0], PhoneNumber("+4915112345699"), PhoneNumber("+4915112345688")
DAY = timedelta(hours=24)


def move(house, number):
    house.people.change("alice", phones=(number,))


def later(house, step=timedelta(minutes=20)):
    house.clock.advance(step)


@pytest.fixture
def moved(house):
    """A house in which Alice has signed in once, and then got another number."""
    house.log_in()
    later(house)
    move(house, NEW)
    return house


def changes(house):
    return [one.entry for one in house.audit.search(limit=1000) if one.entry.tag == "number.changed"]


def notices(house):
    return [draft for draft in house.sent if draft.reference == "account:number-changed"]


def test_a_stolen_password_does_not_move_the_second_factor(moved):
    """Nothing goes to the new number; the old one hears of it, once however often somebody tries."""
    step = moved.at_code()
    status = moved.logon.delivery_status(step.ticket)
    guess = moved.logon.answer(step.ticket, {"code": moved.code()}, HERE)
    later(moved)
    moved.at_code()

    assert MessageKey.NUMBER_HELD is step.message_key
    assert MessageKey.CODE_REFUSED is guess.message_key
    assert (MessageState.WITHHELD, Withheld.NUMBER_CHANGED) == (status.state, status.detail)
    assert [OLD] == [draft.recipient for draft in notices(moved)]
    assert NEW not in {draft.recipient for draft in moved.sent}
    [change] = changes(moved)
    assert {"hours": 24, "told": True} == {name: change.details[name] for name in ("hours", "told")}
    assert OLD[:-2] not in repr(change)
    assert NEW[:-2] not in repr(change)


def test_the_new_number_is_used_when_the_wait_is_over_and_bound_by_a_right_code(moved):
    """And another one after that waits anew."""
    moved.at_code()
    later(moved, DAY)
    done = moved.log_in()
    later(moved)
    move(moved, THIRD)
    third = moved.at_code()

    assert Status.OK is done.status
    assert [OLD, NEW] == [draft.recipient for draft in notices(moved)]
    assert MessageKey.NUMBER_HELD is third.message_key


def test_a_number_that_came_back_need_not_wait_and_the_other_one_starts_again(moved):
    """Waiting cannot be sat out in secret: a sign-in with the old number ends it."""
    moved.at_code()
    later(moved)
    move(moved, OLD)
    back = moved.log_in()
    later(moved, DAY)
    move(moved, NEW)
    again = moved.at_code()

    assert Status.OK is back.status
    assert MessageKey.NUMBER_HELD is again.message_key
    assert len(notices(moved)) == 2


def test_a_wrong_code_binds_no_number(house):
    """The first number is bound by the first right code only."""
    step = house.at_code()
    house.logon.answer(step.ticket, {"code": house.wrong_code()}, HERE)
    later(house)
    move(house, NEW)
    step = house.at_code()

    assert MessageKey.CODE_SENT is step.message_key
    assert [] == notices(house)


@pytest.mark.parametrize("hours", [0, 24])
def test_people_of_the_built_in_repository_do_not_wait_and_a_wait_can_be_switched_off(
    database, counting_vault, clock, hours
):
    """The old number is told all the same."""
    alice = ALICE if not hours else ScriptedPeople(ALICE).people["alice"]
    house = House(database, counting_vault, clock, sms=SmsSettings(number_change_hours=hours))
    repository = LOCAL if hours else alice.repository
    house.people.change("alice", repository=repository)
    name = "LOCAL\\alice" if hours else "alice"
    house.log_in(name)
    later(house)
    move(house, NEW)
    done = house.log_in(name)

    assert Status.OK is done.status
    assert [OLD] == [draft.recipient for draft in notices(house)]
    assert len(changes(house)) == 1


def test_numbers_are_kept_sealed_and_stay_when_counts_are_purged(house):
    """No number lies open in the tables, and a purge must not make a changed number the first one."""
    house.log_in()
    later(house, timedelta(days=2))
    house.challenges.purge()
    with house.database.read() as session:
        rows = [*session.execute(select(METHOD_FAILURE)).all(), *session.execute(select(CHALLENGE)).all()]
    move(house, NEW)
    step = house.at_code()

    assert OLD.encode() not in repr(rows).encode()
    assert MessageKey.NUMBER_HELD is step.message_key


def test_a_bound_number_outlives_the_years(house):
    """Of a row that nobody has added to for over a year, the count is forgotten and the number is not."""
    house.log_in()
    later(house)
    step = house.at_code()
    house.logon.answer(step.ticket, {"code": house.wrong_code()}, HERE)
    later(house, timedelta(days=401))
    house.challenges.purge()
    with house.database.read() as session:
        standing = house.challenges.failures.standing(session, ALICE.key, SMS_OTP)
    move(house, NEW)
    step = house.at_code()

    assert standing.failures == 0
    assert MessageKey.NUMBER_HELD is step.message_key


def test_the_old_number_is_not_flooded(moved):
    """Whoever lets the directory go back and forth has one text a day sent to it, for all numbers together."""
    for number in (NEW, THIRD, NEW, THIRD):
        move(moved, number)
        moved.at_code()
        later(moved)
    first = len(notices(moved))
    later(moved, DAY)
    move(moved, NEW)
    moved.at_code()

    assert (first, len(notices(moved))) == (1, 2)
    assert [True, False, False, False, True] == [entry.details["told"] for entry in reversed(changes(moved))]


def test_the_old_number_is_told_of_other_changes_too(moved):
    """Or a thief who has moved the number would set up his passkey, and be the only one to hear of it."""
    moved.at_code()
    own_codes(moved).make(HOLDER)
    waiting = [draft.recipient for draft in moved.sent if draft.reference == "account:recovery-codes-made"]
    later(moved, DAY)
    moved.log_in()
    own_codes(moved).make(HOLDER)
    sent = [draft.recipient for draft in moved.sent if draft.reference == "account:recovery-codes-made"]

    assert [OLD] == waiting
    assert [OLD, NEW] == sent


def test_a_login_needs_no_statement_more(house):
    """One looks how the person stands, one charges the code, one ends the failures and binds the number."""
    seen = []

    def note(_connection, _cursor, statement, *_rest):
        if METHOD_FAILURE.name in statement:
            seen.append(statement.split()[0])

    event.listen(house.database.engine, "before_cursor_execute", note)
    try:
        house.log_in()
    finally:
        event.remove(house.database.engine, "before_cursor_execute", note)

    assert ["SELECT", "INSERT", "UPDATE"] == seen
