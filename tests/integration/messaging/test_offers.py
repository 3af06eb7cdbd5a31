"""Offers over the real outbox, inbox and tables, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from authsms.audit.vocabulary import Author
from authsms.delivery.models import Message
from authsms.foundation.errors import ConflictError, InvalidInputError, NotFoundError
from authsms.identity.local_people import LocalPeople
from authsms.messaging.offers_models import OfferLinkRow
from authsms.messaging.offers_rules import OfferEnd, OfferMode, OfferTerms, RecipientState, check_terms
from authsms.messaging.replies import Answer
from tests.integration.messaging.asking import ADMIN, FIVE, ON_SQLITE, Phones


def test_the_first_gets_it_and_the_others_are_told(phones: Phones):
    """Five phones, one place: one answer at most for each text, and a word to those who were slower."""
    phones.add_five()
    offer = phones.make()
    asked = phones.read()
    answers = [phones.say(FIVE["bert"], f"{offer.number} N"), phones.say(FIVE["cleo"], "ja!")]
    late = phones.say(FIVE["dora"], "Y.")
    told = phones.wait(seconds=5)
    found = phones.services.offer_course.find("early")

    assert 5 == len(asked) == offer.people
    assert f"Anna, early shift? {offer.number} Y or {offer.number} N. STOP ends." in asked
    assert [
        [f"Noted: you do not take offer {offer.number}."],
        [f"Danke. Angebot {offer.number} gehört Ihnen."],
    ] == answers
    assert [f"Offer {offer.number} has been taken by others. Thank you all the same."] == late
    assert 2 * late == told
    assert (OfferEnd.FILLED, 0) == (found.end, found.places_left)
    assert {"anna": "asked", "bert": "declined", "cleo": "won", "dora": "late", "emil": "asked"} == phones.states()
    assert [] == phones.wait(seconds=5)


def test_of_many_at_once_exactly_as_many_win_as_are_wanted(phones: Phones):
    """Also when one of them answers twice at the same moment."""
    phones.add_five()
    phones.make(places=2)
    numbers = [*FIVE.values(), FIVE["anna"], FIVE["bert"]]
    with ThreadPoolExecutor(len(numbers)) as pool:
        list(pool.map(lambda one: phones.hear(one, "Y"), numbers))
    states = list(phones.states().values())

    assert (2, 3) == (states.count("won"), states.count("late"))
    assert 0 == phones.services.offer_course.find("early").places_left


@ON_SQLITE
def test_a_second_answer_changes_nothing(phones: Phones):
    """The same again, the opposite, or the provider's call once more."""
    phones.add("anna", FIVE["anna"])
    offer = phones.make(mode=OfferMode.CHOOSE)
    phones.read()
    first = phones.say(FIVE["anna"], "Yes", key="once")

    assert [f"Thank you. Your yes to offer {offer.number} is noted; you will hear from us."] == first
    assert [] == phones.say(FIVE["anna"], "Yes", key="once")
    assert [f"You have already answered offer {offer.number}: yes. That stands."] == phones.say(FIVE["anna"], "n")
    assert {"anna": "willing"} == phones.states()


@ON_SQLITE
def test_with_two_open_offers_the_number_decides(phones: Phones):
    """Without it, it is asked; numbers of others' offers are no way in."""
    phones.add("anna", FIVE["anna"])
    first = phones.make("first")
    second = phones.make("second")
    phones.read()
    asked = phones.say(FIVE["anna"], "Y")
    wrong = phones.say(FIVE["anna"], f"{second.number + 7} Y")
    right = phones.say(FIVE["anna"], f"Y {first.number}")
    rest = phones.say(FIVE["anna"], "no")

    assert f"{second.number}, {first.number}" in asked[0]
    assert asked == wrong
    assert [f"Thank you. Offer {first.number} is yours."] == right
    assert [f"Noted: you do not take offer {second.number}."] == rest


@ON_SQLITE
def test_what_is_not_understood_is_asked_back_now_and_then(phones: Phones):
    """Two machines that answer each other fall silent."""
    phones.add("anna", FIVE["anna"])
    phones.make()
    phones.read()
    hints = [len(phones.say(FIVE["anna"], "I am driving.")) for _ in range(5)]
    stranger = phones.say(FIVE["bert"], "Y")
    yes = [len(phones.say(FIVE["anna"], "y")) for _ in range(14)]

    assert [1, 1, 0, 0, 0] == hints
    assert [] == stranger
    assert 10 == sum(yes)


@ON_SQLITE
def test_keywords_win(phones: Phones):
    """A STOP is no refusal but an end: no more texts, and no say before he agrees anew."""
    phones.add("anna", FIVE["anna"])
    phones.make(attempts=3, spread=timedelta(minutes=30))
    phones.read()
    helped = phones.say(FIVE["anna"], "HELP")
    stopped = phones.say(FIVE["anna"], "Stop!")
    after = phones.say(FIVE["anna"], "Y")

    assert "Text STOP to end them" in helped[0]
    assert "You will get no more texts" in stopped[0]
    assert [] == after
    assert [] == phones.wait(minutes=31)
    assert {"anna": "asked"} == phones.states()
    assert "again" in phones.say(FIVE["anna"], "YES")[0]


def test_a_shared_number_stands_for_one_person_in_each_offer(phones: Phones):
    """Whose contact it was when it was texted."""
    phones.add("anna", FIVE["anna"])
    phones.make("first")
    phones.add("bert", FIVE["anna"], FIVE["bert"])
    second = phones.make("second", attempts=2, spread=timedelta(minutes=2))
    phones.read()
    again = phones.wait(minutes=1)
    phones.say(FIVE["anna"], f"{second.number} Y")

    assert ({"anna": "won"}, 1) == (phones.states("second"), len(again))


