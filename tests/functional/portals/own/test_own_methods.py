"""Setting up, trying and removing an authenticator app of one's own."""

import re
from datetime import timedelta
from html import unescape
from uuid import UUID

import pyotp
import pytest

from authsms.audit import AuditTag
from authsms.identity.definitions import RepositoryDefinition
from authsms.logon.enrollment import HOTP, Token
from authsms.logon.machine import Status
from authsms.logon.methods.totp import TOTP
from authsms.logon.sessions import SessionDraft
from tests.fakes import ManualClock
from tests.functional.portals.admin.office import TWO_FACTORS, Office
from tests.functional.portals.own.owner import APP, METHODS, STALE, Owner, owner


def test_an_app_is_set_up_and_used(office: Office, alice: Owner, clock: ManualClock):
    """From the page to the next login; the code that confirmed it is used up."""
    app = alice.draw()
    first = alice.code(app)
    answer = alice.confirm(first)
    told, page = alice.told(), alice.get(METHODS).text
    again = alice.try_sign_in("local-totp", first)
    clock.advance(timedelta(seconds=30))

    assert answer.location == METHODS
    assert told == "Your authenticator app is set up. From now on you can sign in with it."
    assert "Remove" in page
    assert again is Status.MORE_DATA
    assert alice.try_sign_in("local-totp", alice.code(app)) is Status.OK
    assert AuditTag.METHOD_SET_UP in alice.tags()


def test_the_page_shows_the_same_secret_three_times_over(alice: Owner):
    """To scan, to open, and to type; the picture is part of the page."""
    app = alice.draw()
    page = alice.get(APP).text
    typed = "".join(re.findall(r"<span>([A-Z2-7]{4})</span>", page))

    assert app.secret == typed
    assert app.issuer == "127.0.0.1"
    assert app.name == alice.person.login
    assert '<svg viewBox="0 0' in page
    assert "style=" not in page


def test_what_somebody_has_is_told(office: Office, alice: Owner, clock: ManualClock):
    """And where it comes from, so that it can be put right there."""
    page = alice.get(METHODS).text
    bare = owner(office, clock, phones=()).get(METHODS).text

    assert "a number ending in 42" in page
    assert "2025550142" not in page
    assert "It is kept on this server." in page
    assert "No mobile number of yours is known here." in bare


def test_a_directory_that_is_away_hides_the_number_only(office: Office):
    """The page is also for people who want to remove an app while a directory is down."""
    away = {"servers": ["ldap://127.0.0.1:1"], "base": "dc=example", "preset": "openldap", "allow_plaintext": True}
    office.services.people.save_repository(RepositoryDefinition("corp", "ldap", away))
    draft = SessionDraft(f"corp:{UUID(int=1)}", "x", "X", "", "corp", frozenset(), TWO_FACTORS, "c", "web", "", "")
    with office.services.database.write() as session:
        token = office.services.sessions.begin(session, draft)
    page = office.visitor(token).get(METHODS).text

    assert "The directory does not answer at the moment" in page
    assert "kept in the directory corp" in page


def test_a_session_that_is_not_fresh_is_led_through_the_login_and_back(alice: Owner, clock: ManualClock):
    """A stolen session binds no factor (NIST SP 800-63B-4, 4.1.2.1)."""
    clock.advance(STALE)
    answer = alice.get(APP)
    sign_in_page = alice.get(answer.location).text
    drawn = alice.post(APP)

    assert (303, "/login/web") == (answer.status_code, answer.location)
    assert "please sign in once more" in sign_in_page
    assert f'value="{alice.person.login}"' in sign_in_page
    assert drawn.location == "/login/web"
    assert alice.office.services.enrollments.find(alice.person.key, TOTP) is None


def test_after_the_login_the_person_is_back_on_the_page(alice: Owner, clock: ManualClock):
    """Where she wanted to go, not just anywhere."""
    clock.advance(STALE)
    alice.get(APP)

    assert alice.get("/signed-in").location == APP


def test_one_factor_is_not_enough(office: Office, clock: ManualClock):
    """Whoever has guessed a password must not bind a second factor of his own with it."""
    thief = owner(office, clock, methods=("pwd",))
    answer = thief.get(APP)

    assert answer.location == METHODS
    assert "with two factors" in thief.told()
    assert thief.post(APP).location == METHODS
    assert office.services.enrollments.find(thief.person.key, TOTP) is None


def test_a_secret_is_not_shown_to_an_older_session(office: Office, alice: Owner, clock: ManualClock):
    """Of the same person: one that was stolen yesterday sees nothing of what is being set up today."""
    old = office.visitor(office.session_token(alice.person, event="web"))
    clock.advance(timedelta(minutes=21))
    alice.return_later()
    app = alice.draw()

    assert old.get(APP).location == "/login/web"
    assert app.secret not in old.get(METHODS).text


def test_wrong_first_codes_are_counted_and_held(alice: Owner, clock: ManualClock):
    """As at the sign-in; a slip is not counted."""
    app = alice.draw()
    alice.confirm("12345")
    slip = alice.told(APP)
    hold_after = alice.office.services.settings.otp.hold_after
    for _ in range(hold_after):
        alice.confirm(alice.wrong(app))
    alice.confirm(alice.code(app))
    held = alice.told(APP)
    clock.advance(timedelta(seconds=31))
    alice.confirm(alice.code(app))

    assert slip == "A code has 6 digits. Please type it again."
    assert held.startswith("Not so fast")
    assert AuditTag.METHOD_HELD in alice.tags()
    assert "is set up" in alice.told()


