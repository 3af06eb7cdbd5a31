"""What people have agreed to, and taken back: records that are added and never changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy import Table, insert, select
from sqlalchemy.orm import Session

from authsms.audit import AuditTag, AuditTrail
from authsms.audit.vocabulary import Author
from authsms.contacts.agreement import ConsentAct
from authsms.contacts.models import ConsentRow
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database
from authsms.foundation.phone import PhoneNumber, mask
from authsms.foundation.vault import Vault

SELF_SERVICE: Final = "self-service"
_TABLE: Final = cast("Table", ConsentRow.__table__)
_c: Final = _TABLE.c
_ADD: Final = insert(_TABLE)
_SHOWN: Final = (
    *(_c.id, _c.person_key, _c.login, _c.act, _c.masked),
    *(_c.wording, _c.source, _c.address, _c.stated_at, _c.at),
)
_TAGS: Final = {
    ConsentAct.GIVEN: AuditTag.CONSENT_GIVEN,
    ConsentAct.IMPORTED: AuditTag.CONSENT_GIVEN,
    ConsentAct.WITHDRAWN: AuditTag.CONSENT_WITHDRAWN,
    ConsentAct.STOPPED: AuditTag.CONSENT_WITHDRAWN,
}


@dataclass(frozen=True, slots=True)
class Consent:
    """A record as it may be shown.

    Attributes:
        wording: What was agreed to, word by word; of what was taken back, nothing.
        source: How we know: ``self-service``, the keyword that was texted, or what a file says.
        address: Network address the tick came from.
        stated_at: When it was given, as a file says; None for what happened here.
        at: When it was written down.
    """

    id: int
    person_key: str
    login: str
    act: ConsentAct
    masked: str
    wording: str
    source: str
    address: str
    stated_at: datetime | None
    at: datetime


@dataclass(frozen=True, slots=True)
class NewConsent:
    """What is to be written down; the number is sealed with it."""

    act: ConsentAct
    author: Author
    contact_id: str
    number: PhoneNumber
    source: str
    wording: str = ""
    stated_at: datetime | None = None


class ConsentLedger:
    """Writes the records down and reads them.

    Args:
        database: Where they are.
        vault: Seals and hashes numbers.
        clock: Dates them.
        audit: Is told of each, so that its chain covers them.
    """

    def __init__(self, database: Database, vault: Vault, clock: Clock, audit: AuditTrail) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        self._audit = audit

    def add(self, session: Session, new: NewConsent) -> None:
        """Write *new* down, within the transaction that makes it true."""
        masked = mask(new.number)
        session.execute(
            _ADD,
            {
                "person_key": new.author.person_key,
                "login": new.author.login,
                "contact_id": new.contact_id,
                "act": new.act.value,
                "number": self._vault.seal(new.number.encode(), context=f"consent.number:{new.contact_id}"),
                "recipient_hash": self._vault.keyed_hash("recipient", new.number),
                "masked": masked,
                "wording": new.wording,
                "source": new.source,
                "address": new.author.address[:64],
                "stated_at": new.stated_at,
                "at": self._clock.now(),
            },
        )
        details = {"recipient": masked, "act": new.act.value, "source": new.source}
        self._audit.record(session, new.author.entry(_TAGS[new.act], details=details))

    def has_ended(self, session: Session, number: PhoneNumber, *, since: datetime) -> bool:
        """Return whether texts to a number were ended by anybody since a moment."""
        ends = [ConsentAct.WITHDRAWN.value, ConsentAct.STOPPED.value]
        same = _c.recipient_hash == self._vault.keyed_hash("recipient", number)
        return session.execute(select(_c.id).where(same, _c.act.in_(ends), _c.at >= since).limit(1)).first() is not None

    def of(self, person_key: str, limit: int = 100) -> list[Consent]:
        """Return what a person has agreed to and taken back, newest first."""
        query = select(*_SHOWN).where(_c.person_key == person_key).order_by(_c.id.desc()).limit(limit)
        return self._read(query)

    def portion(self, *, after: int, size: int) -> Sequence[Consent]:
        """Return up to *size* records of everybody, oldest first, those after the one with the id *after*."""
        return self._read(select(*_SHOWN).where(_c.id > after).order_by(_c.id).limit(size))

    def _read(self, query: Any) -> list[Consent]:
        with self._database.read() as session:
            return [_consent(row) for row in session.execute(query)]


def _consent(row: Any) -> Consent:
    return Consent(row[0], row[1], row[2], ConsentAct(row[3]), *row[4:])
