"""The pages of one's own contacts, over real services."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from authsms.contacts.agreement import ContactState
from authsms.foundation.db import Database
from authsms.logon.seed import WEB_EVENT
from authsms.senders.definitions import ServiceDraft
from authsms.senders.policy import ServiceRule
from tests.fakes import ManualClock
from tests.functional.portals.admin.office import TWO_FACTORS, Clerk, Office, open_office
from tests.integration.contacts.post import SETTINGS, Post

HOME = "http://127.0.0.1:8080"
TYPED = "0151 / 12345678"


@pytest.fixture
def office(instance, sqlite_database_url: str, clock: ManualClock) -> Iterator[Office]:
    """An installation that can text."""
    database = Database(sqlite_database_url)
    with open_office(instance, database, clock, home=HOME) as opened:
        rule = ServiceRule("codes")
        draft = ServiceDraft(rule, "signalwire", {**SETTINGS, "sender_phone": "+12025550100"})
        opened.services.senders.save_service(draft, author="test")
        yield opened
    database.dispose()


@pytest.fixture
def alice(office: Office) -> Clerk:
    """Somebody who is signed in, and no administrator."""
    return signed_in(office, "alice")


def signed_in(office: Office, login: str) -> Clerk:
    """Return a person's browser."""
    person = office.person(login)
    return office.visitor(office.session_token(person, event=WEB_EVENT, methods=TWO_FACTORS))


def add(clerk: Clerk, typed: str = TYPED) -> str:
    """Name a number, and return the page of the contact."""
    return clerk.post("/contacts", {"kind": "work", "phone": typed}, token=clerk.token("/contacts")).location


def send(clerk: Clerk, path: str, fields: dict[str, str] | None = None) -> str:
    """Send a form of the contacts, and return the page that follows."""
    answer = clerk.post(path, fields or {}, token=clerk.token("/contacts"))
    assert answer.status_code == 303
    return clerk.get(answer.location).text


def ask(office: Office, clock: ManualClock, clerk: Clerk, path: str) -> str:
    """Tick a contact, and return the code that was texted."""
    assert "on its way" in send(clerk, f"{path}/ask", {"agreed": "yes"})
    (code,) = re.findall(r"(\d{6}) is your code", "\n".join(Post(office.services, clock).deliver()))
    return str(code)


def test_a_number_is_named_ticked_proven_and_ended(office: Office, clock: ManualClock, alice: Clerk):
    """The whole way, without JavaScript."""
    path = add(alice)
    page = alice.get(path).text
    code = ask(office, clock, alice, path)
    wrong = send(alice, f"{path}/code", {"code": "x"})
    live = send(alice, f"{path}/code", {"code": code})
    ended = send(alice, f"{path}/withdraw")

    assert "HELP gets help" in page
    assert "checked" not in page
    assert "A code has 6 digits" in wrong
    assert "Confirmed. You get texts at this number." in live
    assert "Nothing is texted to this number any more." in ended
    assert "gone" in send(alice, f"{path}/remove")


def test_nothing_is_texted_without_the_tick(office: Office, clock: ManualClock, alice: Clerk):
    """M-01: entering a number alone is not consent."""
    path = add(alice)

    assert "Please tick the box first" in send(alice, f"{path}/ask")
    assert [] == Post(office.services, clock).deliver()


def test_a_second_wish_right_after_the_first_has_to_wait(office: Office, clock: ManualClock, alice: Clerk):
    """And says for how long."""
    path = add(alice)
    ask(office, clock, alice, path)

    assert "Not so fast" in send(alice, f"{path}/ask", {"agreed": "yes"})


@pytest.mark.parametrize("typed", ["", "110", "<script>", "+49" + "1" * 80, "+49 151 12345678;ext=5"])
def test_what_is_no_number_is_not_taken(alice: Clerk, typed: str):
    """ATK-13: it is not repeated on the page either."""
    page = send(alice, "/contacts", {"kind": "nonsense", "phone": typed})

    assert "This is no phone number" in page
    assert "<script>" not in page


def test_a_number_is_shown_masked_and_taken_once(alice: Clerk):
    """In whatever spelling."""
    path = add(alice)
    page = alice.get("/contacts").text

    assert "•••••••78" in page
    assert "12345678" not in page + path
    assert "already" in send(alice, "/contacts", {"kind": "home", "phone": "+49 151 12345678"})


def test_another_number_has_to_be_proven_anew(office: Office, clock: ManualClock, alice: Clerk):
    """Another sort has not."""
    path = add(alice)
    send(alice, f"{path}/code", {"code": ask(office, clock, alice, path)})

    assert "Saved." in send(alice, path, {"kind": "home", "phone": ""})
    assert "gets no texts before" in send(alice, path, {"kind": "home", "phone": "+491511234599"})