def test_an_app_that_is_there_is_not_replaced(alice: Owner):
    """It has to be removed first, knowingly."""
    alice.set_up()
    before = alice.office.services.enrollments.find(alice.person.key, TOTP)
    answer = alice.post(APP)

    assert answer.location == METHODS
    assert alice.office.services.enrollments.find(alice.person.key, TOTP) == before


def test_an_app_is_removed_after_a_question(alice: Owner, clock: ManualClock):
    """With a fresh sign-in; another one can be set up then."""
    alice.set_up()
    question = alice.get(f"{APP}/remove").text
    clock.advance(STALE)
    late = alice.post(f"{APP}/remove")
    alice.return_later()
    alice.post(f"{APP}/remove", f"{APP}/remove")

    assert "Remove your authenticator app?" in question
    assert late.location == "/login/web"
    assert "no longer works here" in alice.told()
    assert alice.office.services.enrollments.find(alice.person.key, TOTP) is None
    assert 1 == len(alice.office.services.sessions.list(alice.person.key)), "another session goes on"
    assert AuditTag.METHOD_REMOVED in alice.tags()
    assert alice.draw().secret


def test_a_trial_costs_nothing_and_uses_a_right_code_up(office: Office, alice: Owner, clock: ManualClock):
    """Nobody is locked out by trying, and a thief learns no code that is good elsewhere."""
    app = alice.set_up()
    clock.advance(timedelta(seconds=30))
    alice.post(f"{APP}/try", code=alice.wrong(app))
    wrong = alice.told()
    right = alice.code(app)
    alice.post(f"{APP}/try", code=right)
    assert "This did not count." in wrong
    assert "your app works" in alice.told()
    assert alice.failures(TOTP) == 0
    assert alice.try_sign_in("local-totp", right) is Status.MORE_DATA


def test_trials_are_limited(alice: Owner):
    """Five in a quarter of an hour: no way to look for a code."""
    app = alice.set_up()
    for _ in range(6):
        alice.post(f"{APP}/try", code=alice.wrong(app))

    assert alice.told().startswith("Not so fast")


@pytest.mark.parametrize("action", [APP, f"{APP}/confirm", f"{APP}/try", f"{APP}/remove"])
def test_the_forms_need_a_token_of_the_session(office: Office, alice: Owner, clock: ManualClock, action: str):
    """Neither another person's nor none."""
    alice.set_up()
    other = owner(office, clock)
    for token in (other.browser.token("/sessions"), ""):
        assert alice.browser.post(action, {"code": "123456"}, token=token).status_code == 403
    assert TOTP in office.services.enrollments.ready(alice.person.key)


@pytest.mark.parametrize("address", [METHODS, APP, f"{APP}/remove"])
def test_without_a_session_the_pages_lead_to_the_login(office: Office, address: str):
    """And back afterwards."""
    visitor = office.visitor()

    assert visitor.get(address).location == "/login/web"
    assert "wanted" in str(visitor.client._cookies)


def test_a_token_is_shown_and_brought_into_step(office: Office, alice: Owner):
    """Whoever has none reads nothing of it."""
    before = alice.get(METHODS).text
    services = office.services
    with services.database.write() as session:
        services.enrollments.assign(session, alice.person.key, HOTP, Token("T-4711", bytes(20)))
    token = pyotp.HOTP("A" * 32)
    page = alice.get(METHODS).text
    alice.post("/account/methods/token", METHODS, code="123456", second="1")
    malformed = alice.told()
    alice.post("/account/methods/token", METHODS, code=token.at(700), second=token.at(701))

    assert "T-4711" not in before
    assert "T-4711" in page
    assert malformed == "Codes have 6 or 8 digits. Please type both again."
    assert alice.told().startswith("Your token is in step again.")
    assert alice.try_sign_in("local-hotp", token.at(702)) is Status.OK


def test_an_app_that_counts_is_set_up_used_and_removed(alice: Owner, clock: ManualClock):
    """By a picture, as one that looks at the clock; the picture says where it begins."""
    address = f"{METHODS}/counter"
    alice.post(address, address)
    page = alice.get(address).text
    found = re.search(r'href="(otpauth://hotp/[^"]+)"', page)
    assert found is not None
    app = pyotp.parse_uri(unescape(found[1]))
    assert isinstance(app, pyotp.HOTP)
    waiting = alice.get(METHODS).text
    alice.post(f"{address}/confirm", address, code=app.at(0))
    listed, again = alice.get(METHODS).text, alice.try_sign_in("local-hotp", app.at(0))

    assert "counter=0" in found[1]
    assert "Microsoft Authenticator cannot" not in page
    assert "Not finished yet" in waiting
    assert "App that counts" in listed
    assert again is Status.MORE_DATA
    assert alice.try_sign_in("local-hotp", app.at(1)) is Status.OK
    alice.post(f"{address}/remove", f"{address}/remove")
    assert "Its codes do not need the right time" in alice.get(METHODS).text


def test_a_token_that_was_given_is_not_removed_by_its_owner(office: Office, alice: Owner):
    """It is the company's; the help desk takes it back."""
    with office.services.database.write() as session:
        token = Token("T-4712", bytes(20))
        office.services.enrollments.assign(session, alice.person.key, HOTP, token)
    shown = alice.get(f"{METHODS}/counter/remove")
    alice.post(f"{METHODS}/counter/remove")

    assert shown.location == METHODS
    assert "T-4712" in alice.get(METHODS).text
