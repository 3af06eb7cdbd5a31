"""A phone number of one's own in place of the directory's (ATK-46), JavaScript off."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select

from authsms.administration.rights import Role
from authsms.audit import AuditTag
from authsms.delivery.models import Message
from authsms.foundation.db import Database, sqlite_url
from authsms.foundation.phone import PhoneNumber
from authsms.identity.drafts import PersonDraft
from authsms.identity.local_people import LocalPeople
from authsms.logon.machine import MessageKey, Status
from authsms.logon.steps import Step
from authsms.otp.models import SEND_BUDGET
from tests.fakes import ManualClock
from tests.functional.portals.admin.office import Office, open_office
from tests.functional.portals.own.owner import HOME, METHODS, STALE, Owner
from tests.integration.administration.people_at_work import PASSWORD, Work

NUMBER = f"{METHODS}/number"
LISTED, OWN, THIEF = PhoneNumber("+12025550142"), PhoneNumber("+12025550199"), PhoneNumber("+12025550188")
LATER = timedelta(minutes=20)


@dataclass
class Giver(Owner):
    """Somebody of a directory who gives himself a number."""

    work: Work

    def give(self, number: str = OWN) -> None:
        """Have a code sent to a number."""
        self.post(NUMBER, NUMBER, phone=number)

    def confirm_number(self, code: str | None = None) -> str:
        """Type the code that came, and return what is told."""
        answer = self.post(f"{NUMBER}/confirm", NUMBER, code=code or self.work.code())
        return self.told(answer.location)

    def texted(self) -> list[str]:
        """Return the ends of the numbers that were texted, oldest first."""
        with self.office.services.database.read() as session:
            rows = session.execute(select(Message.masked).order_by(Message.id)).scalars()
            return [masked[-2:] for masked in rows]

    def sign_in(self) -> Step:
        """Sign in as far as the code."""
        self.work.clock.advance(LATER)
        return self.work.at_code(self.person.login, "corp")


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, _sqlite_template: Path) -> Iterator[Office]:
    """An installation that allows it."""
    folder = tmp_path_factory.mktemp("own-number")
    database = Database(sqlite_url(Path(shutil.copy(_sqlite_template, folder / "authsms.db"))))
    with open_office(folder, database, ManualClock(), home=HOME, sms={"own_numbers": True}) as opened:
        yield opened
    database.dispose()


@pytest.fixture(scope="module")
def people(office: Office) -> LocalPeople:
    """A directory that others may change."""
    clock = office.services.clock
    assert isinstance(clock, ManualClock)
    work = Work(office.services, clock)
    work.configure_twilio()
    return work.directory()


@pytest.fixture
def alice(office: Office, clock: ManualClock, people: LocalPeople) -> Giver:
    """Somebody who has signed in with the number of the directory, just now."""
    with office.services.database.write() as session:
        session.execute(delete(Message))
        session.execute(delete(SEND_BUDGET))
    login = f"giver{people.count()}"
    person = people.create(PersonDraft(login, login.title(), (LISTED,), password=PASSWORD))
    work = Work(office.services, clock)
    work.type_code(work.at_code(login, "corp"), work.code())
    clock.advance(LATER)
    return Giver(office, clock, person, office.visitor(office.session_token(person, event="web")), work)


def test_a_number_counts_once_its_code_came_back_and_the_old_one_is_told(alice: Giver):
    """The next login uses it at once, and it is on no page."""
    before = alice.get(METHODS).text
    alice.give()
    asking = alice.get(NUMBER).text
    wrong = f"{(int(alice.work.code()) + 1) % 10**6:06d}"
    refused, unproven = alice.confirm_number(wrong), alice.get(METHODS).text
    done = alice.confirm_number()
    after = alice.get(METHODS).text
    step = alice.sign_in()

    assert "•••••••42" in before
    assert "•••••••99" in asking
    assert refused.startswith("That code is not right")
    assert "•••••••42" in unproven
    assert done.startswith("Confirmed.")
    assert "•••••••99" in after
    assert ["42", "99", "42", "99"] == alice.texted()
    assert Status.OK is alice.work.type_code(step, alice.work.code()).status
    assert not [page for page in (asking, after) if OWN[2:-2] in page]
    assert {AuditTag.NUMBER_REFUSED, AuditTag.NUMBER_GIVEN} <= set(alice.tags())
    assert "A number of your own was confirmed" in alice.get("/account/activity").text


def removed_by_himself(alice: Giver) -> None:
    alice.return_later()
    alice.post(f"{NUMBER}/remove", NUMBER)


def removed_by_the_help_desk(alice: Giver) -> None:
    hugo = alice.office.clerk(Role.HELPDESK)
    hugo.get(f"/admin/people/{alice.person.key}")
    hugo.post("/admin/people/number/remove", {"person_key": alice.person.key})


REMOVALS = pytest.mark.parametrize("removed", [removed_by_himself, removed_by_the_help_desk])


@REMOVALS
def test_what_the_directory_says_plays_no_part_any_more(alice: Giver, people: LocalPeople, removed):
    """Whoever writes to it moves nothing; when the own number goes, one that was changed meanwhile waits."""
    alice.give()
    alice.confirm_number()
    people.change(PersonDraft(alice.person.login, phones=(THIEF,)))
    step = alice.sign_in()
    removed(alice)
    back = alice.sign_in()

    assert step.asks is not None
    assert step.asks.masked.endswith("99")
    assert MessageKey.CODE_SENT is step.message_key
    assert MessageKey.NUMBER_HELD is back.message_key
    assert AuditTag.NUMBER_CHANGED in alice.tags()


@REMOVALS
def test_the_number_before_is_used_again_when_the_own_one_goes(alice: Giver, removed):
    """Also when another one of his own came in between."""
    for number in (OWN, "+12025550177"):
        alice.work.clock.advance(LATER)
        alice.return_later()
        alice.give(number)
        alice.confirm_number()
    removed(alice)
    back = alice.sign_in()

    assert MessageKey.CODE_SENT is back.message_key
    assert alice.texted()[-1] == "42"


def test_another_number_ends_the_other_sessions(alice: Giver, office: Office):
    """One of them may be a thief's; after the help desk has removed it, none is left."""
    sessions = office.services.sessions
    other = office.session_token(alice.person, event="web")
    alice.give()
    alice.confirm_number()
    given = sessions.find(other)
    after = office.session_token(alice.person, event="web")
    removed_by_himself(alice)
    gone = sessions.find(after)
    alice.work.clock.advance(LATER)
    alice.return_later()
    alice.give()
    alice.confirm_number()
    removed_by_the_help_desk(alice)

    assert given is None
    assert gone is None
    assert [] == list(sessions.list(alice.person.key))


