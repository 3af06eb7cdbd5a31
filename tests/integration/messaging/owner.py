"""Somebody with contacts, and a phone that shows what was texted."""

import re
from datetime import timedelta

from authsms.audit.vocabulary import Author
from authsms.contacts.agreement import ConsentAct, ContactKind, ContactState
from authsms.foundation.phone import PhoneNumber
from authsms.messaging.verification import Outcome
from tests.integration.contacts.post import PHONE, Post

ALICE, BEN = Author("alice", "LOCAL:a", "192.0.2.7"), Author("ben", "LOCAL:b", "192.0.2.8")
OTHER = PhoneNumber("+4915112345699")


class Own:
    """Somebody with contacts, and a phone that shows what was texted."""

    def __init__(self, post: Post) -> None:
        self.post = post
        self.book, self.proofs, self.ledger = (
            post.services.contacts,
            post.services.contact_proofs,
            post.services.consents,
        )

    def add(self, number: PhoneNumber = PHONE, *, owner: Author = ALICE) -> str:
        """Name a number."""
        return self.book.add(owner, ContactKind.MOBILE, number)

    def ask(self, contact: str, *, owner: Author = ALICE) -> str:
        """Tick a contact, and return the code that was texted."""
        self.post.clock.advance(timedelta(minutes=11))
        assert self.proofs.ask(owner, contact, "en") is Outcome.SENT
        (code,) = re.findall(r"(\d{6}) is your code", "\n".join(self.post.deliver()))
        return str(code)

    def verify(self, contact: str, *, owner: Author = ALICE) -> None:
        """Go the whole way."""
        assert self.proofs.confirm(owner, contact, self.ask(contact, owner=owner)) is Outcome.VERIFIED

    def state(self, contact: str, *, owner: Author = ALICE) -> ContactState:
        """Return whether a contact is live."""
        return self.book.find(owner.person_key, contact).state

    def acts(self, owner: Author = ALICE) -> list[ConsentAct]:
        """Return what was agreed and taken back, oldest first."""
        return [one.act for one in reversed(self.ledger.of(owner.person_key))]
