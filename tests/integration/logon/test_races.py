"""Many browsers, many threads, one login."""

from datetime import timedelta

from typing_extensions import override

from authsms.audit import AuditTag
from authsms.foundation.clock import Clock, DatabaseClock
from authsms.foundation.errors import NotFoundError
from authsms.logon.machine import MessageKey, Status
from authsms.logon.selection import Selection
from tests.integration.logon.house import HERE, PASSWORD, House
from tests.integration.logon.selecting import ASKED, arrange, passed, ready
from tests.integration.otp.racing import at_once


class Ahead(Clock):
    """Another clock, half a minute later."""

    def __init__(self, clock):
        self._clock = clock

    @override
    def now(self):
        return self._clock.now() + timedelta(seconds=31)


def live(house):
    """The house on the database's clock, since races take real time."""
    return House(house.database, house.vault, DatabaseClock(house.database))


def outcome(act):
    """Return what a call said, as a word."""
    try:
        step = act()
    except NotFoundError:
        return "over"
    return step.status if step.message_key is not MessageKey.CODE_REFUSED else "refused"


def test_fifty_right_codes_give_one_session(house):
    """ATK-05."""
    house = live(house)
    step, code = house.at_code(), house.code()

    results = at_once(50, lambda: outcome(lambda: house.logon.answer(step.ticket, {"code": code}, HERE)))

    assert 1 == results.count(Status.OK)
    assert {Status.OK, "over", "refused"} >= set(results)
    assert 1 == len(house.sessions.list("corp:id-alice"))


def test_fifty_wrong_codes_are_compared_five_times(house):
    """ATK-04."""
    house = live(house)
    step, code = house.at_code(), house.wrong_code()

    results = at_once(50, lambda: outcome(lambda: house.logon.answer(step.ticket, {"code": code}, HERE)))

    assert 5 == house.vault.compared
    assert Status.OK not in results


def test_a_right_code_among_wrong_ones_wins_at_most_once(house):
    """Whoever is first; the failures of the others do not undo it."""
    house = live(house)
    step = house.at_code()
    codes = iter([house.code(), house.wrong_code()] * 15)

    results = at_once(30, lambda: outcome(lambda: house.logon.answer(step.ticket, {"code": next(codes)}, HERE)))

    assert results.count(Status.OK) <= 1
    assert results.count(Status.OK) == len(house.sessions.list("corp:id-alice"))


def test_of_many_choices_at_once_one_counts(house):
    """Whichever it is: what the others had prepared is not sent."""
    ready(house)
    house = live(house)
    arrange(house, Selection.ON)
    step = passed(house)
    names = iter(["directory-sms", "directory-emergency"] * 4)

    results = at_once(8, lambda: outcome(lambda: house.logon.choose(step.ticket, next(names), ASKED)))
    chosen = [view.entry for view in house.audit.search() if view.entry.tag is AuditTag.LOGON_CHAIN_CHOSEN]

    assert len(chosen) == len(results) - results.count("over") >= 1
    assert [entry.details["chain"] for entry in chosen].count("directory-sms") == house.tags().count("challenge.issued")


def test_ten_right_passwords_at_once_send_one_text(house):
    """F-31: a double click sends one text; of the answers one counts."""
    house = live(house)
    step = house.begin()
    ticket = step.ticket

    results = at_once(10, lambda: outcome(lambda: house.logon.answer(ticket, {"password": PASSWORD}, HERE)))

    assert 1 == results.count(Status.NEXT)
    assert 9 == results.count("over")
    with house.database.read() as session:
        assert 1 == session.connection().exec_driver_sql("SELECT count(*) FROM challenge").scalar_one()
        assert 1 == session.connection().exec_driver_sql("SELECT count(*) FROM message").scalar_one()


def test_resends_at_once_leave_one_open_code(house):
    """ATK-12: and send one text."""
    house = live(house)
    step = house.at_code()
    ahead = House(house.database, house.vault, Ahead(house.clock))

    results = at_once(20, lambda: outcome(lambda: ahead.logon.resend(step.ticket, HERE)))

    assert results.count(Status.MORE_DATA) >= 1
    with house.database.read() as session:
        texts = session.connection().exec_driver_sql("SELECT count(*) FROM message WHERE state <> 'withheld'")
        codes = session.connection().exec_driver_sql("SELECT count(*) FROM challenge WHERE state = 'open'")
        assert (2, 1) == (texts.scalar_one(), codes.scalar_one())


def test_parallel_guesses_at_a_password_are_checked_no_more_often_than_allowed(house):
    """Charged before the directory is asked."""
    house = live(house)
    house.vault.compared = 0

    def guess():
        try:
            return house.logon.begin("web", "alice", HERE, response={"password": "no"}).message_key
        except Exception as error:  # noqa: BLE001 - told apart below
            return type(error).__name__

    results = at_once(40, guess)

    assert house.people.calls.count("check_password") == results.count(MessageKey.WRONG_PASSWORD) == 10
    assert 30 == results.count("TooManyRequestsError")
