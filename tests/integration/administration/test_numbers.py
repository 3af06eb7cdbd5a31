"""What a help desk sees of a changed number, and does about it."""

from datetime import timedelta

import pytest

from authsms.administration.callers import NotSent
from authsms.delivery.states import Withheld
from authsms.foundation.errors import ConflictError, ForbiddenError
from authsms.foundation.phone import PhoneNumber, mask
from authsms.identity.drafts import PersonDraft
from authsms.identity.local_people import LocalPeople
from authsms.logon.machine import MessageKey, Status
from authsms.otp.bound_numbers import BoundNumbers
from tests.integration.administration.people_at_work import (
    AUDITOR,
    HELPDESK,
    OPERATOR,
    PHONE,
    actor,
)

NEW = PhoneNumber("+4915112345699")


@pytest.fixture
def alice(work):
    """Somebody who has signed in once, and then got another number."""
    return work.move_number(NEW)


def shown(work, alice):
    """Return the number that the page shows, as its form names it."""
    return work.services.people_desk.file(HELPDESK, alice.key, days=1).change.number


def test_the_help_desk_sees_the_change_and_releases_the_number(work, alice):
    """In the trail of both; whoever may only look may not."""
    actions = work.services.people_desk.actions
    held = work.at_code("alice", "corp")
    file = work.services.people_desk.file(AUDITOR, alice.key, days=1)
    for one in (AUDITOR, OPERATOR):
        with pytest.raises(ForbiddenError):
            actions.release_number(one, alice.key, shown(work, alice))
    number = shown(work, alice)
    actions.release_number(HELPDESK, alice.key, number)
    with pytest.raises(ConflictError):
        actions.release_number(HELPDESK, alice.key, number)
    work.clock.advance(timedelta(minutes=20))
    done = work.type_code(work.at_code("alice", "corp"), work.code())
    released = [one.entry for one in work.services.audit.search(limit=100) if one.entry.tag == "number.released"]

    assert MessageKey.NUMBER_HELD is held.message_key
    assert (mask(PHONE), mask(NEW)) == (file.change.old, file.change.new)
    assert "message.withheld:number-changed" in {one.word for one in file.happenings}
    assert "withheld:number-changed" == file.conclusion.word
    assert Status.OK is done.status
    assert {("hugo", mask(NEW)), ("alice", mask(NEW))} == {(entry.login, entry.details["new"]) for entry in released}
    assert work.services.people_desk.file(AUDITOR, alice.key, days=1).change is None


def test_a_released_number_is_used_for_everything(work, alice):
    """The old one may be somebody else's by now: notices do not go there until the first right code."""
    work.at_code("alice", "corp")
    told = BoundNumbers(work.services.database, work.services.vault)
    before = told.find(alice.key)
    work.services.people_desk.actions.release_number(HELPDESK, alice.key, shown(work, alice))

    assert (PHONE, NEW) == (before, told.find(alice.key))


def test_only_the_number_that_was_shown_is_released(work, alice):
    """Whoever can write to the directory would put another one in its place while the help desk asks."""
    work.at_code("alice", "corp")
    services, number = work.services, shown(work, alice)
    people = LocalPeople(services.database, services.vault, services.clock, repository="corp")
    people.change(PersonDraft("alice", phones=(PhoneNumber("+4915112345677"),)))
    work.clock.advance(timedelta(minutes=20))
    work.at_code("alice", "corp")
    for one in (number, "", "é"):
        with pytest.raises(ConflictError):
            services.people_desk.actions.release_number(HELPDESK, alice.key, one)

    assert str(NEW) not in number
    assert services.people_desk.file(AUDITOR, alice.key, days=1).change is not None
    assert "number.released" not in {one.entry.tag for one in services.audit.search(limit=100)}


def test_nobody_releases_his_own_number(work, alice):
    """A help desk agent whose password was stolen would."""
    work.at_code("alice", "corp")
    himself = actor(*HELPDESK.roles, login="alice")
    himself = type(himself)(alice.key, *[getattr(himself, name) for name in himself.__slots__[1:]])

    with pytest.raises(ConflictError):
        work.services.people_desk.actions.release_number(himself, alice.key, shown(work, alice))


def test_a_changed_number_proves_no_caller(work, alice):
    """Even when nobody has signed in since it was changed."""
    sent = work.services.callers.send(HELPDESK, alice.key, "en")

    assert NotSent(Withheld.NUMBER_CHANGED) == sent
    assert work.services.people_desk.file(AUDITOR, alice.key, days=1).change is not None
