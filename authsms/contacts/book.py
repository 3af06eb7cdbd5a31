"""Contacts: the numbers people name for notices and offers, sealed, and found by keyed hash only."""

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from authsms.audit import AuditTag, AuditTrail
from authsms.audit.vocabulary import Author
from authsms.contacts.agreement import MOST_CONTACTS, TICKABLE, ConsentAct, ContactKind, ContactState
from authsms.contacts.consents import SELF_SERVICE, ConsentLedger, NewConsent
from authsms.contacts.entries import CONTACT, WHOLE, Contact, Stated, Tick, contact_of, place_of
from authsms.contacts.suppression import Stop
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database, rowcount
from authsms.foundation.errors import ConflictError, NotFoundError
from authsms.foundation.phone import PhoneNumber, country_of, mask
from authsms.foundation.vault import Vault

_TABLE: Final = CONTACT
_c: Final = CONTACT.c
_THIS: Final = (_c.id == bindparam("w_id")) & (_c.person_key == bindparam("w_person"))
_OF: Final = WHOLE.where(_c.person_key == bindparam("w_person")).order_by(_c.position, _c.created_at, _c.id)
_FIND: Final = WHOLE.where(_THIS)
_LAST: Final = select(func.count(), func.max(_c.position)).where(_c.person_key == bindparam("w_person"))
_STILL_ASKED: Final = (_THIS, _c.state == ContactState.ASKED.value, _c.challenge_id == bindparam("w_challenge"))
_STOP: Final = (
    update(_TABLE)
    .where(_c.recipient_hash == bindparam("w_hash"), _c.state != ContactState.STOPPED.value)
    .values(state=ContactState.STOPPED.value, challenge_id="", verified_at=None, changed_at=bindparam("moment"))
)
_STOPPING: Final = (
    select(_TABLE)
    .where(_c.recipient_hash == bindparam("w_hash"), _c.state != ContactState.STOPPED.value)
    .with_for_update()
)
ALREADY: Final = "This number is among your contacts already."

Tell = Callable[[Session, Contact], object]
"""Told of a live contact that ends, within the transaction that ends it."""
Ended = Callable[[Session, str, str], object]
"""Told whose live contact ends (key), and of which number (keyed hash), within the transaction that ends it."""


def _nobody(_session: Session, _contact: Contact) -> None:
    """Tell nobody."""


