"""Emergency passwords: charged first, good for so many uses, and told to nobody who has proven nothing."""

from datetime import timedelta

import pytest

from authsms.audit import AuditTag
from authsms.foundation.clock import DatabaseClock
from authsms.foundation.errors import NotFoundError
from authsms.foundation.sections import OtpSettings
from authsms.logon.catalog import Chain
from authsms.logon.emergency import EMERGENCY, LENGTH, LETTERS, canonical_letters
from authsms.logon.machine import MessageKey, Status
from tests.integration.logon.house import HERE, PASSWORD, House
from tests.integration.otp.racing import at_once

ALICE_KEY = "corp:id-alice"
CHAIN = "directory-emergency"


def issue(house, *, uses=1, lifetime=timedelta(hours=4), key=ALICE_KEY):
    """Issue a password; return what is read out."""
    new = house.emergency.draw()
    with house.database.write() as session:
        house.emergency.store(session, new, key, uses=uses, expires_at=house.clock.now() + lifetime, by="hugo")
    return new.shown


def wrong(shown):
    """Return another password of the right shape."""
    return shown.translate(str.maketrans(LETTERS, LETTERS[1:] + LETTERS[0]))


def at_password(house, login="alice"):
    """Pass the first password and choose the other one."""
    return house.logon.choose(house.at_code(login).ticket, CHAIN, HERE)


def answer(house, step, typed):
    """Hand in a password."""
    return house.logon.answer(step.ticket, {"password": typed}, HERE)


def test_whoever_was_issued_one_gets_in_as_often_as_it_is_good(house):
    """In place of the code; each use is recorded."""
    shown = issue(house, uses=2)
    at_text = house.at_code()
    first = answer(house, house.logon.choose(at_text.ticket, CHAIN, HERE), shown)
    second = answer(house, at_password(house), shown)

    assert [CHAIN] == [choice.name for choice in at_text.chains]
    assert [Status.OK, Status.OK] == [first.status, second.status]
    assert ("pwd", "otp") == house.sessions.find(first.session_token).methods
    assert 2 == house.tags().count(AuditTag.EMERGENCY_USED)
    assert () == house.at_code().chains


def test_spelling_does_not_matter(house):
    """It was read out on the phone."""
    shown = issue(house, uses=3)
    spelled = (shown.upper(), shown.replace("-", " "), f" {shown}\n")

    assert {Status.OK} == {answer(house, at_password(house), one).status for one in spelled}


def test_what_is_no_password_is_not_even_counted(house):
    """ATK-07: a slip costs nothing."""
    typed = ("", "bcdf", "b" * (LENGTH + 1), "a" * LENGTH, "x" * 5000, "bcdf-ghjk-mnpq-rst\0", 7)
    issue(house)
    step = at_password(house)
    told = {answer(house, step, str(one)).message_key for one in typed}

    assert {None} == {canonical_letters(one) for one in typed}
    assert {MessageKey.EMERGENCY_REFUSED} == told
    assert AuditTag.LOGON_SUSPICIOUS not in house.tags()


def test_it_holds_more_than_64_bits_and_is_kept_as_a_hash(house):
    """N-17; whoever has the database has no password."""
    shown = {issue(house) for _ in range(3)}
    letters = {one.replace("-", "") for one in shown}

    assert len(LETTERS) ** LENGTH > 2**64
    assert 3 == len(shown)
    assert not any(one in house.dump() for one in shown | letters)


def test_time_ends_it(house):
    shown = issue(house, lifetime=timedelta(minutes=30))
    step = at_password(house)
    house.wait(1801)

    with pytest.raises(NotFoundError):  # the login is over, too
        answer(house, step, shown)
    assert () == house.at_code().chains
    assert 1 == house.emergency.purge()


def test_a_login_that_has_begun_does_not_outlive_it(house):
    """Neither its time nor its being taken back."""
    shown = issue(house, lifetime=timedelta(minutes=5))
    late, early = at_password(house), at_password(house)
    with house.database.write() as session:
        house.emergency.revoke(session, ALICE_KEY)
    revoked = answer(house, early, shown)
    again = issue(house, lifetime=timedelta(minutes=5))
    house.wait(301)

    assert MessageKey.EMERGENCY_REFUSED is revoked.message_key
    assert MessageKey.EMERGENCY_REFUSED is answer(house, late, again).message_key


