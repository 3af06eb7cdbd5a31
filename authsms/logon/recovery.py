"""Recovery codes: printed for the day a phone is lost, each good once.

They are drawn here, shown once and kept as keyed hashes under a key outside the database; with 80 bits each, nobody
finds one by trying. A code is used up by one conditional statement. Whoever has new ones made loses the old ones.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, delete, exists, func, insert, literal, select, update
from sqlalchemy.orm import Session

from authsms.foundation.clock import Clock
from authsms.foundation.db import Database, rowcount
from authsms.foundation.vault import Vault
from authsms.logon.models import RECOVERY_CODE_TABLE
from authsms.otp.recovery import CODE_BYTES, in_groups, spell_recovery_code

RECOVERY_CODE: Final = "RECOVERY_CODE:1"
CODES: Final = 10

# Built once: putting a statement together costs several times what running it does.
_R = RECOVERY_CODE_TABLE.c
_OF = _R.person_key == bindparam("of_person")
_IS_GOOD = _R.used_at.is_(None)
_THIS = (_R.person_key == bindparam("of_person")) & (_R.digest == bindparam("wanted")) & _IS_GOOD
_STOCK = select(func.max(_R.made_at), func.count()).where(_OF, _IS_GOOD)
_KNOWS = select(_R.made_at).where(_THIS)
_USE = update(RECOVERY_CODE_TABLE).where(_THIS).values(used_at=bindparam("moment"))
_FORGET = delete(RECOVERY_CODE_TABLE).where(_OF)
_TAKE_AWAY = delete(RECOVERY_CODE_TABLE).where(_OF, _IS_GOOD)
_INSERT = insert(RECOVERY_CODE_TABLE)
METHOD_OF: Final = select(literal(RECOVERY_CODE).label("method")).where(_OF, _IS_GOOD)
"""The method, once for each code that is left to somebody (``of_person``)."""
IS_ANY: Final = exists(select(_R.digest).where(_IS_GOOD))
"""Whether anybody has a code left."""


@dataclass(frozen=True, slots=True)
class Stock:
    """What somebody has left.

    Attributes:
        made_at: When they were made; None when there are none.
    """

    left: int = 0
    made_at: datetime | None = None


class RecoveryCodes:
    """Keeps recovery codes; safe to share between threads."""

    def __init__(self, database: Database, vault: Vault, clock: Clock) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock

    def stock(self, person_key: str) -> Stock:
        """Return what somebody has left."""
        with self._database.read() as session:
            made_at, left = session.execute(_STOCK, {"of_person": person_key}).one()
        return Stock(left, made_at)

    def has_any(self, session: Session, person_key: str) -> bool:
        """Return whether somebody has codes left, as the caller's transaction sees it."""
        return bool(session.execute(_STOCK, {"of_person": person_key}).one()[1])

    def make(self, session: Session, person_key: str) -> list[str]:
        """Make new codes in the place of the old ones, and return them as they are printed.

        Within the caller's transaction, which must keep a second one for the same person waiting.
        """
        codes = [spell_recovery_code(self._vault.draw_seed(CODE_BYTES)) for _ in range(CODES)]
        now = self._clock.now()
        session.execute(_FORGET, {"of_person": person_key})
        digests = [self._digest(person_key, code) for code in codes]
        rows = [{"person_key": person_key, "digest": one, "made_at": now, "used_at": None} for one in digests]
        session.execute(_INSERT, rows)
        return [in_groups(code) for code in codes]

    def knows(self, person_key: str, code: str) -> bool:
        """Return whether a code (canonical) is one of somebody's and not used yet."""
        wanted = {"of_person": person_key, "wanted": self._digest(person_key, code)}
        with self._database.read() as session:
            return session.execute(_KNOWS, wanted).first() is not None

    def use(self, session: Session, person_key: str, code: str) -> bool:
        """Use a code up, within the caller's transaction; of several callers one gets True."""
        wanted = {"of_person": person_key, "wanted": self._digest(person_key, code), "moment": self._clock.now()}
        return rowcount(session.execute(_USE, wanted)) > 0

    def take_away(self, session: Session, person_key: str) -> bool:
        """Let the codes that somebody has left be good no more, within the caller's transaction; False without any."""
        return rowcount(session.execute(_TAKE_AWAY, {"of_person": person_key})) > 0

    def _digest(self, person_key: str, code: str) -> str:
        return self._vault.keyed_hash("recovery-code", person_key, code)
