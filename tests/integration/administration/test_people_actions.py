"""What a help desk may do: once, recorded on both sides, and never against whom it may not."""

from datetime import timedelta

import pytest

from authsms.administration.rights import Role
from authsms.foundation.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from authsms.identity.local_people import LocalPeople
from authsms.logon.methods.totp import TOTP
from authsms.logon.passkeys import PASSKEY
from authsms.logon.recovery import RECOVERY_CODE, RecoveryCodes
from authsms.logon.relying_party import KnownKey, NewKey
from tests.integration.administration.people_at_work import ADMINISTRATOR, AUDITOR, HELPDESK, OPERATOR

METHOD = "SMS_OTP:1"


@pytest.fixture
def actions(work):
    return work.services.people_desk.actions


def fail(work, person, times):
    for _ in range(times):
        with work.services.database.write() as session:
            work.services.challenges.failures.add(session, person.key, METHOD)
        work.clock.advance(timedelta(hours=2))


def standing(work, person):
    with work.services.database.read() as session:
        return work.services.challenges.failures.standing(session, person.key, METHOD)


def records(work, tag):
    return [view.entry for view in work.services.audit.search(limit=1000) if view.entry.tag == tag]


def test_wrong_codes_are_forgotten(work, actions):
    person = work.person()
    fail(work, person, 6)
    actions.unlock(HELPDESK, person.key, METHOD)

    assert standing(work, person).failures == 0
    with pytest.raises(ConflictError):
        actions.unlock(HELPDESK, person.key, METHOD)


def test_a_method_that_was_switched_off_is_bound_again_and_not_just_unlocked(work, actions):
    person = work.person()
    fail(work, person, work.services.settings.otp.failure_cap)
    assert standing(work, person).disabled

    with pytest.raises(ConflictError):
        actions.unlock(HELPDESK, person.key, METHOD)
    actions.rebind(HELPDESK, person.key, METHOD)
    assert not standing(work, person).disabled
    assert len(records(work, "method.re-bound")) == 2
    with pytest.raises(ConflictError):
        actions.rebind(HELPDESK, person.key, METHOD)


def test_a_deed_stands_in_the_trail_of_both(work, actions):
    person = work.person()
    fail(work, person, 6)
    actions.unlock(HELPDESK, person.key, METHOD)
    done, deed = records(work, "method.unlocked")

    assert (deed.login, deed.person_key, deed.address) == ("hugo", HELPDESK.person_key, "192.0.2.99")
    assert (deed.details["person"], deed.details["of"], deed.details["method"]) == (person.key, "alice", METHOD)
    assert (done.login, done.person_key, done.details["by"]) == ("alice", person.key, "hugo")


def test_an_app_is_removed_once_and_its_owner_told(work, actions):
    """What it had counted goes with it; he may set up another one."""
    person = work.person()
    work.configure_twilio()
    work.set_up_app(person)
    with work.services.database.write() as session:
        work.services.challenges.failures.add(session, person.key, TOTP)
    before = actions.set_up(AUDITOR, person.key)
    work.log_in()
    actions.remove_method(HELPDESK, person.key, TOTP, "de")
    work.deliver()
    told = records(work, "method.removed")

    assert ([TOTP], []) == (before, actions.set_up(AUDITOR, person.key))
    assert work.services.people_desk.file(HELPDESK, person.key, days=7).counters == []
    assert [] == work.services.sessions.list(person.key)
    assert "Authenticator-App oder Ihren Token entfernt" in work.provider.submissions[-1].text
    assert ["hugo", "hugo"] == [one.login if one.person_key != person.key else one.details["by"] for one in told]
    with pytest.raises(ConflictError):
        actions.remove_method(HELPDESK, person.key, TOTP, "de")


def test_recovery_codes_that_were_lost_are_made_void(work, actions):
    """Whoever has found the sheet gets in with none of them; the owner hears of it (N-18)."""
    person = work.person()
    work.configure_twilio()
    services = work.services
    codes = RecoveryCodes(services.database, services.vault, services.clock)
    with services.database.write() as session:
        codes.make(session, person.key)
    before = actions.set_up(AUDITOR, person.key)
    actions.remove_method(HELPDESK, person.key, RECOVERY_CODE, "en")
    work.deliver()

    assert ([RECOVERY_CODE], [], 0) == (before, actions.set_up(AUDITOR, person.key), codes.stock(person.key).left)
    assert "recovery codes void" in work.provider.submissions[-1].text
    assert len(records(work, "recovery-codes.removed")) == 2
    with pytest.raises(ConflictError):
        actions.remove_method(HELPDESK, person.key, RECOVERY_CODE, "en")


