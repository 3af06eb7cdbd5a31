"""Programs are told who has answered their offers, and how these have ended."""

from datetime import timedelta

from authsms.audit.vocabulary import Author
from authsms.foundation.phone import PhoneNumber
from authsms.messaging.hooks import HookKind
from authsms.messaging.offers_rules import OfferMode
from tests.integration.contacts.post import OFFERS
from tests.integration.messaging.asking import FIVE, ON_SQLITE, Phones
from tests.integration.messaging.hearing import Case, Listener, agree, make_offer


def reply(case: Case, number: PhoneNumber, words: str) -> None:
    """Let somebody text an answer."""
    Phones(case.post).hear(number, words)


def test_answers_and_the_end_are_told_once(case: Case, listener: Listener):
    """By user name and without a number; a second look finds nothing."""
    for login in ("anna", "bert"):
        agree(case.services, login, FIVE[login])
    number = make_offer(case, "anna", "bert")
    before = case.turn()
    reply(case, FIVE["bert"], "N")
    first = case.turn()
    reply(case, FIVE["anna"], "Y")
    told, again = case.turn(), case.turn()
    events = {event.kind: event.data for event in case.told(listener)}

    assert (0, 1, 2, 0) == (before, first, told, again)
    assert {"offer.answered", "offer.filled"} == set(events)
    assert {"offer": "early", "number": number, "user_name": "LOCAL\\anna", "state": "won", "way": "text"} == {
        name: events["offer.answered"][name] for name in ("offer", "number", "user_name", "state", "way")
    }
    assert ("filled", "1") == (events["offer.filled"]["end"], events["offer.filled"]["taken"])
    assert not [body for _, body in listener.calls if FIVE["anna"][-6:].encode() in body]


@ON_SQLITE
def test_what_is_decided_about_somebody_is_told_too(case: Case, listener: Listener):
    """Who was chosen by an administrator, who was not, and that it was withdrawn after all."""
    keys = {login: agree(case.services, login, FIVE[login]).person_key for login in ("anna", "bert")}
    make_offer(case, "anna", "bert", mode=OfferMode.CHOOSE)
    for login in keys:
        reply(case, FIVE[login], "Y")
    case.turn()
    ending = case.services.offer_ending
    ending.choose(Author("admin"), "early", [keys["bert"]])
    case.turn()
    ending.end(Author("admin"), "early", withdraw=True)
    case.turn()
    events = case.told(listener)
    answered = sorted((event.data for event in events if event.kind == "offer.answered"), key=lambda one: one["change"])

    assert [("anna", "willing"), ("bert", "willing"), ("bert", "won"), ("anna", "lost")] == [
        (one["user_name"].removeprefix("LOCAL\\"), one["state"]) for one in answered
    ]
    assert ["filled", "cancelled"] == [event.data["end"] for event in events if event.kind != "offer.answered"]


@ON_SQLITE
def test_only_what_was_chosen_is_told(case: Case, listener: Listener):
    """An end without the answers; and of an offer that nobody's program has made, nothing."""
    case.services.hooks.save(Author("anna"), case.endpoint.id, listener.address, [HookKind.CLOSED])
    make_offer(case)
    Phones(case.post).plan("by-hand")
    case.post.text("N", to=OFFERS, service="offers")
    case.post.clock.advance(timedelta(hours=25))
    case.services.offer_ending.work()

    assert 1 == case.turn()
    assert [("offer.closed", "expired", "0")] == [
        (one.kind, one.data["end"], one.data["taken"]) for one in case.told(listener)
    ]
