"""Passkeys: key pairs of which we keep the public half, so there is nothing here that a thief could sign in with.

A use is written by one conditional statement that also compares the key's own counter: where that does not grow, two
devices hold what only one should.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, delete, exists, func, literal, or_, select, update
from sqlalchemy.orm import Session

from authsms.foundation.clock import Clock
from authsms.foundation.db import Database, rowcount
from authsms.foundation.vault import Vault
from authsms.logon.models import PASSKEY_TABLE
from authsms.logon.relying_party import KnownKey, NewKey

PASSKEY: Final = "FIDO2:1"
MOST: Final = 10
"""Keys of one person."""

LONGEST_NAME: Final = 60

# Built once: putting a statement together costs several times what running it does.
_P = PASSKEY_TABLE.c
_OF = _P.person_key == bindparam("of_person")
_THIS = _OF & (_P.id == bindparam("wanted"))
_LIST = select(PASSKEY_TABLE).where(_OF).order_by(_P.made_at, _P.id)
_COUNT = select(func.count()).select_from(PASSKEY_TABLE).where(_OF)
_FIND = select(PASSKEY_TABLE).where(_OF, _P.credential == bindparam("named"))
_GROWS = or_(_P.sign_count < bindparam("told"), (_P.sign_count == 0) & (bindparam("told") == 0))
_USE = update(PASSKEY_TABLE).where(_THIS, _GROWS).values(sign_count=bindparam("told"), used_at=bindparam("moment"))
_RENAME = update(PASSKEY_TABLE).where(_THIS).values(name=bindparam("called"))
_REMOVE = delete(PASSKEY_TABLE).where(_THIS)
_TAKE_AWAY = delete(PASSKEY_TABLE).where(_OF)
METHOD_OF: Final = select(literal(PASSKEY).label("method")).where(_OF)
"""The method, once for each key of somebody (``of_person``)."""
IS_ANY: Final = exists(select(_P.id))
"""Whether anybody has a key."""


@dataclass(frozen=True, slots=True)
class Passkey:
    """A key of a person.

    Attributes:
        id: Ours; for pages.
        public_key: COSE.
        sign_count: What it said last; 0 when it does not count.
        is_synced: It can leave its device.
        used_at: None when it never was.
    """

    id: str
    person_key: str
    known: KnownKey
    public_key: bytes = field(repr=False)
    sign_count: int
    is_synced: bool
    name: str
    made_at: datetime
    used_at: datetime | None


class Passkeys:
    """Keeps passkeys; safe to share between threads."""

    def __init__(self, database: Database, vault: Vault, clock: Clock) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        self._insert = database.insert(PASSKEY_TABLE).on_conflict_do_nothing().returning(_P.id)

    def handle(self, person_key: str) -> bytes:
        """Return what the keys of a person keep of him: always the same, and nothing that tells who he is."""
        return bytes.fromhex(self._vault.keyed_hash("passkey.handle", person_key))

    def of(self, person_key: str) -> list[Passkey]:
        """Return the keys of a person, oldest first."""
        with self._database.read() as session:
            return [_view(row) for row in session.execute(_LIST, {"of_person": person_key})]

    def find(self, person_key: str, credential: str) -> Passkey | None:
        """Return a key of this person by the browser's name for it, or None when it is not his."""
        with self._database.read() as session:
            row = session.execute(_FIND, {"of_person": person_key, "named": credential}).one_or_none()
        return None if row is None else _view(row)

    def count(self, session: Session, person_key: str) -> int:
        """Return how many keys a person has."""
        return session.execute(_COUNT, {"of_person": person_key}).scalar_one()

    def add(self, session: Session, person_key: str, new: NewKey, name: str) -> bool:
        """Keep a new key; False when it is known already, as anybody's."""
        values = {
            "id": self._vault.new_id(),
            "person_key": person_key,
            "credential": new.known.credential,
            "public_key": new.public_key,
            "sign_count": new.sign_count,
            "transports": list(new.known.transports),
            "is_synced": new.is_synced,
            "name": name,
            "made_at": self._clock.now(),
            "used_at": None,
        }
        return session.execute(self._insert, values).one_or_none() is not None

    def use(self, session: Session, passkey: Passkey, told: int) -> bool:
        """Note a use; False when the key is gone, or its counter says *told* and has not grown."""
        wanted = {"of_person": passkey.person_key, "wanted": passkey.id, "told": told, "moment": self._clock.now()}
        return rowcount(session.execute(_USE, wanted)) > 0

    def rename(self, session: Session, person_key: str, identifier: str, name: str) -> bool:
        """Call a key something else; False when he has none of this id."""
        wanted = {"of_person": person_key, "wanted": identifier, "called": name}
        return rowcount(session.execute(_RENAME, wanted)) > 0

    def remove(self, session: Session, person_key: str, identifier: str) -> bool:
        """Forget a key; False when he has none of this id."""
        return rowcount(session.execute(_REMOVE, {"of_person": person_key, "wanted": identifier})) > 0

    def take_away(self, session: Session, person_key: str) -> bool:
        """Forget all keys of somebody; False when there are none."""
        return rowcount(session.execute(_TAKE_AWAY, {"of_person": person_key})) > 0


def _view(row: Any) -> Passkey:
    return Passkey(
        row.id,
        row.person_key,
        KnownKey(row.credential, tuple(row.transports)),
        row.public_key,
        row.sign_count,
        row.is_synced,
        row.name,
        row.made_at,
        row.used_at,
    )