def test_attempts_go_round_the_contacts_and_end_with_the_answer(phones: Phones):
    """In the order of the contacts, evenly spread."""
    phones.add("anna", FIVE["anna"], FIVE["bert"])
    offer = phones.make(attempts=4, spread=timedelta(minutes=40))
    tries = [len(phones.read()), *(len(phones.wait(minutes=minutes)) for minutes in (9, 1, 10))]
    with phones.services.database.read() as session:
        masked = session.execute(select(Message.masked).order_by(Message.created_at)).scalars().all()
    phones.say(FIVE["bert"], "N")

    assert [1, 0, 1, 1] == tries
    assert ["00", "01", "00"] == [one[-2:] for one in masked]
    assert [] == phones.wait(minutes=20)
    assert 3 == phones.services.offer_course.people(offer)[0].attempts_made


@ON_SQLITE
def test_who_answers_before_a_text_has_gone_out_is_not_texted_again(phones: Phones):
    """What waits is taken back, also of those who are too late."""
    phones.add("anna", FIVE["anna"])
    phones.add("bert", FIVE["bert"])
    offer = phones.make()
    phones.hear(FIVE["anna"], "Y")

    assert [f"Thank you. Offer {offer.number} is yours."] == phones.wait(seconds=5)


def test_a_link_is_kept_as_a_hash_and_answers_once(phones: Phones):
    """Each text has one of its own, and all of them are good."""
    phones.add("anna", FIVE["anna"])
    phones.make(texts="{name}: shift? Answer here: {link}", attempts=2, spread=timedelta(minutes=2))
    tokens = [text.split("/o/")[1].split()[0] for text in [*phones.read(), *phones.wait(minutes=1)]]
    links = phones.services.offer_links
    with phones.services.database.read() as session:
        hashes = session.execute(select(OfferLinkRow.token_hash)).scalars().all()
    seen = links.open(tokens[0], None)
    said = [links.answer(token, None, Answer.YES, "192.0.2.1") for token in tokens]

    assert (2, 22) == (len(set(tokens)), len(tokens[0]))
    assert not set(tokens) & set(hashes)
    assert (RecipientState.ASKED, True) == (seen.state, seen.is_open)
    assert "shift? Answer here" == seen.text, "what is not said leaves signs behind"
    assert ["won", "already-yes"] == [one and one.value for one in said]
    for bad in ("", "x" * 22, tokens[0][:-1], tokens[0] + "x", "../" * 8, "é" * 22):
        with pytest.raises(NotFoundError):
            links.open(bad, None)


@ON_SQLITE
def test_names_and_terms_are_checked(phones: Phones):
    """With a clear error for each."""
    phones.add("anna", FIVE["anna"])
    phones.make()
    with pytest.raises(ConflictError):
        phones.make()
    with pytest.raises(InvalidInputError):
        phones.make("Early shift!")
    with pytest.raises(InvalidInputError):
        phones.make("late", texts="{otp}")
    for name in ("nothing", "nul\0"):
        with pytest.raises(NotFoundError):
            phones.services.offer_ending.choose(ADMIN, name, ["x"])
    assert OfferTerms(attempts=99, spread=timedelta(minutes=1440)).pause > timedelta(minutes=14)
    for terms in (
        *({"places": 0}, {"places": 10**9}, {"attempts": 0}, {"attempts": 100}, {"spread": timedelta(seconds=59)}),
        *(
            {"spread": timedelta(minutes=1441)},
            {"life": timedelta(0)},
            {"attempts": 99, "spread": timedelta(minutes=1)},
        ),
        {"attempts": 2, "spread": timedelta(hours=2), "life": timedelta(hours=1)},
    ):
        with pytest.raises(InvalidInputError):
            check_terms(OfferTerms(**terms))


@ON_SQLITE
def test_the_number_of_somebody_who_has_moved_on_has_no_say(phones: Phones):
    """Numbers are given to others: only who has it as a live contact answers by it."""
    key = phones.add("anna", FIVE["anna"])
    phones.make()
    phones.read()
    services = phones.services
    contact = services.contacts.of(key)[0]
    services.contacts.withdraw(type(ADMIN)("anna", key), contact.id)

    assert [] == phones.say(FIVE["anna"], "Y")
    assert {"anna": "asked"} == phones.states()


def test_several_processes_text_nobody_twice(phones: Phones):
    """The turn is taken in the transaction that queues the text."""
    phones.add_five()
    phones.plan("early")
    with ThreadPoolExecutor(3) as pool:
        queued = list(pool.map(lambda _: phones.services.offers.work(), range(3)))

    assert 5 == sum(queued) == len(phones.read())


@ON_SQLITE
@pytest.mark.parametrize("change", ["gone", "agrees no more"])
def test_a_link_of_somebody_who_is_asked_no_more_takes_no_place(phones: Phones, change: str):
    """Or a place would be held by nobody."""
    key = phones.add("anna", FIVE["anna"])
    phones.make(texts="{name}: shift? Answer here: {link}")
    token = phones.read()[0].split("/o/")[1].split()[0]
    services = phones.services
    people = LocalPeople(services.database, services.vault, services.clock)
    if change == "gone":
        people.remove(key.partition(":")[2])
    else:
        services.contacts.withdraw(Author("anna", key), services.contacts.of(key)[0].id)

    with pytest.raises(NotFoundError):
        services.offer_links.answer(token, None, Answer.YES, "192.0.2.1")
    assert {"anna": "asked"} == phones.states()