def test_a_new_one_takes_the_place_of_the_one_before(house):
    before, after = issue(house), issue(house)
    refused = answer(house, at_password(house), before)

    assert MessageKey.EMERGENCY_REFUSED is refused.message_key
    assert Status.OK is answer(house, refused, after).status


@pytest.mark.parametrize("uses", [1, 3])
def test_of_many_at_once_only_as_many_pass_as_are_left(house, uses):
    """ATK-05: in eight logins of the same person, on eight threads."""
    house = House(house.database, house.vault, DatabaseClock(house.database), otp=OtpSettings(hold_after=20))
    shown = issue(house, uses=uses)
    steps = iter([at_password(house) for _ in range(8)])
    outcomes = at_once(8, lambda: answer(house, next(steps), shown).status)

    assert uses == outcomes.count(Status.OK)
    assert uses == len(house.sessions.list(ALICE_KEY))


def test_wrong_ones_are_charged_before_they_are_compared(house):
    """ATK-04: of twelve at once, as many are compared as the ladder lets through; then the right one waits, too."""
    shown = issue(house)
    step = at_password(house)
    house.vault.compared = 0
    results = at_once(12, lambda: answer(house, step, wrong(shown)).message_key)
    compared = house.vault.compared
    held = answer(house, step, shown)

    assert house.otp.hold_after == results.count(MessageKey.EMERGENCY_REFUSED) == compared
    assert MessageKey.CODE_HELD is held.message_key
    assert AuditTag.METHOD_HELD in house.tags()


def test_the_cap_switches_it_off_and_texts_go_on(house):
    house = House(house.database, house.vault, house.clock, otp=OtpSettings(hold_after=2, failure_cap=5))
    shown = issue(house, lifetime=timedelta(days=7))
    for _ in range(5):
        answer(house, at_password(house), wrong(shown))
        house.wait(3700)
    refused = answer(house, at_password(house), shown)
    house.wait(3700)

    assert MessageKey.METHOD_DISABLED is refused.message_key
    assert AuditTag.METHOD_DISABLED in house.tags()
    assert Status.OK is house.log_in().status


def test_a_stranger_cannot_see_who_was_issued_one(house):
    """A-04: with it, without it and for nobody, pages before the first proof are the same."""
    issue(house)
    seen = {
        (begun.chains, begun.asks.method, refused.chains, refused.message_key)
        for login in ("alice", "nina", "nobody")
        for begun in [house.begin(login)]
        for refused in [house.logon.answer(begun.ticket, {"password": "no"}, HERE)]
    }

    assert 1 == len(seen)


def test_an_event_that_begins_with_it_treats_everybody_alike(house):
    """Asked of people without one and of nobody, compared as often, and refused in the same words."""
    shown = issue(house)
    house.catalog.save_chain(Chain("first", "First", (EMERGENCY, "LDAP_PASSWORD:1")))
    house.catalog.save_event("door", "Door", ["first"])
    seen = set()
    for login in ("alice", "nina", "nobody"):
        house.vault.compared = 0
        begun = house.begin(login, event="door")
        refused = answer(house, begun, wrong(shown))
        seen.add((begun.message_key, refused.message_key, refused.asks.hold_until, house.vault.compared))
    right = answer(house, house.begin(event="door"), shown)
    done = house.logon.answer(right.ticket, {"password": PASSWORD}, HERE)

    assert {(MessageKey.EMERGENCY_ASKED, MessageKey.EMERGENCY_REFUSED, None, 1)} == seen
    assert Status.OK is done.status


def test_whoever_has_none_is_told_so_after_the_first_proof(house):
    house.catalog.save_event("door", "Door", [CHAIN])
    step = house.logon.answer(house.begin("nina", event="door").ticket, {"password": PASSWORD}, HERE)

    assert MessageKey.EMERGENCY_MISSING is step.message_key


def test_it_is_no_good_for_anybody_else(house):
    """ATK-09: bound to its person, and no first factor."""
    shown = issue(house)
    issue(house, key="corp:id-nina")

    assert MessageKey.EMERGENCY_REFUSED is answer(house, at_password(house, "nina"), shown).message_key
    refused = house.logon.answer(house.begin().ticket, {"password": shown}, HERE)
    assert MessageKey.WRONG_PASSWORD is refused.message_key


def test_a_blocked_person_does_not_get_in(house):
    shown = issue(house)
    step = at_password(house)
    house.people.change("alice", enabled=False)

    assert MessageKey.EMERGENCY_REFUSED is answer(house, step, shown).message_key
    assert 1 == house.emergency.find(ALICE_KEY).uses_left
