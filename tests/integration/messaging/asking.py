"""People with contacts, who are asked something and answer from their phones."""

from collections.abc import Mapping
from datetime import timedelta
from itertools import count

import pytest

from authsms.audit.vocabulary import Author
from authsms.contacts.agreement import ContactKind
from authsms.contacts.entries import Stated
from authsms.foundation.phone import PhoneNumber
from authsms.identity.drafts import PersonDraft
from authsms.identity.local_people import LocalPeople
from authsms.messaging.offers import OfferDraft
from authsms.messaging.offers_course import SentOffer
from authsms.messaging.offers_rules import OfferTerms
from authsms.messaging.offers_wording import parse_offer
from authsms.senders.submission import Purpose
from authsms.senders.webhook import InboundMessage
from tests.integration.contacts.post import OFFERS, Post

ADMIN = Author("admin")
TEXT = "{host}: {name}, early shift? {number} Y or {number} N. STOP ends."
FIVE = {
    name: PhoneNumber(f"+49151123456{place:02}") for place, name in enumerate(("anna", "bert", "cleo", "dora", "emil"))
}
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For what does not depend on the kind of database."""
_ids = count(1)


class Phones:
    """People with contacts, and what they are sent."""

    def __init__(self, post: Post) -> None:
        self.post = post
        self.services = post.services
        self.keys: dict[str, str] = {}

    def add(self, login: str, *numbers: str) -> str:
        """Make somebody with live contacts; return the key."""
        services = self.services
        people = LocalPeople(services.database, services.vault, services.clock)
        person = people.create(PersonDraft(login, login.title(), ()))
        for number in numbers:
            owner, phone = Author(login, person.key), PhoneNumber(number)
            contact = services.contacts.add(owner, ContactKind.MOBILE, phone)
            with services.database.write() as session:
                services.contacts.take_in(
                    session, owner, contact, phone, Stated(self.post.clock.now(), "I agree", "form")
                )
        self.keys[login] = person.key
        return person.key

    def add_five(self) -> None:
        """Make five people with a phone each."""
        for login, number in FIVE.items():
            self.add(login, number)

    def make(self, name: str = "early", texts: Mapping[str, str] | str = TEXT, **terms) -> SentOffer:
        """Ask everybody there is, and return the offer."""
        offer = self.plan(name, texts, **terms)
        self.services.offers.work()
        return offer

    def plan(self, name: str, texts: Mapping[str, str] | str = TEXT, **terms) -> SentOffer:
        """Make an offer to everybody there is; nobody is texted yet."""
        services = self.services
        wording = {"en": texts} if isinstance(texts, str) else texts
        draft = OfferDraft(name, parse_offer(wording), OfferTerms(**terms))
        survey = services.notices.survey(services.contacts.owners("LOCAL"), purpose=Purpose.OFFER)
        services.offers.make(ADMIN, draft, survey.reached)
        return services.offer_course.find(name)

    def say(self, number: str, words: str, *, told: str = "", key: str = "") -> list[str]:
        """Text something from a phone, and return what is handed over then, without the sender."""
        self.hear(number, words, told=told, key=key)
        return self.read()

    def hear(self, number: str, words: str, *, told: str = "", key: str = "") -> None:
        """Text something from a phone, and have it settled."""
        self.text(number, words, told=told, key=key)
        self.services.offer_settling.work()

    def text(self, number: str, words: str, *, told: str = "", key: str = "") -> None:
        """Text something from a phone."""
        message = InboundMessage(key or f"o{next(_ids)}", number, OFFERS, words, bool(told), told)
        self.services.inbox.take(self.services.senders.service("offers"), message)

    def read(self) -> list[str]:
        """Return what is handed over now, without the sender."""
        return [text.partition(": ")[2] for text in self.post.deliver()]

    def wait(self, **length: float) -> list[str]:
        """Let time pass, with the periodic task behind it, and return what is handed over."""
        self.post.clock.advance(timedelta(**length))
        self.services.offer_ending.work()
        return self.read()

    def states(self, name: str = "early") -> dict[str, str]:
        """Return where everybody stands."""
        course = self.services.offer_course
        return {one.login: one.state.value for one in course.people(course.find(name))}
