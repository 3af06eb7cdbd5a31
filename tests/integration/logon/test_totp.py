"""Codes of authenticator applications: charged first, used once, and told to nobody who has proven nothing."""

from datetime import timedelta

import pyotp
import pytest

from authsms.audit import AuditTag
from authsms.foundation.clock import DatabaseClock
from authsms.foundation.errors import NotFoundError
from authsms.foundation.sections import OtpSettings
from authsms.logon.catalog import Chain
from authsms.logon.machine import MessageKey, Status
from authsms.logon.methods.totp import TOTP
from tests.integration.delivery.waiting import wait_until
from tests.integration.logon.house import HERE, PASSWORD, House
from tests.integration.otp.racing import at_once

ALICE_KEY = "corp:id-alice"
STEP = timedelta(seconds=30)


def set_up(house, key=ALICE_KEY):
    """Set up an application for a person; return what it holds."""
    with house.database.write() as session:
        house.enrollments.draw(session, key, TOTP, "alice")
    pending = house.enrollments.find(key, TOTP)
    with house.database.write() as session:
        assert house.enrollments.confirm(session, pending, -1)
    return pyotp.TOTP(pending.seed)


def code_of(app, house, offset=timedelta(0)):
    """Return what the application shows, on a phone whose clock is off by *offset*."""
    return app.at(house.clock.now() + offset)


def at_app(house, login="alice"):
    """Pass the password and choose the application."""
    return house.logon.choose(house.at_code(login).ticket, "directory-totp", HERE)


def answer(house, step, code):
    """Hand in a code."""
    return house.logon.answer(step.ticket, {"code": code}, HERE)


def test_whoever_has_set_up_an_application_gets_in_without_a_text(house):
    """The way out when texts do not come; amr says what was proven, and nothing of texts."""
    app = set_up(house)
    at_text = house.at_code()
    done = answer(house, house.logon.choose(at_text.ticket, "directory-totp", HERE), code_of(app, house))

    assert ["directory-totp"] == [choice.name for choice in at_text.chains]
    assert Status.OK is done.status
    assert ("pwd", "otp") == house.sessions.find(done.session_token).methods


def test_an_application_is_offered_as_soon_as_it_is_set_up(house):
    """The first one of all, too: what nobody has is not looked up, and the house has just seen that nobody has it."""
    step = house.at_code()
    before = step.chains
    set_up(house)

    assert () == before
    assert ["directory-totp"] == [choice.name for choice in house.logon.view(step.ticket).chains]


def test_an_application_that_another_process_has_set_up_is_offered_a_moment_later(house):
    """Each process looks once a second whether anybody has set up anything."""
    step = house.at_code()
    elsewhere = House(house.database, house.vault, house.clock)
    set_up(elsewhere)

    wait_until(lambda: house.logon.view(step.ticket).chains != ())


