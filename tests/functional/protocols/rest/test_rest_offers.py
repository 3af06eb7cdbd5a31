"""Programs that have people asked: what they may, what they see, and that nothing is done twice."""

from collections.abc import Iterator

import pytest

from authsms.foundation.db import Database
from authsms.messaging.program_notices import REQUESTS
from authsms.senders.submission import Purpose
from tests.fakes import ManualClock
from tests.functional.portals.admin.office import Office, open_office
from tests.functional.protocols.rest.roster import OFFER, Roster, open_roster
from tests.integration.contacts.post import OFFERS, Post
from tests.integration.messaging.asking import FIVE, Phones

THREE = {**OFFER, "user_names": ["anna", "bert", "cleo"]}


@pytest.fixture
def office(instance, sqlite_database_url: str, clock: ManualClock) -> Iterator[Office]:
    """A whole installation."""
    database = Database(sqlite_database_url)
    with open_office(instance, database, clock, home="http://127.0.0.1:8080") as opened:
        yield opened
    database.dispose()


@pytest.fixture
def phones(office: Office, clock: ManualClock) -> Phones:
    """Three people who can be asked, and one who cannot."""
    post = Post(office.services, clock)
    post.add("offers", OFFERS, Purpose.OFFER, Purpose.NOTICE)
    phones = Phones(post)
    for login in ("anna", "bert", "cleo"):
        phones.add(login, FIVE[login])
    phones.add("dora")
    return phones


@pytest.fixture
def roster(office: Office, phones: Phones) -> Roster:
    """A program that may do all of it."""
    return open_roster(office)


def test_an_offer_is_looked_at_made_answered_and_followed(roster: Roster, phones: Phones):
    """First come, first served; the answers come in their order, and again only what has changed since."""
    order = {**THREE, "user_names": ["anna", "bert", "cleo", "dora", "nobody"]}
    preview = roster.call("POST", "/offer-previews", order).get_json()
    before = roster.call("GET", "/offers").get_json()
    made = roster.call("POST", "/offers", order)
    texts = phones.wait(seconds=5)
    phones.say(FIVE["bert"], "N")
    first = roster.call("GET", "/offers/early/answers").get_json()
    phones.say(FIVE["anna"], "Y")
    then = roster.call("GET", f"/offers/early/answers?after={first['next']}").get_json()
    state = roster.call("GET", "/offers/early").get_json()
    nothing = roster.call("GET", f"/offers/early/answers?after={then['next']}").get_json()

    assert (3, {"no_contact": 1}, ["nobody"], 3) == tuple(
        preview[name] for name in ("people", "left", "unknown", "segments")
    )
    assert "early shift? 123 Y or 123 N." in preview["samples"]["en"]["text"]
    assert ["it does not say that STOP ends texts"] == preview["samples"]["en"]["warnings"]
    assert {"offers": [], "next": None} == before
    assert 202 == made.status_code
    assert (3, {"no_contact": 1}, ["nobody"]) == tuple(made.get_json()[name] for name in ("people", "left", "unknown"))
    assert 3 == len(texts)
    assert [("LOCAL\\bert", "declined", "text")] == [
        (one["user_name"], one["state"], one["way"]) for one in first["answers"]
    ]
    assert [("LOCAL\\anna", "won")] == [(one["user_name"], one["state"]) for one in then["answers"]]
    assert ("filled", 0, {"won": 1, "declined": 1, "asked": 1}) == (
        state["state"],
        state["places_left"],
        state["counts"],
    )
    assert ([], then["next"], False) == (nothing["answers"], nothing["next"], nothing["has_more"])
    assert [state] == roster.call("GET", "/offers").get_json()["offers"]


