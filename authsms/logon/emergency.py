"""Emergency passwords: for people who cannot be sent a code, issued by the help desk, good for a while and a few uses.

One is drawn here, shown once and kept as a keyed hash. Each person has one at most; a new one takes the place of the
one before. Its uses are counted down by one conditional statement, so that of many right answers at once only as many
are taken as are left.
"""

import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import bindparam, delete, exists, literal, select, update
from sqlalchemy.orm import Session

from authsms.foundation.clock import Clock
from authsms.foundation.db import Database, rowcount
from authsms.foundation.vault import Vault
from authsms.logon.models import EMERGENCY_PASSWORD

EMERGENCY: Final = "EMERG_PASSWORD:1"
LETTERS: Final = "bcdfghjkmnpqrstvwx"
"""No vowels, so that no word comes out; no l that looks like I; no y and z, which keyboards swap."""

LENGTH: Final = 16
"""Drawn from 18 letters these are 66 bits: more than the 64 of NIST SP 800-63B-4, 4.2.1."""

_GROUP: Final = 4
_LONGEST_SPELLING: Final = 100

# Built once: putting a statement together costs several times what running it does.
_P = EMERGENCY_PASSWORD.c
_OF = _P.person_key == bindparam("of_person")
_IS_GOOD = (_P.uses_left > 0) & (_P.expires_at > bindparam("moment"))
_FIND = select(EMERGENCY_PASSWORD).where(_OF, _IS_GOOD)
_REVOKE = delete(EMERGENCY_PASSWORD).where(_OF, _IS_GOOD)
_USE = (
    update(EMERGENCY_PASSWORD)
    .where(_P.id == bindparam("wanted"), _IS_GOOD)
    .values(uses_left=_P.uses_left - 1)
    .returning(_P.uses_left)
)
ANY: Final = exists(select(_P.id).where(_IS_GOOD))
"""Whether anybody has one that is good (at ``moment``)."""

METHOD_OF: Final = select(literal(EMERGENCY).label("method")).where(_OF, _IS_GOOD)
"""The method, for somebody (``of_person``) who has one that is good (at ``moment``)."""


@dataclass(frozen=True, slots=True)
class NewPassword:
    """One that was drawn and hashed, and is not stored yet.

    Attributes:
        shown: In groups, as it is read out.
    """

    id: str
    shown: str = field(repr=False)
    digest: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class EmergencyPassword:
    """One that is good."""

    id: str
    person_key: str
    digest: str = field(repr=False)
    uses: int
    uses_left: int
    issued_by: str
    issued_at: datetime
    expires_at: datetime


class EmergencyPasswords:
    """Keeps emergency passwords; safe to share between threads."""

    def __init__(self, database: Database, vault: Vault, clock: Clock) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        fresh = database.insert(EMERGENCY_PASSWORD)
        columns = {one.name: fresh.excluded[one.name] for one in EMERGENCY_PASSWORD.columns if one.name != "person_key"}
        self._write = fresh.on_conflict_do_update(index_elements=[_P.person_key], set_=columns)

    def draw(self) -> NewPassword:
        """Draw and hash one; outside any transaction, because hashing is slow.

        Raises:
            OverloadedError: No hashing slot became free in time.
        """
        identifier, letters = self._vault.new_id(), self._vault.draw_letters(LENGTH, LETTERS)
        groups = [letters[start : start + _GROUP] for start in range(0, LENGTH, _GROUP)]
        return NewPassword(identifier, "-".join(groups), self._vault.hash_code(identifier, letters))

    def store(
        self, session: Session, new: NewPassword, person_key: str, *, uses: int, expires_at: datetime, by: str
    ) -> None:
        """Store one, within the caller's transaction, in place of whatever the person had."""
        values = {
            "person_key": person_key,
            "id": new.id,
            "digest": new.digest,
            "uses": uses,
            "uses_left": uses,
            "issued_by": by[:200],
            "issued_at": self._clock.now(),
            "expires_at": expires_at,
        }
        session.execute(self._write, values)

    def find(self, person_key: str) -> EmergencyPassword | None:
        """Return what a person has, while it is good."""
        with self._database.read() as session:
            row = session.execute(_FIND, self._wanted(person_key)).one_or_none()
        if row is None:
            return None
        return EmergencyPassword(
            row.id, row.person_key, row.digest, row.uses, row.uses_left, row.issued_by, row.issued_at, row.expires_at
        )

    def of_nobody(self) -> EmergencyPassword:
        """Return one that no letters match; trying them takes as long as with any other."""
        never = datetime.fromtimestamp(0, UTC)
        return EmergencyPassword(self._vault.new_id(), "", self._vault.digest_of_no_code(), 0, 0, "", never, never)

    def matches(self, found: EmergencyPassword, letters: str) -> bool:
        """Return whether *letters* (canonical) are right; outside any transaction.

        Raises:
            OverloadedError: No hashing slot became free in time.
        """
        return self._vault.verify_code(found.digest, found.id, letters)

    def use(self, session: Session, found: EmergencyPassword) -> int | None:
        """Count down one use within the caller's transaction; return how many are left, or None when none was."""
        wanted = {"wanted": found.id, "moment": self._clock.now()}
        left: int | None = session.execute(_USE, wanted).scalar_one_or_none()
        return left

    def revoke(self, session: Session, person_key: str) -> bool:
        """Take back what a person has, within the caller's transaction; False when there is none that is good."""
        return rowcount(session.execute(_REVOKE, self._wanted(person_key))) > 0

    def purge(self) -> int:
        """Delete those that are used up or too old; return how many."""
        over = (_P.uses_left < 1) | (_P.expires_at <= self._clock.now())
        with self._database.write() as session:
            return rowcount(session.execute(delete(EMERGENCY_PASSWORD).where(over)))

    def _wanted(self, person_key: str) -> dict[str, object]:
        return {"of_person": person_key, "moment": self._clock.now()}


def canonical_letters(text: object) -> str | None:
    """Return what was typed as sixteen small letters, or None when it is nothing of the kind.

    Whatever stands between letters is dropped, so that every spelling shares one counter and one use.
    """
    if not isinstance(text, str) or len(text) > _LONGEST_SPELLING:
        return None
    folded = unicodedata.normalize("NFKC", text).casefold()
    letters = "".join(mark for mark in folded if not (mark.isspace() or unicodedata.category(mark) == "Pd"))
    return letters if len(letters) == LENGTH and set(letters) <= set(LETTERS) else None