@pytest.mark.parametrize(
    ("deed", "words"),
    [("", "This number was replaced as a contact"), ("/remove", "This number was removed from the contacts")],
    ids=["change", "remove"],
)
def test_the_old_number_is_told_of_a_change(office: Office, clock: ManualClock, alice: Clerk, deed: str, words: str):
    """ATK-46: in the language of its consent; a number that was never confirmed is left alone."""
    path = add(alice)
    send(alice, f"{path}/code", {"code": ask(office, clock, alice, path)})
    other = add(alice, "+49 151 12345699")
    send(alice, f"{path}{deed}", {"kind": "work", "phone": "+49 151 12345677"})
    send(alice, f"{other}{deed}", {"kind": "work", "phone": "+49 151 12345688"})
    texts = Post(office.services, clock).deliver()

    assert 1 == len(texts)
    assert words in texts[0]


def test_a_stolen_session_does_not_change_or_remove_a_contact(office: Office, clock: ManualClock, alice: Clerk):
    """ATK-46: that takes a sign-in just now, which leads back to the contact; ending texts takes none."""
    path = add(alice)
    send(alice, f"{path}/code", {"code": ask(office, clock, alice, path)})
    clock.advance(timedelta(minutes=6))
    token = alice.token("/contacts")
    answers = [
        alice.post(f"{path}{deed}", {"kind": "work", "phone": "+491511234599"}, token=token) for deed in ("", "/remove")
    ]
    page = alice.get(answers[0].location).text
    live = alice.get(path).text

    assert ["/login/web"] * 2 == [answer.location for answer in answers]
    assert all(any("wanted" in cookie for cookie in one.headers.getlist("Set-Cookie")) for one in answers)
    assert "To change this, please sign in once more" in page
    assert "You get notices and offers at this number" in live
    assert "Saved." in send(alice, path, {"kind": "home", "phone": ""})
    assert "Nothing is texted to this number any more." in send(alice, f"{path}/withdraw")


def test_one_factor_changes_no_number(office: Office):
    """Another such sign-in would not help, so it says so."""
    person = office.person("eve")
    eve = office.visitor(office.session_token(person, event=WEB_EVENT, methods=("LDAP_PASSWORD:1",)))
    path = add(eve)

    assert "after a sign-in with two factors" in send(eve, f"{path}/remove")
    assert 200 == eve.get(path).status_code


def test_the_order_can_be_changed(alice: Clerk):
    """The last one is put first."""
    add(alice)
    last = add(alice, "+49 151 12345699")
    page = send(alice, f"{last}/first")

    assert page.index("•••••••99") < page.index("•••••••78")


def test_nobody_sees_or_changes_the_contacts_of_somebody_else(office: Office, alice: Clerk):
    """Its id is no right to it."""
    path = add(alice)
    ben = signed_in(office, "ben")
    token = ben.token("/contacts")
    answers = [ben.get(path).status_code] + [
        ben.post(f"{path}{deed}", {"agreed": "yes", "code": "123456", "kind": "home"}, token=token).status_code
        for deed in ("", "/ask", "/withdraw", "/first", "/remove")
    ]
    person = office.services.people.find("alice")

    assert [404] * 6 == answers
    assert person
    assert [ContactState.IDLE] == [one.state for one in office.services.contacts.of(person.key)]


def test_without_a_session_or_a_token_nothing_is_done(office: Office, alice: Clerk):
    """A form of another site is refused, too."""
    path, stranger = add(alice), office.visitor()
    foreign = alice.post("/contacts", {"phone": TYPED}, token=alice.token("/contacts"), Origin="https://evil.example")

    assert [302, 302] == [stranger.get(one).status_code for one in ("/contacts", path)]
    assert 403 == stranger.post(f"{path}/remove", {}, token="x.y").status_code
    assert 403 == alice.post(f"{path}/remove", {}, token="x.y").status_code
    assert 403 == foreign.status_code


def test_countries_that_are_not_served_get_no_code(instance, sqlite_database_url: str, clock: ManualClock):
    """ATK-13: and the person is told so."""
    database = Database(sqlite_database_url)
    with open_office(instance, database, clock, home=HOME, sms={"countries": ["AT"]}) as office:
        clerk = signed_in(office, "alice")
        page = send(clerk, f"{add(clerk)}/ask", {"agreed": "yes"})
    database.dispose()

    assert "Numbers of this country are not texted." in page


def test_who_answered_stop_is_told_how_to_come_back(office: Office, clock: ManualClock, alice: Clerk):
    """START first, then the tick."""
    path = add(alice)
    post = Post(office.services, clock)
    send(alice, f"{path}/code", {"code": ask(office, clock, alice, path)})
    post.text("STOP", to="+12025550100")

    assert "STOP came from this number" in alice.get(path).text
