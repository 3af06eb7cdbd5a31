"""Issuing emergency passwords: by whom, for whom, for how long, and who hears of it."""

from datetime import timedelta

import pytest

from authsms.administration.callers import PROOF_LASTS, CallerUnprovenError
from authsms.administration.rights import Role
from authsms.foundation.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from authsms.foundation.sections import HelpdeskSettings
from authsms.logon.emergency import EMERGENCY
from authsms.logon.machine import Status
from authsms.senders.submission import Purpose
from authsms.wiring import assemble
from tests.integration.administration.people_at_work import (
    ADMINISTRATOR,
    AUDITOR,
    HELPDESK,
    HERE,
    OPERATOR,
    PHONE,
    POLICY_EDITOR,
    Work,
)

HOUR = timedelta(hours=1)


@pytest.fixture
def desk(work):
    return work.services.emergency_desk


@pytest.fixture
def strict(settings, database, vault, clock):
    """A house in which callers have to be proven first."""
    helpdesk = HelpdeskSettings(require_proof=True, emergency_hours=2)
    services = assemble(settings.model_copy(update={"helpdesk": helpdesk}), database, vault, clock)
    services.prepare()
    yield Work(services, clock)
    services.people.close()


def records(work, tag):
    return [view.entry for view in work.services.audit.search(limit=1000) if view.entry.tag == tag]


def log_in_with(work, shown):
    """Walk a login with an emergency password."""
    step = work.services.logon.choose(work.at_code().ticket, "local-emergency", HERE)
    return work.services.logon.answer(step.ticket, {"password": shown}, HERE)


def test_what_is_issued_lets_the_person_in(work, desk):
    person = work.person(phones=())
    issued = desk.issue(HELPDESK, person.key, 4 * HOUR, 1, "en")
    stands = desk.of(HELPDESK, person.key)

    assert (1, 1, "hugo", work.clock.now() + 4 * HOUR) == (
        stands.uses,
        stands.uses_left,
        stands.issued_by,
        stands.expires_at,
    )
    assert Status.OK is log_in_with(work, issued.shown).status
    assert desk.of(HELPDESK, person.key) is None
    assert not issued.is_told


@pytest.mark.parametrize(("locale", "words"), [("en", "Not at your request?"), ("de", "Nicht auf Ihren Wunsch?")])
def test_the_person_is_told_without_any_secret(work, desk, locale, words):
    """Whoever has talked the help desk into it shall not stay unnoticed."""
    person = work.person()
    work.configure_twilio()
    issued = desk.issue(HELPDESK, person.key, HOUR, 1, locale)
    work.deliver()
    text = work.provider.submissions[-1].text

    assert issued.is_told
    assert words in text
    assert not any(group in text for group in issued.shown.split("-"))
    assert Purpose.NOTICE is work.newest().purpose


def test_the_trail_tells_issue_use_and_revocation_on_both_sides(work, desk):
    person = work.person()
    issued = desk.issue(HELPDESK, person.key, HOUR, 3, "en")
    log_in_with(work, issued.shown)
    desk.revoke(HELPDESK, person.key)
    told = [records(work, f"emergency.{what}") for what in ("issued", "used", "revoked")]

    assert [2, 1, 2] == [len(one) for one in told]
    assert (3, 60, "hugo") == tuple(told[0][0].details[name] for name in ("uses", "minutes", "by"))
    assert (person.key, 2) == (told[1][0].person_key, told[1][0].details["left"])
    assert not any(group in repr(told) for group in issued.shown.split("-"))
    assert issued.shown not in repr(issued)
    with pytest.raises(ConflictError):
        desk.revoke(HELPDESK, person.key)


def test_what_was_taken_back_lets_nobody_in(work, desk):
    person = work.person()
    desk.issue(HELPDESK, person.key, HOUR, 3, "en")
    desk.revoke(HELPDESK, person.key)

    assert work.at_code().chains == ()