def test_spelling_does_not_matter_and_a_slip_costs_nothing(house):
    """ATK-07: spaces and digits of other scripts are one code; what is no code is not counted."""
    app = set_up(house)
    step = at_app(house)
    slip = answer(house, step, "12345")
    code = code_of(app, house)
    done = answer(house, step, f"{code[:3]} {code[3:]}".translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")))

    assert MessageKey.CODE_MALFORMED is slip.message_key
    assert Status.OK is done.status


@pytest.mark.parametrize(("steps", "accepted"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_one_step_of_difference_is_forgiven(house, steps, accepted):
    """R-06: by the database's clock, whatever this machine thinks."""
    app = set_up(house)
    done = answer(house, at_app(house), code_of(app, house, steps * STEP))

    assert accepted is (done.status is Status.OK)


@pytest.mark.parametrize("steps", [0, -1])
def test_a_used_or_older_code_is_refused(house, steps):
    """R-05: strictly greater, not merely different."""
    app = set_up(house)
    answer(house, at_app(house), code_of(app, house))
    house.wait(5)
    again = answer(house, at_app(house), code_of(app, house, steps * STEP - timedelta(seconds=5)))
    house.wait(30)
    later = answer(house, again, code_of(app, house))

    assert MessageKey.APP_REFUSED is again.message_key
    assert Status.OK is later.status


def test_of_many_right_codes_at_once_one_is_taken(house):
    """ATK-05: in eight logins of the same person, on eight threads."""
    house = House(house.database, house.vault, DatabaseClock(house.database), otp=OtpSettings(hold_after=20))
    app = set_up(house)
    steps = [at_app(house) for _ in range(8)]
    code = code_of(app, house)
    results = iter(steps)

    outcomes = at_once(8, lambda: answer(house, next(results), code).status)

    assert 1 == outcomes.count(Status.OK)
    assert 1 == len(house.sessions.list(ALICE_KEY))


def test_wrong_codes_are_charged_before_they_are_compared(house):
    """ATK-04: of fifty at once, as many are looked at as the ladder lets through; then the right one waits, too."""
    app = set_up(house)
    step, code = at_app(house), code_of(app, house, 7 * STEP)
    results = at_once(12, lambda: answer(house, step, code).message_key)
    held = answer(house, step, code_of(app, house))

    assert house.otp.hold_after == results.count(MessageKey.APP_REFUSED)
    assert MessageKey.CODE_HELD is held.message_key
    assert held.asks.hold_until is not None
    assert AuditTag.METHOD_HELD in house.tags()


def test_the_cap_switches_the_method_off(house):
    """N: another login or another code does not bring it back; the text still works."""
    house = House(house.database, house.vault, house.clock, otp=OtpSettings(hold_after=2, failure_cap=5))
    app = set_up(house)
    for _ in range(5):
        answer(house, at_app(house), code_of(app, house, 9 * STEP))
        house.wait(3700)
    off = at_app(house)
    refused = answer(house, off, code_of(app, house))

    house.wait(24 * 3600)

    assert MessageKey.METHOD_DISABLED is off.message_key
    assert MessageKey.METHOD_DISABLED is refused.message_key
    assert AuditTag.METHOD_DISABLED in house.tags()
    assert Status.OK is house.log_in().status


def test_a_seed_that_was_not_confirmed_counts_for_nothing(house):
    """Nobody is let in, or led on, by an application that was never set up."""
    with house.database.write() as session:
        house.enrollments.draw(session, ALICE_KEY, TOTP, "alice")
    step = house.at_code()

    assert () == step.chains
    with pytest.raises(NotFoundError):
        house.logon.choose(step.ticket, "directory-totp", HERE)


def test_a_stranger_cannot_see_who_has_set_up_an_application(house):
    """A-04: with it, without it and for nobody, pages before the first proof are the same."""
    set_up(house)
    seen = {
        (begun.chains, begun.asks.method, refused.chains, refused.message_key)
        for login in ("alice", "nina", "nobody")
        for begun in [house.begin(login)]
        for refused in [house.logon.answer(begun.ticket, {"password": "no"}, HERE)]
    }

    assert 1 == len(seen)
    assert () == seen.pop()[0]


def test_an_event_of_applications_alone_treats_everybody_alike(house):
    """A code is asked of people without an application and of nobody, and refused in the same words."""
    app = set_up(house)
    house.catalog.save_chain(Chain("app-first", "App first", ("TOTP:1", "LDAP_PASSWORD:1")))
    house.catalog.save_event("door", "Door", ["app-first"])
    seen = set()
    for login in ("alice", "nina", "nobody"):
        begun = house.begin(login, event="door")
        refused = answer(house, begun, code_of(app, house, 9 * STEP))
        seen.add((begun.message_key, begun.asks.method, refused.message_key, refused.asks.hold_until))
    right = answer(house, house.begin(event="door"), code_of(app, house))
    done = house.logon.answer(right.ticket, {"password": PASSWORD}, HERE)

    assert {(MessageKey.APP_ASKED, TOTP, MessageKey.APP_REFUSED, None)} == seen
    assert Status.OK is done.status


def test_whoever_has_proven_the_password_is_told_that_there_is_no_application(house):
    """Where no other chain is left, nobody shall look for an application that was never set up."""
    house.catalog.save_event("door", "Door", ["directory-totp"])
    step = house.logon.answer(house.begin("nina", event="door").ticket, {"password": PASSWORD}, HERE)

    assert MessageKey.APP_NOT_SET_UP is step.message_key


def test_a_blocked_person_does_not_get_in(house):
    """Also between the password and the code."""
    app = set_up(house)
    step = at_app(house)
    house.people.change("alice", enabled=False)

    assert MessageKey.APP_REFUSED is answer(house, step, code_of(app, house)).message_key


def test_the_seed_is_sealed(house):
    """R-04: whoever has the database has no codes."""
    app = set_up(house)

    assert app.secret not in house.dump()
    assert app.byte_secret().hex() not in house.dump()
    assert repr(app.byte_secret())[2:-1] not in house.dump()


def test_what_was_not_confirmed_in_time_is_deleted(house):
    """A secret that was shown once and forgotten shall not lie about."""
    set_up(house)
    with house.database.write() as session:
        house.enrollments.draw(session, "corp:id-nina", TOTP, "nina")
    house.wait(16 * 60)

    assert house.enrollments.find("corp:id-nina", TOTP) is None
    assert 1 == house.enrollments.purge()
    assert frozenset({TOTP}) == house.enrollments.ready(ALICE_KEY)
