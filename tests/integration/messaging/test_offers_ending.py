"""How offers end, over the real outbox and tables."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from authsms.foundation.errors import ConflictError, InvalidInputError, NotFoundError
from authsms.messaging.offers_answers import RECIPIENT
from authsms.messaging.offers_models import OfferRow
from authsms.messaging.offers_rules import OfferEnd, OfferKind, OfferMode
from tests.integration.messaging.asking import ADMIN, FIVE, ON_SQLITE, TEXT, Phones


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


@ON_SQLITE
def test_late_answers_are_told_so(phones: Phones):
    """For a week; then nobody knows what a yes was about."""
    phones.add("anna", FIVE["anna"])
    offer = phones.make(life=timedelta(hours=1), spread=timedelta(minutes=30))
    phones.read()
    quiet = phones.wait(hours=2)
    late = phones.say(FIVE["anna"], "Y")
    phones.wait(days=8)

    assert [] == quiet
    assert [f"Too late: offer {offer.number} can no longer be answered."] == late
    assert OfferEnd.EXPIRED is phones.services.offer_course.find("early").end
    assert [] == phones.say(FIVE["anna"], "Y")


@ON_SQLITE
def test_of_two_people_of_one_name_none_is_taken_for_the_other(phones: Phones):
    """Whoever chooses among them writes the repository before the name."""
    phones.add("anna", FIVE["anna"])
    phones.add("bert", FIVE["bert"])
    offer, course = phones.make(mode=OfferMode.CHOOSE), phones.services.offer_course
    [bert] = course.keys(offer, ["bert"])
    with phones.services.database.write() as session:
        away = (RECIPIENT.c.person_key == bert, {"person_key": f"OTHER:{bert.partition(':')[2]}", "login": "anna"})
        session.execute(update(RECIPIENT).where(away[0]).values(away[1]))
    with pytest.raises(InvalidInputError):
        course.keys(offer, ["anna"])
    with pytest.raises(NotFoundError):
        course.keys(offer, ["bert"])

    assert 2 == len({*course.keys(offer, ["LOCAL\\anna"]), *course.keys(offer, ["OTHER\\anna"])})


def test_collected_answers_wait_for_whoever_chooses(phones: Phones):
    """Those who were not chosen are told, and those who were."""
    phones.add_five()
    offer = phones.make(mode=OfferMode.CHOOSE, places=1, kind=OfferKind.SWAP)
    phones.read()
    for login in ("anna", "bert", "cleo"):
        phones.say(FIVE[login], "Y")
    ending, course = phones.services.offer_ending, phones.services.offer_course
    keys = course.keys(offer, ["bert"])
    with pytest.raises(ConflictError):
        ending.choose(ADMIN, "early", course.keys(offer, ["dora"]))
    with pytest.raises(ConflictError):
        ending.choose(ADMIN, "early", course.keys(offer, ["anna", "bert"]))
    ending.choose(ADMIN, "early", keys)
    told = sorted(phones.read())

    assert {"anna": "lost", "bert": "won", "cleo": "lost", "dora": "asked", "emil": "asked"} == phones.states()
    assert [
        f"Offer {offer.number} has been taken by others. Thank you all the same.",
        f"Offer {offer.number} has been taken by others. Thank you all the same.",
        f"Offer {offer.number} is yours. Thank you.",
        f"Others were chosen for offer {offer.number}. Thank you all the same.",
        f"Others were chosen for offer {offer.number}. Thank you all the same.",
    ] == told
    with pytest.raises(ConflictError):
        ending.end(ADMIN, "early", withdraw=False)


@ON_SQLITE
def test_there_is_time_to_choose_after_the_end(phones: Phones):
    """A week, in which nobody can answer any more."""
    phones.add("anna", FIVE["anna"])
    phones.add("bert", FIVE["bert"])
    offer = phones.make(mode=OfferMode.CHOOSE, life=timedelta(hours=1), spread=timedelta(minutes=1))
    phones.read()
    phones.say(FIVE["anna"], "Y")
    phones.wait(hours=2)
    before = phones.services.offer_course.find("early")
    late = phones.say(FIVE["bert"], "Y")
    told = phones.wait(days=7)

    assert (False, True, OfferEnd.NONE) == (before.is_open, before.is_choosing, before.end)
    assert "Too late" in late[0]
    assert [f"Others were chosen for offer {offer.number}. Thank you all the same."] == told


@ON_SQLITE
def test_who_is_withdrawn_from_hears_of_it(phones: Phones):
    """Also who had the place; nothing more goes out."""
    phones.add_five()
    offer = phones.make(places=5, attempts=2)
    phones.read()
    phones.say(FIVE["anna"], "Y")
    phones.say(FIVE["bert"], "N")
    phones.services.offer_ending.end(ADMIN, "early", withdraw=True)

    assert 4 * [f"Offer {offer.number} has been withdrawn."] == phones.read()
    assert [] == phones.wait(minutes=40)
    with pytest.raises(ConflictError):
        phones.services.offer_ending.end(ADMIN, "early", withdraw=True)


@ON_SQLITE
def test_what_was_offered_is_sealed_told_of_and_forgotten_in_time(phones: Phones):
    """The audit trail knows who answered what, and no words."""
    phones.add("anna", FIVE["anna"])
    phones.make()
    phones.read()
    phones.say(FIVE["anna"], "Y")
    phones.wait(seconds=5)
    services = phones.services
    with services.database.read() as session:
        texts = session.execute(select(OfferRow.texts)).scalar_one()
    entries = [record.entry for record in services.audit.search() if record.entry.tag.value.startswith("offer")]
    phones.post.clock.advance(timedelta(days=100))

    assert b"early shift" not in texts
    assert ["offer.answered", "offer.made"] == [entry.tag.value for entry in entries]
    assert ("yes", "won", "text") == tuple(entries[0].details[name] for name in ("answer", "state", "way"))
    assert "shift" not in str(entries)
    assert TEXT not in str(entries)
    assert 1 == services.offer_ending.purge()
    with pytest.raises(NotFoundError):
        services.offer_course.find("early")
