"""People whom an administrator keeps out of this server, whatever their directory says.

Blocked people take the steps of somebody whose account is switched off: a right password is refused like a wrong one,
a code is withheld, and the time and the words are the same. Who is blocked is kept in memory and looked up again every
two seconds, so that logins pay nothing for it; a code that is on its way at that moment no longer passes. Whoever
slips in before every process knows is out again within seconds (`authsms.logon.sessions.LoginSessions.end_blocked`).
"""

import threading
import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session
from typing_extensions import override

from authsms.foundation.clock import Clock
from authsms.foundation.db import Database, after_commit, rowcount
from authsms.foundation.errors import DatabaseUnavailableError
from authsms.identity.repository import OVERDUE, PasswordChange, PasswordVerdict, Person, PersonKey
from authsms.logon.block_models import PERSON_BLOCK
from authsms.logon.machine import Failed, MessageKey, Passed, Result
from authsms.logon.methods.base import Answer
from authsms.logon.subject import People, Subject

FRESHNESS: Final = timedelta(seconds=2)
_LONGEST_REASON: Final = 300
_B = PERSON_BLOCK.c
_ALL = select(_B.person_key)
_ONE = select(PERSON_BLOCK).where(_B.person_key == bindparam("wanted"))


@dataclass(frozen=True, slots=True)
class Block:
    """That somebody is kept out, since when, and why."""

    person_key: str
    login: str
    reason: str
    by: str
    at: datetime


class Blocks:
    """Keeps and knows who is blocked; safe to share between threads.

    Args:
        freshness: How old what is known may be.
    """

    def __init__(self, database: Database, clock: Clock, *, freshness: timedelta = FRESHNESS) -> None:
        self._database = database
        self._clock = clock
        self._freshness = freshness.total_seconds()
        self._lock = threading.Lock()
        self._keys: frozenset[str] | None = None
        self._fresh_until = 0.0

    def of(self, person_key: str) -> Block | None:
        """Return the block of a person as it is stored now."""
        with self._database.read() as session:
            row = session.execute(_ONE, {"wanted": person_key}).one_or_none()
        return None if row is None else Block(row.person_key, row.login, row.reason, row.blocked_by, row.blocked_at)

    def add(self, session: Session, person_key: str, login: str, *, reason: str, by: str) -> bool:
        """Keep somebody out from now on, within the caller's transaction; False when he is kept out already."""
        row = {
            "person_key": person_key,
            "login": login[:200],
            "reason": reason[:_LONGEST_REASON],
            "blocked_by": by[:200],
            "blocked_at": self._clock.now(),
        }
        new = self._database.insert(PERSON_BLOCK).values(row).on_conflict_do_nothing().returning(_B.person_key)
        after_commit(session, self._look_again)
        return session.execute(new).one_or_none() is not None

    def remove(self, session: Session, person_key: str) -> bool:
        """Let somebody in again, within the caller's transaction; False when he was not kept out."""
        after_commit(session, self._look_again)
        return rowcount(session.execute(delete(PERSON_BLOCK).where(_B.person_key == person_key))) > 0

    def holds(self, person_key: str) -> bool:
        """Return whether somebody is kept out, as of two seconds ago at most."""
        keys = self._keys
        if keys is None or time.monotonic() >= self._fresh_until:
            keys = self._looked_up(keys)
        return person_key in keys

    def applied(self, subject: Subject, given: Answer) -> Answer:
        """Return what a method said, unless it would let somebody pass who is kept out meanwhile."""
        if not callable(given) or subject.known is None or not self.holds(subject.known.key):
            return given
        work = given

        def barred(session: Session) -> Result:
            result = work(session)
            return Failed(MessageKey.CODE_REFUSED, reason="blocked") if isinstance(result, Passed) else result

        return barred

    def _look_again(self) -> None:
        self._fresh_until = 0.0

    def _looked_up(self, known: frozenset[str] | None) -> frozenset[str]:
        # One thread looks; the others go on with what they have, unless there is nothing yet.
        if not self._lock.acquire(blocking=known is None) and known is not None:
            return known
        try:
            until = time.monotonic() + self._freshness
            with self._database.read() as session:
                found = frozenset(session.execute(_ALL).scalars())
            self._keys, self._fresh_until = found, until
        except DatabaseUnavailableError:
            if known is None:
                raise
            return known
        finally:
            self._lock.release()
        return found


class AdmittedPeople(People):
    """People as the logon sees them: whoever is blocked looks like somebody whose account is switched off."""

    def __init__(self, people: People, blocks: Blocks) -> None:
        self._people = people
        self._blocks = blocks

    @override
    def split(self, typed: str) -> tuple[str, str]:
        return self._people.split(typed)

    @override
    def find(self, typed: str) -> Person | None:
        return self._seen(self._people.find(typed))

    @override
    def get(self, key: PersonKey) -> Person | None:
        return self._seen(self._people.get(key))

    @override
    def check_password(self, typed: str, person: Person | None, password: str) -> PasswordVerdict:
        verdict = self._people.check_password(typed, person, password)
        is_right = verdict is PasswordVerdict.RIGHT or verdict in OVERDUE
        if is_right and person is not None and self._blocks.holds(person.key):
            return PasswordVerdict.BLOCKED
        return verdict

    @override
    def can_change_password(self, repository: str, verdict: PasswordVerdict) -> bool:
        return self._people.can_change_password(repository, verdict)

    @override
    def change_password(self, person: Person, old: str, new: str) -> PasswordChange:
        if self._blocks.holds(person.key):
            return PasswordChange.WRONG
        return self._people.change_password(person, old, new)

    def _seen(self, person: Person | None) -> Person | None:
        if person is None or not person.enabled or not self._blocks.holds(person.key):
            return person
        return replace(person, enabled=False)
