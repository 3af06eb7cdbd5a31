"""Numbers that people have given themselves, in place of the one that their repository has.

They are kept here, sealed, and nothing is written to a directory. Where the settings do not allow them (any more), they
are as good as not there, and nobody looks for them.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session

from authsms.foundation.clock import Clock
from authsms.foundation.db import Database
from authsms.foundation.errors import SealBrokenError
from authsms.foundation.phone import PhoneNumber, mask
from authsms.foundation.vault import Vault
from authsms.identity.models import OWN_NUMBER
from authsms.identity.repository import Person

_N = OWN_NUMBER.c
_FIND = select(OWN_NUMBER).where(_N.person_key == bindparam("wanted"))
_REMOVE = delete(OWN_NUMBER).where(_N.person_key == bindparam("wanted")).returning(_N.listed_hash)


@dataclass(frozen=True, slots=True)
class OwnNumber:
    """The number that somebody has given himself."""

    number: PhoneNumber = field(repr=False)
    masked: str
    set_at: datetime


class OwnNumbers:
    """Keeps them; safe to share between threads.

    Args:
        is_allowed: People may have one.
    """

    def __init__(self, database: Database, vault: Vault, clock: Clock, *, is_allowed: bool) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        self.is_allowed = is_allowed
        fresh = database.insert(OWN_NUMBER)
        columns = {name: fresh.excluded[name] for name in ("number", "masked", "set_at")}
        self._write = fresh.on_conflict_do_update(index_elements=[_N.person_key], set_=columns)

    def find(self, person_key: str) -> OwnNumber | None:
        """Return what somebody has given himself; one whose key is gone is none."""
        if not self.is_allowed:
            return None
        with self._database.read() as session:
            row = session.execute(_FIND, {"wanted": person_key}).one_or_none()
        if row is None:
            return None
        try:
            plain = self._vault.unseal(row.number, context=_place(person_key))
        except SealBrokenError:
            return None
        return OwnNumber(PhoneNumber(plain.decode()), row.masked, row.set_at)

    def applied(self, person: Person | None) -> Person | None:
        """Return a person with the number he has given himself in place of those of his repository."""
        found = None if person is None else self.find(person.key)
        return person if person is None or found is None else replace(person, phones=(found.number,))

    def store(self, session: Session, person_key: str, number: PhoneNumber, listed: str) -> None:
        """Let a number count from now on, within the caller's transaction.

        Args:
            session: The transaction.
            person_key: Whose number it is.
            number: The number.
            listed: Fingerprint of the one of the repository if codes could go there, empty otherwise; where one's own
                takes the place of another one of one's own, the first is remembered.
        """
        row = {
            "person_key": person_key,
            "number": self._vault.seal(number.encode(), context=_place(person_key)),
            "masked": mask(number),
            "set_at": self._clock.now(),
            "listed_hash": listed,
        }
        session.execute(self._write, row)

    def remove(self, session: Session, person_key: str) -> str | None:
        """Forget the number of a person within the caller's transaction, and return what `store` was told as *listed*.

        Returns:
            None when there was none.
        """
        return session.execute(_REMOVE, {"wanted": person_key}).scalar_one_or_none()


def _place(person_key: str) -> str:
    return f"own-number:{person_key}"
