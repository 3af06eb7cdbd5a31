"""What somebody sees of what happened to his account."""

from datetime import timedelta

import pytest

from authsms.audit import AuditEntry, AuditTag
from authsms.logon.own_history import _SHOWN
from authsms.logon.steps import Client
from authsms.portals.own_activity import _HAPPENED
from tests.fakes import ManualClock
from tests.functional.portals.admin.office import PASSWORD, Clerk, Office
from tests.functional.portals.own.owner import Owner

ACTIVITY = "/account/activity"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
ELSEWHERE = Client(address="198.51.100.9", user_agent=FIREFOX)


def refuse(alice: Owner, login: str = "") -> None:
    """Try a wrong password from elsewhere."""
    name = f"LOCAL\\{login or alice.person.login}"
    alice.office.services.logon.begin("web", name, ELSEWHERE, response={"password": "wrong"})


def note(alice: Owner, tag: AuditTag, **details: str) -> None:
    """Write a record under somebody's key."""
    services = alice.office.services
    with services.database.write() as session:
        services.audit.record(session, AuditEntry(tag, alice.person.key, alice.person.login, details=details))


def test_sign_ins_tries_and_changes_are_told(alice: Owner):
    """With time, place, device and what was proven."""
    app = alice.draw()
    alice.confirm(alice.code(app, -timedelta(seconds=30)))
    alice.try_sign_in("local-totp", alice.code(app))
    refuse(alice)
    page = alice.get(ACTIVITY).text

    assert "Signed in to Web login." in page
    assert "Password + Authenticator app" in page
    assert "An authenticator app was set up." in page
    assert "A password was refused." in page
    assert "Firefox on Linux · 198.51.100.9" in page
    assert page.index("A password was refused.") < page.index("Signed in to")
    assert "call your help desk at once" in page


def test_the_second_proof_gone_wrong_is_what_a_stolen_password_looks_like(alice: Owner):
    """The most important line of all."""
    app = alice.set_up()
    alice.try_sign_in("local-totp", alice.wrong(app))

    assert "The password was right, what was typed next was wrong." in alice.get(ACTIVITY).text


def test_nobody_sees_what_happened_to_others(office: Office, alice: Owner, clock: ManualClock):
    """Neither by name, nor by what an administrator did to somebody else."""
    refuse(alice, "somebody-else")
    note(alice, AuditTag.PERSON_BLOCKED, person="LOCAL:other", reason="left")
    note(alice, AuditTag.SENDER_SAVED, service="main")

    assert "Nothing." in alice.get(ACTIVITY).text


def test_what_is_old_is_not_shown(alice: Owner, clock: ManualClock):
    """A month is what people remember."""
    refuse(alice)
    clock.advance(timedelta(days=31))
    alice.return_later()

    assert "Nothing." in alice.get(ACTIVITY).text


def test_the_page_is_bounded(alice: Owner):
    """Whoever is attacked for days can still read it."""
    for _ in range(60):
        note(alice, AuditTag.LOGON_LIMITED)

    assert alice.get(ACTIVITY).text.count("Too many passwords were tried.") == 50


def test_without_a_session_it_leads_to_the_login(office: Office):
    """And back."""
    visitor: Clerk = office.visitor()

    assert visitor.get(ACTIVITY).location == "/login/web"


@pytest.mark.parametrize("tag", _SHOWN, ids=str)
def test_everything_that_is_shown_has_words(tag: AuditTag):
    """A line without a sentence would break the page."""
    assert {tag.value, f"{tag.value}:password"} & set(_HAPPENED)


def test_a_device_that_cannot_be_told_is_left_out(alice: Owner):
    """Programs say nothing of browsers; what they say is not shown as it is."""
    name = f"LOCAL\\{alice.person.login}"
    agent = Client(user_agent="<script>curl</script>")
    alice.office.services.logon.begin("web", name, agent, response={"password": PASSWORD + "x"})

    assert "script>curl" not in alice.get(ACTIVITY).text
