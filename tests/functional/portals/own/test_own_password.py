"""A password that is changed by its owner: on his own page, and at the sign-in when it must be; JavaScript off."""

import re

import pytest

from authsms.administration.rights import Role
from authsms.audit import AuditTag
from authsms.identity.repository import PasswordVerdict
from authsms.logon.catalog import Wanted
from authsms.logon.overdue import OverdueRule
from tests.functional.portals.admin.office import PASSWORD, Clerk, Office
from tests.functional.portals.own.owner import METHODS, STALE, Owner, owner

PAGE = f"{METHODS}/password"
NEW = "better horse, new battery"


def fields(old: str = PASSWORD, new: str = NEW, again: str | None = None) -> dict[str, str]:
    return {"password": old, "new_password": new, "repeated": new if again is None else again}


def verdict(alice: Owner, password: str) -> PasswordVerdict:
    return alice.office.services.people.check_password(alice.person.login, alice.person, password)


def test_a_password_is_changed_and_other_sessions_end(alice: Owner, office: Office):
    elsewhere = office.visitor(office.session_token(alice.person, event="web"))
    listed = alice.get(METHODS).text
    page = alice.get(PAGE).text
    answer = alice.post(PAGE, PAGE, **fields())

    assert f'href="{PAGE}"' in listed
    assert ["username", "current-password", "new-password", "new-password"] == re.findall(
        r'<input id="[^"]+"[^>]* autocomplete="([^"]+)"', page
    )
    assert METHODS == answer.location
    assert alice.told() == "Your password is changed, and other sessions are signed out."
    assert (PasswordVerdict.RIGHT, PasswordVerdict.WRONG) == (verdict(alice, NEW), verdict(alice, PASSWORD))
    assert 302 == elsewhere.get("/sessions").status_code
    assert AuditTag.PASSWORD_CHANGED in alice.tags()
    assert "Your password was changed." in alice.get("/account/activity").text


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (fields(old="wrong"), "Your present password is not right."),
        (fields(again="another"), "not typed twice the same"),
        (fields(new="short"), "too short"),
        (fields(new=PASSWORD), "used this password before"),
        (fields(new=""), "fill in every field"),
        (fields(new="x" * 5000), "fill in every field"),
    ],
    ids=["old", "repeated", "short", "same", "empty", "huge"],
)
def test_what_is_wrong_is_said_and_nothing_is_changed(alice: Owner, typed, words):
    answer = alice.post(PAGE, PAGE, **typed)

    assert words in alice.told(answer.location)
    assert PasswordVerdict.RIGHT is verdict(alice, PASSWORD)


def test_a_session_alone_changes_no_password(alice: Owner, clock):
    """A-11: whoever finds a browser open is led through a whole sign-in first."""
    token = alice.browser.token(PAGE)
    clock.advance(STALE)
    answer = alice.browser.post(PAGE, fields(), token=token)

    assert "/login/web" in answer.location
    assert "/login/web" in alice.get(PAGE).location
    assert PasswordVerdict.RIGHT is verdict(alice, PASSWORD)


def test_guesses_at_the_old_password_are_counted_as_at_the_sign_in(office: Office, clock):
    bob = owner(office, clock)
    for number in range(10):
        bob.post(PAGE, PAGE, **fields(old=f"guess {number}"))
    answer = bob.post(PAGE, PAGE, **fields())

    assert bob.told(answer.location).startswith("Not so fast")
    assert PasswordVerdict.RIGHT is verdict(bob, PASSWORD)


@pytest.fixture
def visitor(office: Office) -> Clerk:
    """Somebody who has not signed in."""
    return office.visitor()


def bare(page: str) -> str:
    """Return a page without what is drawn anew each time."""
    return re.sub(r'value="[^"]+"|/logon/[0-9a-f]+|nonce="[^"]+"', "", page)


def arrive(office: Office, visitor: Clerk, alice: Owner, rule: OverdueRule) -> str:
    """Let the help desk want the password changed, sign in with it, and return where that leads."""
    office.services.catalog.save_all([], [Wanted("gate", "Gate", ("setup-local",), overdue=rule)])
    hugo = office.clerk(Role.HELPDESK)
    hugo.post("/admin/people/password/demand", {"person_key": alice.person.key})
    assert 302 == alice.browser.get("/sessions").status_code
    assert "Must be changed at the next sign-in" in hugo.get(f"/admin/people/{alice.person.key}").text
    login = f"LOCAL\\{alice.person.login}"
    token = visitor.token("/login/gate")
    answer = visitor.post("/login/gate", {"user_name": login, "password": PASSWORD}, token=token)
    location: str = answer.location
    return location


def test_it_is_asked_for_at_the_sign_in(alice: Owner, office: Office, visitor: Clerk):
    """One form, in which a password manager finds its way; a refused one is typed again, then the login goes on."""
    here = arrive(office, visitor, alice, OverdueRule.ASK)
    page = visitor.get(here).text
    refused = visitor.post(here, fields(new="short"), token=visitor.token(here))
    told = visitor.get(refused.location).text
    done = visitor.post(here, fields(), token=visitor.token(here))

    assert "Choose a new password" in page
    assert PASSWORD not in page
    assert ["username", "current-password", "new-password", "new-password"] == re.findall(
        r'<input id="[^"]+"[^>]* autocomplete="([^"]+)"', page
    )
    assert here == refused.location
    assert "too short" in told
    assert "/signed-in" == done.location
    assert "You are signed in" in visitor.get(done.location).text
    assert PasswordVerdict.RIGHT is verdict(alice, NEW)


def test_whoever_is_let_on_is_reminded(alice: Owner, office: Office, visitor: Clerk):
    here = arrive(office, visitor, alice, OverdueRule.ALLOW)

    assert "/signed-in" == here
    assert "please change it soon" in visitor.get(here).text
    assert PasswordVerdict.MUST_CHANGE is verdict(alice, PASSWORD)


def test_whoever_is_refused_learns_no_more_than_with_a_wrong_password(alice: Owner, office: Office, visitor: Clerk):
    here = arrive(office, visitor, alice, OverdueRule.DENY)
    overdue = visitor.get(here).text
    token = visitor.token("/login/gate")
    wrong = visitor.post("/login/gate", {"user_name": f"LOCAL\\{alice.person.login}", "password": "wrong"}, token=token)
    page = visitor.get(wrong.location).text

    assert "User name or password is not right." in overdue
    assert bare(overdue) == bare(page)
