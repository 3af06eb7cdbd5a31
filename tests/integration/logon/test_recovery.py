"""Recovery codes: charged first, good once, and offered to nobody who has proven nothing."""

from datetime import timedelta

import pytest

from authsms.audit import AuditTag
from authsms.foundation.errors import ConflictError, NotFoundError, ProofNeededError, TooManyRequestsError
from authsms.foundation.sections import OtpSettings
from authsms.logon.holder import Holder
from authsms.logon.machine import MessageKey, Status
from authsms.logon.own_codes import OwnCodes, OwnCodesTools
from authsms.logon.recovery import RECOVERY_CODE
from authsms.logon.steps import Step
from tests.integration.logon.house import HERE, House
from tests.integration.otp.racing import at_once

ALICE = Holder("corp:id-alice", "alice", "web", "192.0.2.7", timedelta(0), is_two_factors=True)
STALE = Holder("corp:id-alice", "alice", "web", "192.0.2.7", timedelta(minutes=6), is_two_factors=True)
WRONG = "0000-0000-0000-0000"


def own_codes(house: House) -> OwnCodes:
    """Return the service over a house."""
    tools = (house.recovery, house.enrollments, house.challenges.failures, house.reports)
    return OwnCodes(OwnCodesTools(house.database, house.limits, *tools))


def at_recovery(house: House, login: str = "alice") -> Step:
    """Pass the password and choose recovery codes."""
    return house.logon.choose(house.at_code(login).ticket, "directory-recovery", HERE)


def answer(house: House, step: Step, code: str) -> Step:
    """Hand in a code."""
    return house.logon.answer(step.ticket, {"code": code}, HERE)


def test_a_code_stands_in_for_the_phone_once(house: House):
    """Typed as people type; nothing of an app is needed."""
    first, second, *_ = own_codes(house).make(ALICE)
    at_text = house.at_code()
    done = answer(house, at_recovery(house), first.lower().replace("-", " "))
    found = house.sessions.find(done.session_token or "")
    again = answer(house, at_recovery(house), first)
    other = answer(house, again, second)

    assert ["directory-recovery"] == [choice.name for choice in at_text.chains]
    assert Status.OK is done.status
    assert found is not None
    assert ("pwd", "otp") == found.methods
    assert MessageKey.RECOVERY_REFUSED is again.message_key
    assert Status.OK is other.status
    assert 8 == own_codes(house).stock(ALICE).left


def test_of_many_right_codes_at_once_one_is_taken(house: House):
    """ATK-05: in eight logins of the same person, on eight threads."""
    house = House(house.database, house.vault, house.clock, otp=OtpSettings(hold_after=20))
    code = own_codes(house).make(ALICE)[0]
    steps = iter([at_recovery(house) for _ in range(8)])

    outcomes = at_once(8, lambda: answer(house, next(steps), code).status)

    assert 1 == outcomes.count(Status.OK)
    assert 1 == len(house.sessions.list(ALICE.person_key))


def test_of_two_sheets_made_at_once_one_is_good(house: House):
    """Somebody pressed twice; whichever page came last, the other one's codes are dead."""
    sheets = at_once(4, lambda: own_codes(house).make(ALICE))
    good = [sheet for sheet in sheets if house.recovery.knows(ALICE.person_key, sheet[0].replace("-", ""))]

    assert 1 == len(good)
    assert 10 == own_codes(house).stock(ALICE).left


def test_of_two_first_sheets_at_once_one_is_made(house: House):
    """Whoever must not replace any is refused after the other's are there, and is not charged for it."""

    def make() -> list[str]:
        try:
            return own_codes(house).make(ALICE, may_replace=False)
        except ConflictError:
            return []

    sheets = [sheet for sheet in at_once(6, make) if sheet]

    assert 1 == len(sheets)
    assert house.recovery.knows(ALICE.person_key, sheets[0][0].replace("-", ""))
    assert [] == make()
    assert 10 == len(own_codes(house).make(ALICE))