class ContactBook:
    """Keeps contacts; an author is the owner himself and reaches his own only.

    Args:
        database: Where they are.
        vault: Seals and hashes numbers.
        clock: Dates changes.
        audit: Is told of each.
        consents: Where consent is written down.
    """

    def __init__(
        self, database: Database, vault: Vault, clock: Clock, audit: AuditTrail, consents: ConsentLedger
    ) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        self._audit = audit
        self._consents = consents
        self.on_end: Ended = lambda _session, _person_key, _recipient_hash: None
        self._insert = database.insert(_TABLE).on_conflict_do_nothing().returning(_c.id)

    def of(self, person_key: str) -> list[Contact]:
        """Return the contacts of a person in his order."""
        with self._database.read() as session:
            return [contact_of(row) for row in session.execute(_OF, {"w_person": person_key})]

    def owners(self, repository: str) -> list[str]:
        """Return the keys of all people of a repository who have a contact."""
        prefix = f"{repository}:"
        own = func.substr(_c.person_key, 1, len(prefix)) == prefix
        with self._database.read() as session:
            return list(session.execute(select(_c.person_key).where(own).distinct().order_by(_c.person_key)).scalars())

    def is_live(self, session: Session, person_key: str, number: str) -> bool:
        """Return whether a number is a live contact of a person; it stays one until the transaction is over."""
        same = (_c.person_key == person_key, _c.recipient_hash == self._vault.keyed_hash("recipient", number))
        live = select(_c.id).where(*same, _c.state == ContactState.VERIFIED.value)
        return session.execute(live.with_for_update(read=True)).first() is not None

    def hold(self, session: Session, person_key: str) -> None:
        """Let nothing more be queued for the contacts of a person until the transaction is over."""
        session.execute(_OF.with_for_update(), {"w_person": person_key}).all()

    def find(self, person_key: str, contact_id: str) -> Contact:
        """Return one contact of a person.

        Raises:
            NotFoundError: The person has none of that id.
        """
        with self._database.read() as session:
            return self._find(session, person_key, contact_id)

    def number_of(self, contact: Contact) -> PhoneNumber:
        """Return the number itself, for sending.

        Raises:
            SealBrokenError: The key is gone; the contact is to be made anew.
        """
        return PhoneNumber(self._vault.unseal(contact.sealed, context=place_of(contact.id)).decode())

    def add(self, owner: Author, kind: ContactKind, number: PhoneNumber) -> str:
        """Add a contact behind the others; return its id. It is texted nothing yet.

        Raises:
            ConflictError: The person has it already, or as many as anybody may.
        """
        with self._database.write() as session:
            contact_id = self.insert(session, owner, kind, number)
            if contact_id is None:
                raise ConflictError(ALREADY)
        return contact_id

    def insert(self, session: Session, owner: Author, kind: ContactKind, number: PhoneNumber) -> str | None:
        """Do what `add` does within the caller's transaction; None when the person has that number already.

        Raises:
            ConflictError: The person has as many as anybody may.
        """
        count, last = session.execute(_LAST, {"w_person": owner.person_key}).one()
        if count >= MOST_CONTACTS:
            raise ConflictError("There are %(most)s contacts already; remove one first.", most=count)
        now, contact_id = self._clock.now(), self._vault.new_id()
        values = {
            **self._numbered(contact_id, number),
            "id": contact_id,
            "person_key": owner.person_key,
            "login": owner.login,
            "kind": kind.value,
            "position": 0 if last is None else last + 1,
            "locale": "",
            "wording": "",
            "created_at": now,
        }
        if session.execute(self._insert, values).first() is None:
            return None
        self._note(session, owner, AuditTag.CONTACT_ADDED, masked=mask(number), kind=kind.value)
        return contact_id

    def change(
        self, owner: Author, contact_id: str, kind: ContactKind, number: PhoneNumber | None, *, tell: Tell = _nobody
    ) -> bool:
        """Change what sort a contact is, and its number unless it is None; return whether the number is another.

        Another number is not texted before it was ticked and proven like a new one; *tell* hears of the old one.

        Raises:
            ConflictError: The new number is another contact of the person.
            NotFoundError: As `find`.
        """
        try:
            with self._database.write() as session:
                old = self._find(session, owner.person_key, contact_id)
                is_another = self._change(session, owner, old, kind, number)
                if is_another and old.is_live:
                    tell(session, old)
                return is_another
        except IntegrityError as error:
            raise ConflictError(ALREADY) from error

    def remove(self, owner: Author, contact_id: str, *, tell: Tell = _nobody) -> Contact:
        """Forget a contact; what was agreed about it stays on record. Return what it was.

        Raises:
            NotFoundError: As `find`.
        """
        with self._database.write() as session:
            old = self._find(session, owner.person_key, contact_id)
            if rowcount(session.execute(delete(_TABLE).where(_THIS), _key(owner, contact_id))) and old.is_live:
                self._end(session, owner, old)
                tell(session, old)
            self._note(session, owner, AuditTag.CONTACT_REMOVED, masked=old.masked, kind=old.kind.value)
        return old

    def put_first(self, owner: Author, contact_id: str) -> None:
        """Let a contact come before the others of its owner.

        Raises:
            NotFoundError: As `find`.
        """
        with self._database.write() as session:
            self._find(session, owner.person_key, contact_id)
            first = select(func.min(_c.position) - 1).where(_c.person_key == owner.person_key).scalar_subquery()
            session.execute(update(_TABLE).where(_THIS).values(position=first), _key(owner, contact_id))

    def withdraw(self, owner: Author, contact_id: str) -> None:
        """Take the tick away: nothing is sent there any more.

        Raises:
            NotFoundError: As `find`.
        """
        with self._database.write() as session:
            old = self._find(session, owner.person_key, contact_id)
            live = _c.state.in_((ContactState.VERIFIED.value, ContactState.ASKED.value))
            idle = {"state": ContactState.IDLE.value, "challenge_id": "", "verified_at": None}
            changed = session.execute(update(_TABLE).where(_THIS, live).values(idle), _key(owner, contact_id))
            if rowcount(changed) and old.is_live:
                self._end(session, owner, old)

    def ask(self, session: Session, owner: Author, contact: Contact, tick: Tick) -> bool:
        """Wait for the code of *tick*; False when the contact has changed meanwhile and no code is good for it."""
        tickable = _c.state.in_([one.value for one in TICKABLE])
        values = {
            "state": ContactState.ASKED.value,
            "challenge_id": tick.challenge_id,
            "wording": tick.wording,
            "locale": tick.locale,
            "changed_at": self._clock.now(),
        }
        same = _c.number == contact.sealed
        statement = update(_TABLE).where(_THIS, tickable, same).values(values)
        return rowcount(session.execute(statement, _key(owner, contact.id))) > 0

    def verify(self, session: Session, owner: Author, contact: Contact) -> bool:
        """Make a contact live whose code has come back; False when it was changed, stopped or removed meanwhile."""
        now = self._clock.now()
        values = {"state": ContactState.VERIFIED.value, "challenge_id": "", "verified_at": now, "changed_at": now}
        which = {**_key(owner, contact.id), "w_challenge": contact.challenge_id}
        if not rowcount(session.execute(update(_TABLE).where(*_STILL_ASKED).values(values), which)):
            return False
        number = self.number_of(contact)
        given = NewConsent(ConsentAct.GIVEN, owner, contact.id, number, SELF_SERVICE, contact.wording)
        self._consents.add(session, given)
        return True

    def take_in(self, session: Session, owner: Author, contact_id: str, number: PhoneNumber, stated: Stated) -> None:
        """Make a new contact live whose owner has agreed elsewhere."""
        now = self._clock.now()
        values = {"state": ContactState.VERIFIED.value, "wording": stated.wording, "verified_at": now}
        session.execute(update(_TABLE).where(_THIS).values(values), _key(owner, contact_id))
        told = (stated.source, stated.wording, stated.at)
        self._consents.add(session, NewConsent(ConsentAct.IMPORTED, owner, contact_id, number, *told))

    def stop(self, session: Session, stop: Stop) -> None:
        """Text a number no more whose owner has said STOP, whoever has named it; nothing else changes."""
        found = [contact_of(row) for row in session.execute(_STOPPING, {"w_hash": stop.recipient_hash})]
        if not found:
            return
        session.execute(_STOP, {"w_hash": stop.recipient_hash, "moment": self._clock.now()})
        for one in found:
            if one.is_live:
                owner, source = Author(one.login, one.person_key), f"{stop.source.value}: {stop.word}"[:200]
                ended = NewConsent(ConsentAct.STOPPED, owner, one.id, self.number_of(one), source)
                self._consents.add(session, ended)
                self.on_end(session, one.person_key, stop.recipient_hash)

    def _find(self, session: Session, person_key: str, contact_id: str) -> Contact:
        row = session.execute(_FIND, {"w_id": contact_id, "w_person": person_key}).one_or_none()
        if row is None:
            raise NotFoundError("There is no such contact.")
        return contact_of(row)

    def _change(
        self, session: Session, owner: Author, old: Contact, kind: ContactKind, number: PhoneNumber | None
    ) -> bool:
        if number is None or number == self.number_of(old):
            session.execute(update(_TABLE).where(_THIS).values(kind=kind.value), _key(owner, old.id))
            return False
        values = {"kind": kind.value, **self._numbered(old.id, number)}
        session.execute(update(_TABLE).where(_THIS).values(values), _key(owner, old.id))
        if old.is_live:
            self._end(session, owner, old)
        self._note(session, owner, AuditTag.CONTACT_CHANGED, masked=mask(number), kind=kind.value, was=old.masked)
        return True

    def _numbered(self, contact_id: str, number: PhoneNumber) -> dict[str, Any]:
        """Return what goes with a number: nothing that was proven of another one holds for it."""
        return {
            "number": self._vault.seal(number.encode(), context=place_of(contact_id)),
            "recipient_hash": self._vault.keyed_hash("recipient", number),
            "masked": mask(number),
            "country": country_of(number),
            "state": ContactState.IDLE.value,
            "challenge_id": "",
            "verified_at": None,
            "changed_at": self._clock.now(),
        }

    def _end(self, session: Session, owner: Author, contact: Contact) -> None:
        number = self.number_of(contact)
        self._consents.add(session, NewConsent(ConsentAct.WITHDRAWN, owner, contact.id, number, SELF_SERVICE))
        self.on_end(session, contact.person_key, self._vault.keyed_hash("recipient", number))

    def _note(self, session: Session, owner: Author, tag: AuditTag, *, masked: str, kind: str, was: str = "") -> None:
        details = {"recipient": masked, "kind": kind, **({"was": was} if was and was != masked else {})}
        self._audit.record(session, owner.entry(tag, details=details))


def _key(owner: Author, contact_id: str) -> dict[str, str]:
    return {"w_id": contact_id, "w_person": owner.person_key}
