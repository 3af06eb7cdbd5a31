"""What is known of people as owners of contacts, and how it is forgotten.

Consents stay, with their sealed numbers: they prove that somebody had agreed to what he was texted, and that texts
ended when he said so; the database lets nobody change them. So do opt-outs, which know a number's keyed hash only.
"""

from typing import Final, cast

from sqlalchemy import Table, select, update
from sqlalchemy.orm import Session

from authsms.audit.vocabulary import Author
from authsms.contacts.agreement import ConsentAct, ContactState
from authsms.contacts.consents import ConsentLedger, NewConsent
from authsms.contacts.entries import CONTACT, contact_of, place_of
from authsms.contacts.models import ConsentRow, InboundTextRecord
from authsms.foundation.personal import Fate, Holding
from authsms.foundation.phone import PhoneNumber
from authsms.foundation.vault import Vault

ERASURE: Final = "erasure"
"""Where the end of a consent came from."""

_CONSENT: Final = cast("Table", ConsentRow.__table__)
_INBOUND: Final = cast("Table", InboundTextRecord.__table__)

HOLDINGS: Final = (
    Holding(
        "contacts",
        CONTACT,
        Fate.DELETED,
        ("kind", "masked", "country", "state", "locale", "wording", "verified_at", "created_at", "changed_at"),
    ),
    Holding(
        "consents",
        _CONSENT,
        Fate.KEPT,
        ("at", "act", "masked", "wording", "source", "address", "stated_at"),
    ),
)


class ContactErasure:
    """Ends consents before contacts are deleted, and wipes what their owner has texted us."""

    def __init__(self, vault: Vault, consents: ConsentLedger) -> None:
        self._vault = vault
        self._consents = consents

    def prepare(self, session: Session, author: Author) -> None:
        """Write down that the person no longer agrees to anything, and forget the words that came from his numbers."""
        mine = CONTACT.c.person_key == author.person_key
        for row in session.execute(select(CONTACT).where(mine)):
            if row.state == ContactState.VERIFIED.value:
                contact = contact_of(row)
                number = PhoneNumber(self._vault.unseal(contact.sealed, context=place_of(contact.id)).decode())
                ended = NewConsent(ConsentAct.WITHDRAWN, author, contact.id, number, ERASURE)
                self._consents.add(session, ended)
        agreed = select(_CONSENT.c.recipient_hash).where(_CONSENT.c.person_key == author.person_key)
        hashes = agreed.union(select(CONTACT.c.recipient_hash).where(mine))
        words = update(_INBOUND).where(_INBOUND.c.recipient_hash.in_(hashes))
        session.execute(words.values(text=None, masked=""))