def test_new_codes_end_the_old_ones(house: House):
    """The old sheet may lie anywhere."""
    old = own_codes(house).make(ALICE)
    new = own_codes(house).make(ALICE)
    step = at_recovery(house)

    assert 20 == len({*old, *new})
    assert MessageKey.RECOVERY_REFUSED is answer(house, step, old[0]).message_key
    assert Status.OK is answer(house, step, new[0]).status


def test_wrong_codes_are_charged_before_they_are_compared(house: House):
    """ATK-04: of twelve at once, as many are looked for as the ladder lets through; then the right one waits, too."""
    code = own_codes(house).make(ALICE)[0]
    step = at_recovery(house)
    results = at_once(12, lambda: answer(house, step, WRONG).message_key)
    held = answer(house, step, code)
    house.wait(31)

    assert house.otp.hold_after == results.count(MessageKey.RECOVERY_REFUSED)
    assert MessageKey.CODE_HELD is held.message_key
    assert AuditTag.METHOD_HELD in house.tags()
    assert Status.OK is answer(house, step, code).status


def test_a_slip_costs_nothing(house: House):
    """Sixteen letters and digits, or it was no code."""
    own_codes(house).make(ALICE)
    slip = answer(house, at_recovery(house), "12345")
    with house.database.read() as session:
        standing = house.challenges.failures.standing(session, ALICE.person_key, RECOVERY_CODE)

    assert MessageKey.RECOVERY_MALFORMED is slip.message_key
    assert 0 == standing.failures


def test_whoever_has_none_is_not_offered_the_way(house: House):
    """Also once the last one is used; a stranger sees the same before the password whoever it is."""
    step = house.at_code()
    codes = own_codes(house).make(ALICE)
    for code in codes:
        answer(house, at_recovery(house), code)
    begun = {(step.chains, step.message_key) for step in map(house.begin, ("alice", "nina", "nobody"))}

    assert () == step.chains
    assert () == house.at_code().chains
    assert {((), MessageKey.ASK_PASSWORD)} == begun
    with pytest.raises(NotFoundError):
        at_recovery(house)


def test_whoever_has_proven_the_password_is_told_that_there_are_none(house: House):
    """Where no other chain is left."""
    house.catalog.save_event("door", "Door", ["directory-recovery"])
    step = house.logon.answer(house.begin("nina", event="door").ticket, {"password": "correct horse"}, HERE)

    assert MessageKey.RECOVERY_MISSING is step.message_key


def test_another_person_s_code_is_refused(house: House):
    """The hash is bound to the person."""
    house.people.change("nina", phones=house.people.people["alice"].phones)
    nina = Holder("corp:id-nina", "nina", "web", "", timedelta(0), is_two_factors=True)
    own_codes(house).make(nina)
    codes = own_codes(house).make(ALICE)

    assert MessageKey.RECOVERY_REFUSED is answer(house, at_recovery(house, "nina"), codes[0]).message_key


def test_a_blocked_person_does_not_get_in(house: House):
    """Also between the password and the code."""
    codes = own_codes(house).make(ALICE)
    step = at_recovery(house)
    house.people.change("alice", enabled=False)

    assert MessageKey.RECOVERY_REFUSED is answer(house, step, codes[0]).message_key


def test_the_codes_are_nowhere_in_the_database(house: House):
    """R-04: nor in the audit trail."""
    dump = [
        code for code in own_codes(house).make(ALICE) if code in house.dump() or code.replace("-", "") in house.dump()
    ]

    assert [] == dump
    assert AuditTag.RECOVERY_CODES_MADE in house.tags()


def test_making_them_asks_for_a_fresh_proof_and_is_limited(house: House):
    """A stolen session gets no way in that outlasts it."""
    with pytest.raises(ProofNeededError):
        own_codes(house).make(STALE)
    for _ in range(5):
        own_codes(house).make(ALICE)
    with pytest.raises(TooManyRequestsError):
        own_codes(house).make(ALICE)
