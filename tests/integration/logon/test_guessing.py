"""Passwords and codes can only be guessed so often, and nobody can be locked out by a stranger."""

import pytest

from authsms.foundation.errors import TooManyRequestsError
from authsms.foundation.sections import OtpSettings
from authsms.logon.guesses import GUESSES_AT_ONE, GUESSES_FROM_ONE
from authsms.logon.machine import MessageKey, Status
from authsms.logon.steps import Client
from authsms.otp.engine import HoldLadder
from tests.integration.logon.house import HERE, PASSWORD, House

STRANGER = Client(address="198.51.100.66")


def guess(house, login="alice", client=STRANGER, typed="no"):
    """Begin a process of its own and try one password."""
    return house.logon.begin("web", login, client, response={"password": typed})


def guess_until_refused(house, **how):
    """Guess until the limit bites; return how many were checked."""
    for checked in range(1000):
        try:
            guess(house, **how)
        except TooManyRequestsError:
            return checked
    raise AssertionError("nothing stopped the guessing")


def test_guesses_at_one_person_are_limited_before_the_directory_is_asked(house):
    """The directory's own lock-out is not run into by us."""
    checked = guess_until_refused(house)
    house.people.calls.clear()
    with pytest.raises(TooManyRequestsError) as caught:
        guess(house, typed=PASSWORD)

    assert GUESSES_AT_ONE.count == checked
    assert "check_password" not in house.people.calls
    assert caught.value.retry_after.total_seconds() > 0


def test_the_owner_is_not_locked_out_by_strangers(house):
    """ATK-15: whatever others do elsewhere."""
    guess_until_refused(house)

    assert Status.NEXT is guess(house, client=HERE, typed=PASSWORD).status


def test_guesses_from_one_address_are_limited_over_all_names(house):
    """ATK-03."""
    checked = 0
    with pytest.raises(TooManyRequestsError):
        for number in range(1000):
            guess(house, login=f"user{number}")
            checked += 1

    assert GUESSES_FROM_ONE.count == checked


@pytest.mark.parametrize("login", ["alice", "nobody", "nina"])
def test_the_limit_is_the_same_for_everybody(house, login):
    """ATK-17: also for names nobody has."""
    assert GUESSES_AT_ONE.count == guess_until_refused(house, login=login)


def test_another_spelling_is_no_new_counter(house):
    """ATK-07: the person's key counts, not what was typed."""
    guess_until_refused(house)

    for typed in ("ALICE", " alice", "corp\\alice"):
        with pytest.raises(TooManyRequestsError):
            guess(house, login=typed)


def test_an_ipv6_host_counts_as_its_network(house):
    """Whoever has a /64 has 2^64 addresses."""
    for number in range(GUESSES_AT_ONE.count):
        guess(house, client=Client(address=f"2001:db8::{number + 1:x}"))

    with pytest.raises(TooManyRequestsError):
        guess(house, client=Client(address="2001:db8::ffff"))
    assert MessageKey.WRONG_PASSWORD is guess(house, client=Client(address="2001:db8:0:1::1")).message_key
    assert MessageKey.WRONG_PASSWORD is guess(house, client=Client(address="::ffff:192.0.2.1")).message_key


def test_right_passwords_use_nothing_up(house):
    """An office behind one address signs in on Monday morning."""
    for _ in range(GUESSES_AT_ONE.count * 2):
        assert Status.NEXT is guess(house, client=HERE, typed=PASSWORD).status


def test_failed_guesses_are_on_record(house):
    """A-25: who, when, from where, what."""
    guess(house)
    entry = house.audit.search()[0].entry

    assert ("logon.method-failed", "alice", STRANGER.address) == (entry.tag.value, entry.login, entry.address)
    assert {"method": "LDAP_PASSWORD:1", "reason": "wrong"} == entry.details


def test_hitting_the_limit_is_on_record_once(house):
    """A-25: without letting whoever guesses on fill the trail."""
    guess_until_refused(house)
    for _ in range(5):
        with pytest.raises(TooManyRequestsError):
            guess(house)

    assert 1 == house.tags().count("logon.limited")
    assert ("alice", STRANGER.address) == (house.audit.search()[0].entry.login, house.audit.search()[0].entry.address)


def test_a_wrong_code_after_a_right_password_is_suspicious(house):
    """A-05: it is what a stolen password looks like."""
    step = house.at_code()
    house.logon.answer(step.ticket, {"code": house.wrong_code()}, STRANGER)
    entry = house.audit.search()[0].entry

    assert ("logon.suspicious", STRANGER.address) == (entry.tag.value, entry.address)
    assert {"method": "SMS_OTP:1", "reason": "wrong-code"} == entry.details


@pytest.mark.parametrize("typed", ["12345", "abcdef", "1234567", "", "12345x"])
def test_a_typing_slip_costs_nothing(house, typed):
    """ATK-15: only what is compared is charged."""
    step = house.at_code()
    for _ in range(30):
        answer = house.logon.answer(step.ticket, {"code": typed}, HERE)

    assert MessageKey.CODE_MALFORMED is answer.message_key
    assert 0 == house.vault.compared
    assert Status.OK is house.logon.answer(step.ticket, {"code": house.code()}, HERE).status


@pytest.mark.parametrize("spell", [" {} ", "{:.3}-{:.3}", "{}\n"])
def test_spellings_of_one_code_share_its_tries(house, spell):
    """ATK-07."""
    step = house.at_code()
    wrong = house.wrong_code()
    for number in range(8):
        typed = wrong if number % 2 else f" {wrong[:3]} {wrong[3:]} "
        house.logon.answer(step.ticket, {"code": typed}, HERE)

    assert 5 == house.vault.compared
    house.wait(31)
    house.logon.resend(step.ticket, HERE)
    code = house.code()
    typed = spell.format(code) if "{:.3}" not in spell else f"{code[:3]}-{code[3:]}"
    assert Status.OK is house.logon.answer(step.ticket, {"code": typed}, HERE).status


def test_a_success_ends_the_row_of_failures(house):
    """N-06: four slips, success, four slips, success: nobody is held."""
    for _ in range(3):
        step = house.at_code()
        for _ in range(4):
            step = house.logon.answer(step.ticket, {"code": house.wrong_code()}, HERE)
        done = house.logon.answer(step.ticket, {"code": house.code()}, HERE)
        house.wait(300)

        assert Status.OK is done.status
        assert step.asks.hold_until is None
    with house.database.read() as session:
        states = session.connection().exec_driver_sql("SELECT state FROM challenge").scalars().all()
    assert ["consumed"] * 3 == states


def test_guessing_codes_with_a_stolen_password_stops_at_the_cap(database, counting_vault, clock):
    """ATK-02: resending, new processes, other addresses and patience do not help; the method is disabled."""
    otp = OtpSettings(hold_after=5, failure_cap=12)
    for number in range(15):
        house = House(database, counting_vault, clock, otp=otp)
        step = house.at_code(client=Client(address=f"203.0.113.{number}"))
        for _ in range(4):
            last = house.logon.answer(step.ticket, {"code": house.wrong_code()}, Client(address=f"203.0.113.{number}"))
        house.wait(HoldLadder(5, 12).hold(100).total_seconds() + 9 * 60)

    assert 12 == counting_vault.compared
    assert MessageKey.METHOD_DISABLED is last.message_key
    assert {"method.held", "method.disabled"} <= set(house.tags())
