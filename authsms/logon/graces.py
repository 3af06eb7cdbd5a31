"""Graces: for some minutes after a strong sign-in, a shorter chain will do for the same person in the same place.

An administrator says of a chain which other one it requires, and for how long. Whoever finishes that other chain leaves
a grace behind. On our own pages its place is one browser, which gets a secret of its own for each event; it is drawn
anew each time, so that nobody can plant one beforehand. For an endpoint without pages the place is the endpoint and the
address it tells of the person; where it tells none there is no grace, because its own address is everybody's.

A grace begins when the strong chain is finished, and what it unlocks never prolongs it. Signing out everywhere deletes
it. Whatever else changes about somebody's factors is in the audit trail, written in the transaction of the change, by
whichever door it came; so that is where we look, and no such change has to know of graces.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import bindparam, delete, exists, select
from sqlalchemy.orm import Session

from authsms.audit import AuditTag
from authsms.audit.models import AuditRecord
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database, rowcount
from authsms.foundation.vault import Vault
from authsms.logon.catalog import Event
from authsms.logon.grace_models import GRACE
from authsms.logon.sessions import Ending
from authsms.logon.steps import Client

LONGEST_MINUTES: Final = 720
"""The longest grace there may be: half a day."""

ENDED_BY: Final = frozenset(
    {
        *(AuditTag.METHOD_HELD, AuditTag.METHOD_DISABLED, AuditTag.METHOD_UNLOCKED, AuditTag.METHOD_REBOUND),
        *(AuditTag.METHOD_SET_UP, AuditTag.METHOD_REMOVED, AuditTag.METHOD_ASSIGNED),
        *(AuditTag.NUMBER_CHANGED, AuditTag.NUMBER_RELEASED, AuditTag.NUMBER_GIVEN, AuditTag.NUMBER_REMOVED),
        *(AuditTag.PASSWORD_CHANGED, AuditTag.PASSWORD_CHANGE_DEMANDED),
        *(AuditTag.PASSKEY_ADDED, AuditTag.PASSKEY_REMOVED, AuditTag.PASSKEY_COPIED),
        *(AuditTag.RECOVERY_CODES_MADE, AuditTag.RECOVERY_CODES_REMOVED),
        *(AuditTag.EMERGENCY_ISSUED, AuditTag.EMERGENCY_REVOKED),
        *(AuditTag.PERSON_BLOCKED, AuditTag.PERSON_UNBLOCKED, AuditTag.SESSIONS_ENDED),
    }
)
"""What ends the graces of the person it happened to."""

_G = GRACE.c
_FIND = select(GRACE).where(_G.place == bindparam("wanted"), _G.person_key == bindparam("of_person"))
_DROP = delete(GRACE).where(_G.place == bindparam("wanted"))
_HAS_CHANGED = select(
    exists(
        select(AuditRecord.id).where(
            AuditRecord.person_key == bindparam("of_person"),
            AuditRecord.at >= bindparam("since", type_=AuditRecord.at.type),
            AuditRecord.tag.in_(sorted(tag.value for tag in ENDED_BY)),
        )
    )
)


@dataclass(frozen=True, slots=True)
class Feat:
    """A chain that somebody has just finished.

    Attributes:
        event: Where, with all its chains.
        chain: Name of the chain.
        completed: Wire names of what has passed.
    """

    event: Event
    chain: str
    person_key: str
    completed: tuple[str, ...]
    client: Client


class Graces:
    """Leaves and finds graces; safe to share between threads."""

    def __init__(self, database: Database, vault: Vault, clock: Clock) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        fresh = database.insert(GRACE)
        values = {name: fresh.excluded[name] for name in ("chain", "methods", "began_at", "expires_at")}
        self._leave = fresh.on_conflict_do_update(index_elements=[_G.place], set_=values)

    def unlocked(self, event: Event, person_key: str, client: Client) -> frozenset[str]:
        """Return the names of the chains that are unlocked for a person in this place, at this moment."""
        if not self._place(event.name, person_key, client):
            return frozenset()
        with self._database.read() as session:
            return self.unlocked_in(session, event, person_key, client)

    def unlocked_in(self, session: Session, event: Event, person_key: str, client: Client) -> frozenset[str]:
        """Return the same within the caller's transaction."""
        wanted = {"wanted": self._place(event.name, person_key, client), "of_person": person_key}
        row = session.execute(_FIND, wanted).one_or_none() if wanted["wanted"] else None
        finished = next((chain for chain in event.chains if row is not None and chain.name == row.chain), None)
        if row is None or finished is None or not set(finished.methods) <= set(row.methods):
            return frozenset()
        age = self._clock.now() - row.began_at
        found = frozenset(
            chain.name
            for chain in event.chains
            if chain.required == finished.name and age < timedelta(minutes=chain.grace_minutes)
        )
        changed = found and session.execute(_HAS_CHANGED, {"of_person": person_key, "since": row.began_at}).scalar_one()
        return frozenset() if changed else found

    def leave(self, session: Session, feat: Feat) -> str:
        """Leave a grace behind a finished chain, if it unlocks any; return what the browser is to keep, or nothing."""
        event, client = feat.event, feat.client
        minutes = [one.grace_minutes for one in event.chains if one.required and one.required == feat.chain]
        if not minutes:
            return ""
        token = self._vault.new_token() if client.has_page else ""
        place = self._browser(event.name, token) if token else self._place(event.name, feat.person_key, client)
        if not place:
            return ""
        if client.grace:
            session.execute(_DROP, {"wanted": self._place(event.name, feat.person_key, client)})
        now = self._clock.now()
        values = {
            "place": place,
            "person_key": feat.person_key,
            "event": event.name,
            "chain": feat.chain,
            "methods": list(feat.completed),
            "began_at": now,
            "expires_at": now + timedelta(minutes=max(minutes)),
        }
        session.execute(self._leave, values)
        return token

    def follow(self, session: Session, ending: Ending) -> None:
        """Delete the graces of somebody who is signed out everywhere."""
        if ending.is_everywhere:
            session.execute(delete(GRACE).where(_G.person_key == ending.person_key))

    def purge(self) -> int:
        """Delete graces that unlock nothing any more; return how many."""
        with self._database.write() as session:
            # An administrator may have made them longer meanwhile.
            old = _G.expires_at <= self._clock.now() - timedelta(minutes=LONGEST_MINUTES)
            return rowcount(session.execute(delete(GRACE).where(old)))

    def _place(self, event: str, person_key: str, client: Client) -> str:
        """Return the place of whoever calls, or nothing when it can hold no grace."""
        if client.has_page:
            return self._browser(event, client.grace) if client.grace else ""
        if not client.endpoint_id or not client.is_address_told:
            return ""
        return self._vault.keyed_hash("grace-endpoint", client.endpoint_id, client.address, event, person_key)

    def _browser(self, event: str, token: str) -> str:
        return self._vault.keyed_hash("grace-browser", token, event)