def test_all_passkeys_of_somebody_are_removed(work, actions):
    """A lost laptop lets nobody in; the owner hears of it (N-18)."""
    person = work.person()
    work.configure_twilio()
    services = work.services
    with services.database.write() as session:
        for name in ("a", "b"):
            services.passkeys.add(session, person.key, NewKey(KnownKey(name), b"", 0, is_synced=False), name)
    actions.remove_method(HELPDESK, person.key, PASSKEY, "en")
    work.deliver()

    assert ([], []) == (actions.set_up(AUDITOR, person.key), services.passkeys.of(person.key))
    assert "removed your passkeys" in work.provider.submissions[-1].text
    assert len(records(work, "passkey.removed")) == 2


def test_the_owner_hears_that_a_method_works_again(work, actions):
    person = work.person()
    work.configure_twilio()
    fail(work, person, work.services.settings.otp.failure_cap)
    actions.rebind(HELPDESK, person.key, METHOD, "en")
    work.deliver()

    assert "works again" in work.provider.submissions[-1].text


def test_nobody_removes_his_own_app_here(work, actions):
    """His account asks for a fresh proof of two factors."""
    with pytest.raises(ConflictError):
        actions.remove_method(HELPDESK, HELPDESK.person_key, TOTP, "en")


def test_sessions_end_everywhere(work, actions):
    person = work.person()
    token = work.log_in().session_token

    assert actions.end_sessions(HELPDESK, person.key) == 1
    assert work.services.sessions.find(token) is None
    assert actions.end_sessions(HELPDESK, person.key) == 0


def test_sessions_of_somebody_who_is_gone_can_be_ended(work, actions):
    person = work.person()
    work.log_in()
    LocalPeople(work.services.database, work.services.vault, work.clock).remove(person.id)

    assert actions.end_sessions(HELPDESK, person.key) == 1


def test_somebody_is_kept_out_and_let_in_again(work, actions):
    person = work.person()
    token = work.log_in().session_token
    work.clock.advance(timedelta(minutes=1))

    assert actions.block(HELPDESK, person.key, "  lost   the phone ") == 1
    assert work.services.sessions.find(token) is None
    assert work.at_code().completed == ()
    assert work.services.people_desk.file(HELPDESK, person.key, days=7).block.reason == "lost the phone"
    actions.unblock(HELPDESK, person.key)
    assert work.at_code().completed == ("PASSWORD:1",)


def test_a_deed_is_done_once(work, actions):
    person = work.person()
    with pytest.raises(ConflictError):
        actions.unblock(HELPDESK, person.key)
    actions.block(HELPDESK, person.key, "left")

    with pytest.raises(ConflictError):
        actions.block(HELPDESK, person.key, "left again")
    assert len(records(work, "people.blocked")) == 2


@pytest.mark.parametrize("reason", ["", "  ", "x" * 301])
def test_a_block_needs_a_reason(work, actions, reason):
    person = work.person()

    with pytest.raises(InvalidInputError):
        actions.block(HELPDESK, person.key, reason)


def test_nobody_blocks_himself_or_somebody_who_is_not_there(work, actions):
    with pytest.raises(ConflictError):
        actions.block(HELPDESK, HELPDESK.person_key, "oops")
    with pytest.raises(NotFoundError):
        actions.block(HELPDESK, "LOCAL:nobody", "why not")


def test_a_help_desk_acts_against_no_administrator(work, actions):
    """A role must not take the server from those who gave it."""
    person = work.person("root")
    work.services.administrators.grant(person, [Role.ADMINISTRATOR])
    work.set_up_app(person)
    fail(work, person, 3)
    with pytest.raises(ForbiddenError):
        actions.unlock(HELPDESK, person.key, METHOD)
    fail(work, person, work.services.settings.otp.failure_cap - 3)
    for deed in (
        lambda who: actions.block(who, person.key, "coup"),
        lambda who: actions.end_sessions(who, person.key),
        lambda who: actions.remove_method(who, person.key, TOTP, "en"),
        lambda who: actions.rebind(who, person.key, METHOD),
    ):
        with pytest.raises(ForbiddenError):
            deed(HELPDESK)
        deed(ADMINISTRATOR)
    with pytest.raises(ForbiddenError):
        actions.unblock(HELPDESK, person.key)


def test_every_deed_asks_for_the_right(work, actions):
    person = work.person()
    deeds = [
        lambda who: actions.unlock(who, person.key, METHOD),
        lambda who: actions.rebind(who, person.key, METHOD),
        lambda who: actions.remove_method(who, person.key, "TOTP:1", "en"),
        lambda who: actions.end_sessions(who, person.key),
        lambda who: actions.block(who, person.key, "why"),
        lambda who: actions.unblock(who, person.key),
    ]
    for deed in deeds:
        for who in (AUDITOR, OPERATOR):
            with pytest.raises(ForbiddenError):
                deed(who)
    assert records(work, "people.blocked") == []