def test_it_takes_a_fresh_sign_in_with_two_factors(alice: Giver, clock: ManualClock, office: Office):
    """Or a thief with an open session, or with the password, would move the second factor."""
    token = alice.browser.token(NUMBER)
    clock.advance(STALE)
    stale = alice.browser.post(NUMBER, {"phone": OWN}, token=token)
    alice.browser = office.visitor(office.session_token(alice.person, event="web", methods=("pwd",)))
    single = alice.post(NUMBER, "/sessions", phone=OWN)

    assert "/login/web" == stale.location
    assert METHODS == single.location
    assert "99" not in alice.texted()


@pytest.mark.parametrize(("typed", "words"), [("hello", "not a phone number"), ("", "not a phone number")])
def test_what_is_no_number_is_refused(alice: Giver, typed, words):
    """In words."""
    alice.give(typed)

    assert words in alice.told(NUMBER)


def test_texts_to_strange_numbers_are_limited(alice: Giver, clock: ManualClock):
    """ATK-13: nobody texts the world from his page."""
    for end in range(6):
        clock.advance(timedelta(seconds=40))
        alice.give(f"+1202555016{end}")

    assert alice.told(NUMBER).startswith("Not so fast")
    assert len(alice.texted()) <= 6


def test_the_help_desk_removes_it(alice: Giver, office: Office):
    """In the trail of both; the number that goes is told."""
    alice.give()
    alice.confirm_number()
    hugo, address = office.clerk(Role.HELPDESK), f"/admin/people/{alice.person.key}"
    before = hugo.get(address).text
    after = hugo.get(hugo.post("/admin/people/number/remove", {"person_key": alice.person.key}).location).text

    assert "Given by the person" in before
    assert "Removed. Codes go to the number in the repository again." in after
    assert "Given by the person" not in after
    assert alice.texted()[-1] == "99"
    assert AuditTag.NUMBER_REMOVED in alice.tags()


def test_where_it_is_not_allowed_there_is_no_such_page(alice: Giver, monkeypatch: pytest.MonkeyPatch):
    """And numbers that were given before no longer count."""
    alice.give()
    alice.confirm_number()
    monkeypatch.setattr(alice.office.services.people.own_numbers, "is_allowed", False)

    assert 404 == alice.get(NUMBER).status_code
    assert "•••••••42" in alice.get(METHODS).text
