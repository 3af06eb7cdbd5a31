"""The page behind the link in an offer, over real services."""

import re
from collections.abc import Iterator

import pytest

from authsms.foundation.db import Database
from authsms.identity.repository import PersonKey
from authsms.logon.seed import WEB_EVENT
from authsms.messaging.offers_rules import OfferMode
from authsms.senders.submission import Purpose
from tests.fakes import ManualClock
from tests.functional.portals.admin.office import TWO_FACTORS, Clerk, Office, open_office
from tests.integration.contacts.post import OFFERS, Post
from tests.integration.messaging.asking import FIVE, Phones

HOME = "http://127.0.0.1:8080"
TEXT = "{host}: {name}, early <shift>? {link} STOP ends."


@pytest.fixture
def office(instance, sqlite_database_url: str, clock: ManualClock) -> Iterator[Office]:
    """An installation that can text."""
    database = Database(sqlite_database_url)
    with open_office(instance, database, clock, home=HOME) as opened:
        yield opened
    database.dispose()


@pytest.fixture
def phones(office: Office, clock: ManualClock) -> Phones:
    """Two people who were asked."""
    post = Post(office.services, clock)
    post.add("offers", OFFERS, Purpose.OFFER, Purpose.NOTICE)
    phones = Phones(post)
    phones.add("anna", FIVE["anna"])
    phones.add("bert", FIVE["bert"])
    return phones


@pytest.fixture
def stranger(office: Office) -> Clerk:
    """Somebody's browser."""
    return office.visitor("")


def paths(phones: Phones) -> dict[str, str]:
    """Return the link that each has got."""
    found = re.findall(r"(Anna|Bert), .*(/o/\S+)", "\n".join(phones.post.deliver()))
    return {name.lower(): path for name, path in found}


def signed_in(office: Office, key: str) -> Clerk:
    """Return a person's browser."""
    person = office.services.people.get(PersonKey(key))
    assert person is not None
    return office.visitor(office.session_token(person, event=WEB_EVENT, methods=TWO_FACTORS))


def answer(clerk: Clerk, path: str, word: str) -> str:
    """Press a button, and return the page that follows."""
    sent = clerk.post(path, {"answer": word}, token=clerk.token(path))
    assert sent.status_code == 303
    return clerk.get(sent.location).text


def test_only_the_button_accepts(phones: Phones, stranger: Clerk):
    """Messengers open links to show what is behind them."""
    offer = phones.make(texts=TEXT, mode=OfferMode.CHOOSE)
    path = paths(phones)["anna"]
    pages = [stranger.get(path) for _ in range(3)]
    stranger.client.head(path, base_url=HOME)
    stranger.client.get(f"{path}?answer=accept", base_url=HOME)

    assert {"anna": "asked", "bert": "asked"} == phones.states()
    assert all(page.headers["Referrer-Policy"] == "same-origin" for page in pages)
    assert all(page.headers["Cache-Control"] == "no-store" for page in pages)
    assert f"Shift offer {offer.number}" in pages[0].text
    assert "early &lt;shift&gt;?" in pages[0].text
    assert "Anna" not in pages[0].text
    assert "Your yes is noted" in answer(stranger, path, "accept")
    assert "You have already answered: yes." in stranger.get(path).text
    assert {"anna": "willing", "bert": "asked"} == phones.states()


def test_a_second_use_says_so_and_the_loser_is_told(phones: Phones, office: Office, stranger: Clerk):
    """Also when two browsers hold the same page."""
    phones.make(texts=TEXT)
    links = paths(phones)
    other = office.visitor("")
    tokens = [stranger.token(links["anna"]), other.token(links["anna"]), other.token(links["bert"])]
    first = stranger.post(links["anna"], {"answer": "accept"}, token=tokens[0])
    second = other.post(links["anna"], {"answer": "decline"}, token=tokens[1])
    third = other.post(links["bert"], {"answer": "accept"}, token=tokens[2])

    assert "It is yours." in stranger.get(first.location).text
    assert "You have already answered: yes." in other.get(second.location).text
    assert "Others were faster." in other.get(third.location).text
    assert {"anna": "won", "bert": "late"} == phones.states()


@pytest.mark.parametrize("fault", ["no token", "another site", "another link", "no answer"])
def test_forged_and_empty_forms_change_nothing(phones: Phones, stranger: Clerk, fault: str):
    """CSRF: a site that knows the link makes nobody's browser answer."""
    phones.make(texts=TEXT)
    links = paths(phones)
    token = {"no token": "", "another link": stranger.token(links["bert"])}.get(fault) or stranger.token(links["anna"])
    fields = {} if fault == "no answer" else {"answer": "accept"}
    headers = {"Origin": "https://evil.example"} if fault == "another site" else {}
    sent = stranger.client.post(
        links["anna"],
        base_url=HOME,
        data={**fields, "csrf_token": "" if fault == "no token" else token},
        headers=headers,
    )

    assert (303 if fault == "no answer" else 403) == sent.status_code
    assert {"anna": "asked", "bert": "asked"} == phones.states()


def test_with_a_sign_in_only_the_addressee_answers(phones: Phones, office: Office, stranger: Clerk):
    """Whoever else holds the link learns nothing of what it is about."""
    phones.make(texts=TEXT, is_enforced=True)
    path = paths(phones)["anna"]
    anna, bert = (signed_in(office, phones.keys[login]) for login in ("anna", "bert"))
    nobody = stranger.get(path)
    other = bert.get(path)

    assert (303, "/login/web") == (nobody.status_code, nobody.location)
    assert 403 == other.status_code
    assert "shift&gt;" not in nobody.text + other.text
    assert "This offer was sent to somebody else" in other.text
    assert "It is yours" in answer(anna, path, "accept")


def test_unknown_links_are_alike(stranger: Clerk):
    """Whatever is written there."""
    statuses = {stranger.get(path).status_code for path in ("/o/x", f"/o/{'A' * 22}", f"/o/{'é' * 22}", "/o/..%2f..")}

    assert {404} == statuses


def test_the_end_of_a_link_never_enters_the_log(phones: Phones, office: Office, stranger: Clerk, logged):
    """A page that breaks is logged without it."""
    phones.make(texts=TEXT)
    path = paths(phones)["anna"]
    with office.services.database.write() as session:
        session.connection().exec_driver_sql("DROP TABLE offer_link")
    broken = stranger.get(path)

    assert broken.status_code >= 500
    assert "/o/…" in logged.text
    assert path.removeprefix("/o/") not in logged.text