def test_a_program_chooses_and_closes(roster: Roster, phones: Phones):
    """By names as it was told them or as anybody types them; those who were not chosen come again in the answers."""
    roster.call("POST", "/offers", {**THREE, "mode": "choose", "places": 2})
    phones.wait(seconds=5)
    for login in ("anna", "bert"):
        phones.say(FIVE[login], "Y")
    early = roster.call("POST", "/offers/early/choose", {"user_names": ["cleo"]}).status_code
    stranger = roster.call("POST", "/offers/early/choose", {"user_names": ["dora"]}).status_code
    chosen = roster.call("POST", "/offers/early/choose", {"user_names": ["LOCAL\\Anna", "anna"]})
    again = roster.call("POST", "/offers/early/choose", {"user_names": ["anna"]})
    closed = roster.call("POST", "/offers/early/close").get_json()
    twice = roster.call("POST", "/offers/early/close").status_code
    answers = roster.call("GET", "/offers/early/answers").get_json()["answers"]

    assert (409, 404) == (early, stranger)
    assert (200, 1) == (chosen.status_code, chosen.get_json()["places_left"])
    assert chosen.get_json() == again.get_json()
    assert ("closed", 409) == (closed["state"], twice)
    assert [("LOCAL\\anna", "won", 3), ("LOCAL\\bert", "lost", 4)] == [
        (one["user_name"], one["state"], one["change"]) for one in answers
    ]
    assert 2 == len([one for one in phones.read() if "yours" in one or "Others were chosen" in one])


def test_the_same_request_asks_nobody_twice(roster: Roster, phones: Phones):
    """Whatever else comes under its name is a mistake that must not go unnoticed, also of an administrator's offer."""
    first = roster.call("POST", "/offers", THREE)
    again = roster.call("POST", "/offers", THREE)
    others = [
        roster.call("POST", "/offers", {**THREE, **change}).status_code
        for change in ({"places": 2}, {"user_names": ["anna"]}, {"texts": {"en": "Something else?"}})
    ]
    phones.plan("by-hand")
    taken = roster.call("POST", "/offers", {**THREE, "name": "by-hand"}).status_code

    assert (202, first.get_json()) == (again.status_code, again.get_json())
    assert [409] * 3 == others
    assert 409 == taken
    assert 404 == roster.call("GET", "/offers/by-hand").status_code


def test_nobody_sees_or_ends_what_another_made(office: Office, roster: Roster):
    """ATK-43; the audit trail names the program that did it."""
    roster.call("POST", "/offers", THREE)
    other = open_roster(office, "Other")
    answers = [
        other.call(method, f"/offers/early{path}", body).status_code
        for method, path, body in (
            ("GET", "", None),
            ("GET", "/answers", None),
            ("POST", "/choose", {"user_names": ["anna"]}),
            ("POST", "/close", None),
            ("DELETE", "", None),
        )
    ]
    gone = [roster.call("DELETE", "/offers/early").status_code for _ in range(2)]
    entries = [one.entry for one in office.services.audit.search() if one.entry.tag.value.startswith("offer.")]

    assert [404] * 5 == answers
    assert [] == other.call("GET", "/offers").get_json()["offers"]
    assert 409 == other.call("POST", "/offers", THREE).status_code
    assert [204, 409] == gone
    assert "cancelled" == roster.call("GET", "/offers/early").get_json()["state"]
    assert [("offer.cancelled", "Roster"), ("offer.made", "Roster")] == [
        (one.tag.value, one.endpoint) for one in entries
    ]


def test_what_cannot_be_used_is_told(roster: Roster):
    """And nothing is made."""
    changes = (
        {"user_names": ["nobody"]},
        {"user_names": None},
        {"repository": "LOCAL"},
        {"user_names": None, "repository": "ELSEWHERE"},
        {"attempts": 99, "spread_minutes": 1},
        {"texts": {"en": "{code}"}},
        {"places": 0},
    )
    refused = [roster.call("POST", "/offers", {**THREE, **change}) for change in changes]

    assert [400] * len(changes) == [one.status_code for one in refused]
    assert {"invalid-input"} == {one.get_json()["errors"][0]["name"] for one in refused}
    assert [] == roster.call("GET", "/offers").get_json()["offers"]


def test_a_repository_is_asked_within_the_limit_of_requests(office: Office, roster: Roster):
    """Sixty in a minute, together with notices."""
    whole = {**OFFER, "user_names": None, "repository": "LOCAL"}
    all_of_it = roster.call("POST", "/offer-previews", whole).get_json()
    group = roster.call("POST", "/offer-previews", {**whole, "group": "Nurses"}).get_json()
    for _ in range(REQUESTS.count - 2):
        office.services.limits.take(f"program:{roster.endpoint.id}", REQUESTS)

    assert (3, 0) == (all_of_it["people"], group["people"])
    assert [429] * 2 == [roster.call("POST", path, THREE).status_code for path in ("/offers", "/offer-previews")]
