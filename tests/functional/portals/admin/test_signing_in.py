"""Which sessions open the portal, and how one comes in for the first time."""

from authsms.administration.administrators import SETUP_LASTS
from authsms.administration.rights import Role
from authsms.logon.seed import ADMIN_EVENT, SETUP_EVENT
from authsms.senders.definitions import ServiceDraft
from authsms.senders.policy import ServiceRule
from tests.fakes import ManualClock
from tests.functional.portals.admin.office import OVERDUE, PASSWORD, Office
from tests.integration.administration.people_at_work import HERE, Work


def test_a_session_of_an_application_does_not_open_the_portal(office: Office):
    """Whoever takes over a session of the intranet has not taken over the server."""
    office.clerk()
    person = office.services.people.find("administrator")
    assert person is not None
    answer = office.visitor(office.session_token(person, event="web")).get("/admin/")

    assert (303, "/login/admin") == (answer.status_code, answer.location)


def test_somebody_without_a_role_is_told_so(office: Office):
    """He is signed in, so another sign-in would not help."""
    answer = office.visitor(office.session_token(office.person("guest"))).get("/admin/")

    assert answer.status_code == 403
    assert "roles" in answer.text


def test_password_and_code_open_the_portal(office: Office, clock: ManualClock):
    """What the chain of the portal leaves in a session, not what a test would put there."""
    person = office.person("first")
    office.services.administrators.grant(person, [Role.ADMINISTRATOR])
    work = Work(office.services, clock)
    step = office.services.logon.begin(ADMIN_EVENT, "LOCAL\\first", HERE)
    step = office.services.logon.answer(step.ticket, {"password": PASSWORD}, HERE)
    step = work.type_code(step, work.code())

    assert office.visitor(step.session_token or "").get("/admin/").status_code == 200


def test_a_password_alone_opens_nothing(office: Office):
    """Two factors, or nothing."""
    office.clerk()
    person = office.services.people.find("administrator")
    assert person is not None
    for event in ("admin", SETUP_EVENT):
        visitor = office.visitor(office.session_token(person, event=event, methods=("pwd",)))

        assert visitor.get("/admin/").status_code == 403


def test_a_password_alone_opens_the_portal_during_the_first_set_up(office: Office, clock: ManualClock):
    """No text can be sent yet; the command line has opened it, for a day."""
    person = office.person("first")
    office.services.administrators.grant(person, [Role.ADMINISTRATOR])
    office.services.administrators.open_setup(person.key)
    visitor = office.visitor(office.session_token(person, event=SETUP_EVENT, methods=("pwd",)))

    assert "password alone" in visitor.get("/admin/").text

    clock.advance(SETUP_LASTS)
    again = office.visitor(office.session_token(person, event=SETUP_EVENT, methods=("pwd",)))

    assert again.get("/admin/").status_code == 403


def test_the_first_code_ends_the_set_up_for_good(office: Office):
    """Also for the session by password that is still open."""
    person = office.person("first")
    office.services.administrators.grant(person, [Role.ADMINISTRATOR])
    office.services.administrators.open_setup(person.key)
    by_password = office.visitor(office.session_token(person, event=SETUP_EVENT, methods=("pwd",)))
    by_code = office.visitor(office.session_token(person))

    assert [200, 200, 403] == [visitor.get("/admin/").status_code for visitor in (by_password, by_code, by_password)]


def test_the_first_set_up_begins_at_the_password_alone(office: Office, clock: ManualClock):
    """Whoever follows the address of the portal would wait for a code that cannot be sent."""
    person = office.person("first")
    office.services.administrators.grant(person, [Role.ADMINISTRATOR])
    office.services.administrators.open_setup(person.key)

    assert office.visitor().get("/admin/").location == "/login/admin-setup"

    _save_sender(office)

    assert office.visitor().get("/admin/").location == "/login/admin"
    assert "/login/admin-setup" in office.visitor().get("/login/admin").text

    clock.advance(SETUP_LASTS)

    assert "/login/admin-setup" not in office.visitor().get("/login/admin").text


def test_the_first_page_of_a_new_server_lists_what_it_needs(office: Office):
    """In the order in which it works, and what is done is marked."""
    person = office.person("first")
    office.services.administrators.grant(person, [Role.ADMINISTRATOR])
    office.services.administrators.open_setup(person.key)
    visitor = office.visitor(office.session_token(person, event=SETUP_EVENT, methods=("pwd",)))
    before = visitor.get("/admin/").text
    _save_sender(office)
    after = visitor.get("/admin/").text

    assert before.index("Add a sender service") < before.index("Add a directory") < before.index("Add an application")
    assert (0, 1) == (before.count(">done<"), after.count(">done<"))
    assert 'href="/admin/senders/services/main/test"' not in before
    assert 'href="/admin/senders/services/main/test"' in after


def test_a_fresh_proof_during_the_set_up_is_the_password(office: Office, clock: ManualClock):
    """As long as codes do not arrive nobody could go on otherwise."""
    person = office.person("first")
    office.services.administrators.grant(person, [Role.ADMINISTRATOR])
    office.services.administrators.open_setup(person.key)
    _save_sender(office)
    visitor = office.visitor(office.session_token(person, event=SETUP_EVENT, methods=("pwd",)))

    assert 'href="/login/admin-setup"' in visitor.get("/admin/prove").text
    assert 'href="/login/admin"' in office.clerk().get("/admin/prove").text


def _save_sender(office: Office) -> None:
    rule = ServiceRule("main")
    settings = {"account_sid": "AC" + "0" * 32, "auth_token": "0" * 32, "sender_phone": "+12025550100"}
    office.services.senders.save_service(ServiceDraft(rule, "twilio", settings), author="test")


def test_whoever_signs_in_comes_to_the_page_he_wanted(office: Office):
    """And only to pages of this server."""
    visitor = office.visitor()
    assert visitor.get("/admin/administrators").location == "/login/admin"
    person = office.person("anna")
    office.services.administrators.grant(person, [Role.ADMINISTRATOR])
    name = "authsms-session"
    visitor.client.set_cookie(name, office.session_token(person), domain="127.0.0.1")

    assert visitor.get("/signed-in").location == "/admin/administrators"
    assert visitor.get("/signed-in").location == "/admin/"


def test_a_form_that_needs_a_proof_leads_back_to_its_page(office: Office, clock: ManualClock):
    """The referrer tells which page that was; a foreign one is not followed."""
    for referrer, place in (
        ("http://127.0.0.1:8080/admin/administrators/add?user=x", "/admin/administrators/add?user=x"),
        ("http://evil.example/admin/", "/admin/"),
        ("http://127.0.0.1:8080.evil.example/admin/", "/admin/"),
    ):
        clerk = office.clerk()
        token = clerk.token()
        clock.advance(OVERDUE)
        answer = clerk.post("/admin/administrators/remove", {"person_key": "x"}, token=token, Referer=referrer)

        assert answer.location == "/admin/prove"
        assert clerk.get("/admin/prove").status_code == 200
        assert clerk.get("/signed-in").location == place
