"""People with contacts, and what they are sent."""

from datetime import timedelta

from sqlalchemy import select

from authsms.audit.vocabulary import Author
from authsms.contacts.agreement import ContactKind
from authsms.contacts.entries import Stated
from authsms.delivery.models import Message
from authsms.foundation.phone import PhoneNumber
from authsms.identity.drafts import PersonDraft
from authsms.identity.local_people import LocalPeople
from authsms.messaging.audience import Audience
from authsms.messaging.notices import Notice, Survey
from authsms.messaging.orders import NoticeOrder
from authsms.messaging.wishes import Wish
from authsms.messaging.wording import parse_texts
from authsms.senders.submission import Purpose
from tests.integration.contacts.post import Post

ADMIN = Author("admin")
EVERYBODY = Audience("LOCAL")
TEXTS = {"en": "{host}: {name}, the canteen is closed. STOP ends.", "de": "{host}: {name}, heute keine Kantine. STOP."}


class Crowd:
    """People with contacts, and what they are sent."""

    def __init__(self, post: Post) -> None:
        self.post = post
        self.services = post.services
        self.people = LocalPeople(self.services.database, self.services.vault, self.services.clock)

    def add(self, login: str, number: str = "", *, is_live: bool = True, enabled: bool = True) -> str:
        """Make somebody, with a contact if a number is given; return his key."""
        person = self.people.create(PersonDraft(login, login.title(), (), enabled=enabled))
        if number:
            self.give(person.key, login, number, is_live=is_live)
        return person.key

    def give(self, key: str, login: str, number: str, *, is_live: bool = True) -> None:
        """Give somebody a contact."""
        owner, phone = Author(login, key), PhoneNumber(number)
        contact = self.services.contacts.add(owner, ContactKind.MOBILE, phone)
        with self.services.database.write() as session:
            stated = Stated(self.services.clock.now(), "I agree.", "form")
            if is_live:
                self.services.contacts.take_in(session, owner, contact, phone, stated)

    def survey(self, *keys: str) -> Survey:
        """Find out who would get something."""
        return self.services.notices.survey(keys or self.services.contacts.owners("LOCAL"))

    def send(self, survey: Survey, name: str = "canteen", *, purpose: Purpose = Purpose.NOTICE) -> int:
        """Send it."""
        letter = Notice(name, purpose, parse_texts(TEXTS), "example.org", timedelta(hours=2))
        return self.services.notices.send(ADMIN, letter, survey.reached)


def wish(name: str = "canteen", audience: Audience = EVERYBODY, **changes: object) -> Wish:
    """Return a notice as somebody writes it."""
    given = {"name": name, "purpose": Purpose.NOTICE, "texts": TEXTS, "audience": audience, "life": timedelta(hours=2)}
    return Wish(**(given | changes))  # type: ignore[arg-type]


def written(crowd: Crowd, given: Wish | None = None) -> NoticeOrder:
    """Write a notice, and have it counted."""
    order = crowd.services.notice_orders.write(ADMIN, given or wish())
    crowd.services.notice_runs.work()
    return crowd.services.notice_orders.find(order)


def ordered(crowd: Crowd, given: Wish | None = None) -> str:
    """Write a notice, have it counted, and order it."""
    return crowd.services.notice_orders.confirm(ADMIN, written(crowd, given).id, "example.org")


def queued(crowd: Crowd) -> list[str]:
    """Return who has a text in the outbox, in the order of names."""
    with crowd.services.database.read() as session:
        return sorted(session.execute(select(Message.login)).scalars())
