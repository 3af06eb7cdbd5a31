"""The pages of recovery codes."""

import re

from authsms.audit import AuditTag
from authsms.logon.machine import Status
from tests.fakes import ManualClock
from tests.functional.portals.admin.office import PASSWORD, Office
from tests.functional.portals.own.owner import CODES, METHODS, STALE, Owner


def printed(page: str) -> list[str]:
    """Return the codes on a page."""
    return re.findall(r"<code>([0-9A-Z-]{19})</code>", page)


def test_ten_codes_are_shown_once_and_work(alice: Owner):
    """From the page to the next login; the overview counts down."""
    empty = alice.get(METHODS).text
    alice.return_later()
    codes = printed(alice.post(CODES, CODES).text)
    sessions = alice.office.services.sessions.list(alice.person.key)
    signed_in = alice.try_sign_in("local-recovery", codes[0])
    page = alice.get(METHODS).text

    assert "None. Print some" in empty
    assert len(set(codes)) == 10
    assert signed_in is Status.OK
    assert "9 of 10 left" in page
    assert 1 == len(sessions), "another session goes on"
    assert not any(code in page for code in codes)
    assert AuditTag.RECOVERY_CODES_MADE in alice.tags()


def test_new_ones_end_the_old_ones_and_the_page_says_so(alice: Owner):
    """Before it is done."""
    old = printed(alice.post(CODES, CODES).text)
    question = alice.get(CODES).text
    alice.post(CODES, CODES)

    assert "stop working as soon as" in question
    assert alice.try_sign_in("local-recovery", old[0]) is Status.MORE_DATA


def test_they_are_made_after_a_fresh_sign_in_only(alice: Owner, clock: ManualClock):
    """The page as well as the form."""
    clock.advance(STALE)

    assert alice.get(CODES).location == "/login/web"
    assert alice.post(CODES).location == "/login/web"
    assert alice.office.services.own_codes.stock(alice.holder()).left == 0


def test_too_many_sheets_are_refused(alice: Owner):
    """Each writes eleven rows."""
    for _ in range(6):
        alice.post(CODES, CODES)

    assert alice.told().startswith("Not so fast")


def test_the_form_needs_a_token_of_the_session(alice: Owner):
    """Or another page could end somebody's codes."""
    assert alice.browser.post(CODES, {}, token="").status_code == 403


def test_the_code_page_asks_for_a_recovery_code(office: Office, alice: Owner):
    """By the pages alone: name and password, another way, the code."""
    code = printed(alice.post(CODES, CODES).text)[0]
    visitor = office.visitor()
    begun = visitor.post(
        "/login/web",
        {"user_name": f"LOCAL\\{alice.person.login}", "password": PASSWORD},
        token=visitor.token("/login/web"),
    )
    visitor.post(f"{begun.location}/another-way", {"chain": "local-recovery"}, token=visitor.token(begun.location))
    page = visitor.get(begun.location).text
    visitor.post(begun.location, {"code": "1234"}, token=visitor.token(begun.location))
    slip = visitor.get(begun.location).text
    done = visitor.post(begun.location, {"code": code}, token=visitor.token(begun.location))

    assert "Enter a recovery code" in page
    assert "A recovery code has 16 letters and digits" in slip
    assert done.location == "/signed-in"
