"""Challenges: one code each, charged before it is compared and consumed by one conditional statement.

The order is the defence. A comparison takes tens of milliseconds, so whoever reads a counter, compares and then writes
it back lets dozens of parallel guesses pass. Here an attempt is charged, to the code and to the person's failures in a
row, and *committed*; then the code is compared; then it is consumed if it is still open, in the transaction that also
writes what the person gains by it.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from authsms.foundation.clock import Clock
from authsms.foundation.db import Database, after_commit, post, rowcount
from authsms.foundation.metrics import CODES
from authsms.foundation.sections import OtpSettings
from authsms.foundation.vault import Vault
from authsms.otp.failures import UNBOUND, Binding, FailureCounter, HeldError, Standing
from authsms.otp.models import CHALLENGE

_KEPT = timedelta(days=1)


class ChallengeState(StrEnum):
    """What became of a code; one whose time or tries are over stays ``open`` and is refused all the same."""

    OPEN = "open"
    CONSUMED = "consumed"
    DEAD = "dead"


class Refusal(StrEnum):
    """Why an attempt was not charged, hence not compared; for the audit trail."""

    CLOSED = "closed"
    HELD = "held"
    DISABLED = "disabled"


# Built once: putting a statement together costs several times what running it does.
_C = CHALLENGE.c
_IS_OPEN = (_C.state == ChallengeState.OPEN) & (_C.expires_at > bindparam("moment"))
_INSERT = insert(CHALLENGE)
_KILL_OLDER = (
    update(CHALLENGE)
    .where(
        _C.process_id == bindparam("of_process"), _C.method == bindparam("of_method"), _C.state == ChallengeState.OPEN
    )
    .values(state=ChallengeState.DEAD, ended_at=bindparam("moment"))
    .returning(_C.id)
)
_CHARGE = (
    update(CHALLENGE)
    .where(_C.id == bindparam("wanted"), _IS_OPEN, _C.attempts < bindparam("most"))
    .values(attempts=_C.attempts + 1)
    .returning(_C.person_key, _C.method, _C.digest, _C.sendable, _C.attempts)
)
_CONSUME = (
    update(CHALLENGE)
    .where(_C.id == bindparam("wanted"), _IS_OPEN, _C.sendable)
    .values(state=ChallengeState.CONSUMED, ended_at=bindparam("moment"))
    .returning(_C.person_key, _C.method, _C.number_hash, _C.number)
)
_NEWEST = (
    select(_C.id, _C.number)
    .where(_C.process_id == bindparam("of_process"), _C.method == bindparam("of_method"), _IS_OPEN, _C.sendable)
    .order_by(_C.issued_at.desc())
    .limit(1)
)
_OWNER = select(_C.person_key, _C.method).where(_C.id == bindparam("wanted"))


@dataclass(frozen=True, slots=True)
class NewChallenge:
    """A code that was drawn and hashed, and is not stored yet.

    Attributes:
        binding: The number that a right answer shall bind to the person; empty when that is bound already.
    """

    id: str
    code: str = field(repr=False)
    digest: str = field(repr=False)
    issued_at: datetime
    expires_at: datetime
    binding: Binding = UNBOUND


@dataclass(frozen=True, slots=True)
class Charged:
    """An attempt that was paid for and may be compared.

    Attributes:
        failures: Consecutive failures of the person, this attempt included until it proves right.
        held_until: When the next attempt is possible if this one fails; None at once.
        disabled: This failure, if it is one, was the last: the method is to be bound again.
    """

    challenge_id: str
    digest: str = field(repr=False)
    sendable: bool
    attempts: int
    failures: int
    held_until: datetime | None
    disabled: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """A code that is still good, and the sealed number it was sent to, if that is kept."""

    id: str
    sealed: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class NotCharged:
    """An attempt that is refused without looking at the code."""

    refusal: Refusal
    held_until: datetime | None = None


Charge: TypeAlias = Charged | NotCharged


class ChallengeService:
    """Issues, charges, compares and consumes codes."""

    def __init__(self, database: Database, vault: Vault, clock: Clock, settings: OtpSettings) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        self._settings = settings
        self.failures = FailureCounter(database, clock, settings)

    @property
    def length(self) -> int:
        """Digits of a code."""
        return self._settings.length

    def now(self) -> datetime:
        """Return the time by which codes live and die."""
        return self._clock.now()

    def prepare(self) -> NewChallenge:
        """Draw and hash a code; outside any transaction, because hashing is slow.

        Raises:
            OverloadedError: No hashing slot became free in time.
        """
        identifier, code = self._vault.new_id(), self._vault.draw_digits(self._settings.length)
        digest = self._vault.hash_code(identifier, code)
        now = self._clock.now()
        return NewChallenge(identifier, code, digest, now, now + self._settings.lifetime)

    def store(
        self,
        session: Session,
        new: NewChallenge,
        *,
        process_id: str,
        person_key: str,
        method: str,
        sendable: bool = True,
    ) -> None:
        """Store *new*; an older code of the same process is to be killed first, see `supersede`.

        Args:
            session: The transaction in which the text is queued as well.
            new: From `prepare`.
            process_id: The logon process the code is good for, and no other.
            person_key: Whose failures its attempts count towards.
            method: Wire name of the method.
            sendable: False when nobody will be sent this code; then it never passes.
        """
        post(
            session,
            _INSERT,
            {
                "id": new.id,
                "process_id": process_id,
                "person_key": person_key,
                "method": method,
                "digest": new.digest,
                "state": ChallengeState.OPEN,
                "sendable": sendable,
                "attempts": 0,
                "issued_at": new.issued_at,
                "expires_at": new.expires_at,
                "ended_at": None,
                "number_hash": new.binding.fingerprint,
                "number": new.binding.sealed,
            },
        )
        after_commit(session, CODES.labels("issued").inc)

    def supersede(self, session: Session, *, process_id: str, method: str) -> list[str]:
        """Kill every open code of a process and method, because the newest wins; return their ids."""
        older = {"of_process": process_id, "of_method": method, "moment": self._clock.now()}
        return list(session.execute(_KILL_OLDER, older).scalars())

    def waiting(self, process_id: str, method: str) -> Waiting | None:
        """Return the newest code of a process and method that is still good."""
        wanted = {"of_process": process_id, "of_method": method, "moment": self._clock.now()}
        with self._database.read() as session:
            row = session.execute(_NEWEST, wanted).first()
        return None if row is None else Waiting(row.id, row.number)

    def charge(self, challenge_id: str) -> Charge:
        """Pay for one attempt in a transaction of its own; compare only what comes back `Charged`."""
        try:
            with self._database.write() as session:
                charge = self._charge(session, challenge_id)
        except HeldError:
            charge = self._held(challenge_id)
        if isinstance(charge, NotCharged):
            CODES.labels("refused").inc()
        return charge

    def verify(self, charged: Charged, code: str) -> bool:
        """Return whether *code* (canonical) is right; outside any transaction.

        Raises:
            OverloadedError: No hashing slot became free in time; the attempt stays charged.
        """
        right = self._vault.verify_code(charged.digest, charged.challenge_id, code) and charged.sendable
        CODES.labels("right" if right else "wrong").inc()
        return right

    def consume(self, session: Session, challenge_id: str) -> bool:
        """Use a code that proved right, within the caller's transaction; of several callers one gets True.

        The person's failures in a row end with it, and the number it was sent to is bound to him.
        """
        used = session.execute(_CONSUME, {"wanted": challenge_id, "moment": self._clock.now()}).one_or_none()
        if used is None:
            return False
        self.failures.succeed(session, used.person_key, used.method, Binding(used.number_hash, used.number))
        return True

    def purge(self) -> int:
        """Delete codes that expired a day ago, and counts that say nothing any more; return how many rows."""
        old = _C.expires_at < self._clock.now() - _KEPT
        with self._database.write() as session:
            return self.failures.purge(session) + rowcount(session.execute(delete(CHALLENGE).where(old)))

    def _charge(self, session: Session, challenge_id: str) -> Charge:
        attempt = {"wanted": challenge_id, "moment": self._clock.now(), "most": self._settings.attempts}
        paid = session.execute(_CHARGE, attempt).one_or_none()
        if paid is None:
            return NotCharged(Refusal.CLOSED)
        tally = self.failures.add(session, paid.person_key, paid.method)
        return Charged(
            challenge_id, paid.digest, paid.sendable, paid.attempts, tally.failures, tally.held_until, tally.disabled
        )

    def _held(self, challenge_id: str) -> NotCharged:
        with self._database.read() as session:
            owner = session.execute(_OWNER, {"wanted": challenge_id}).one_or_none()
            standing = Standing() if owner is None else self.failures.standing(session, *owner)
        if standing.disabled:
            return NotCharged(Refusal.DISABLED)
        return NotCharged(Refusal.HELD, standing.held_until)