def test_it_is_good_for_no_longer_and_no_oftener_than_allowed(work, desk):
    person = work.person()
    lives = (timedelta(), -HOUR, timedelta(seconds=59), 24 * HOUR + timedelta(minutes=1))
    for lifetime, uses in (*((one, 1) for one in lives), *((HOUR, one) for one in (0, -1, 11))):
        with pytest.raises(InvalidInputError):
            desk.issue(HELPDESK, person.key, lifetime, uses, "en")
    desk.issue(HELPDESK, person.key, 24 * HOUR, 10, "en")

    assert desk.of(HELPDESK, person.key).uses == 10


def test_a_new_one_begins_with_no_failures(work, desk):
    person = work.person()
    failures = work.services.challenges.failures
    for _ in range(work.services.settings.otp.failure_cap):
        with work.services.database.write() as session:
            failures.add(session, person.key, EMERGENCY)
        work.clock.advance(2 * HOUR)
    issued = desk.issue(HELPDESK, person.key, HOUR, 1, "en")

    assert Status.OK is log_in_with(work, issued.shown).status


def test_nobody_issues_one_for_himself_or_for_somebody_who_is_not_there(work, desk):
    with pytest.raises(ConflictError):
        desk.issue(ADMINISTRATOR, ADMINISTRATOR.person_key, HOUR, 1, "en")
    with pytest.raises(NotFoundError):
        desk.issue(HELPDESK, "LOCAL:nobody", HOUR, 1, "en")


def test_a_help_desk_issues_none_for_an_administrator(work, desk):
    """A role must not lead to a higher one."""
    root = work.person("root")
    work.services.administrators.grant(root, [Role.ADMINISTRATOR])

    with pytest.raises(ForbiddenError):
        desk.issue(HELPDESK, root.key, HOUR, 1, "en")
    desk.issue(ADMINISTRATOR, root.key, HOUR, 1, "en")
    with pytest.raises(ForbiddenError):
        desk.revoke(HELPDESK, root.key)


def test_it_asks_for_its_own_right(work, desk):
    person = work.person()
    for who in (AUDITOR, OPERATOR, POLICY_EDITOR):
        with pytest.raises(ForbiddenError):
            desk.issue(who, person.key, HOUR, 1, "en")
        with pytest.raises(ForbiddenError):
            desk.revoke(who, person.key)
    assert records(work, "emergency.issued") == []


def test_where_callers_must_be_proven_nothing_is_done_before(strict):
    """Enforced here, whatever the page shows; good for ten minutes, this agent and this person."""
    person, other = strict.person(), strict.person("bob", phones=(PHONE[:-1] + "7",))
    services = strict.services
    with services.database.write() as session:
        services.challenges.failures.add(session, person.key, "SMS_OTP:1")
    deeds = [
        lambda who, key: services.emergency_desk.issue(who, key, HOUR, 1, "en"),
        lambda who, key: services.people_desk.actions.unlock(who, key, "SMS_OTP:1"),
        lambda who, key: services.people_desk.actions.rebind(who, key, "SMS_OTP:1"),
        lambda who, key: services.people_desk.actions.remove_method(who, key, "TOTP:1", "en"),
    ]
    for deed in deeds:
        with pytest.raises(CallerUnprovenError):
            deed(HELPDESK, person.key)
    services.callers.send(HELPDESK, person.key, "en")
    services.callers.compare(HELPDESK, person.key, strict.code())
    deeds[0](HELPDESK, person.key)
    deeds[1](HELPDESK, person.key)
    for who, key in ((ADMINISTRATOR, person.key), (HELPDESK, other.key)):
        with pytest.raises(CallerUnprovenError):
            deeds[0](who, key)
    strict.clock.advance(PROOF_LASTS)

    with pytest.raises(CallerUnprovenError):
        deeds[0](HELPDESK, person.key)


def test_the_longest_life_is_set(strict):
    assert strict.services.emergency_desk.longest == 2 * HOUR
