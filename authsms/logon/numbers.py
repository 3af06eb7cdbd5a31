"""The number that codes came back from last, and what becomes of another one in its place.

Who may write to the directory may move the second factor: Active Directory lets everybody change his own `mobile`, so
a stolen password would be enough. A changed number is therefore a new authenticator (NIST SP 800-63B-4, 3.1.3.3): the
old number is told, and for a while nothing is sent to the new one unless a help desk releases it. People of the
built-in repository are changed by whoever runs this server; their old number is told, but nothing waits.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from authsms.audit import AuditEntry, AuditTag, AuditTrail, Detail
from authsms.delivery.account_notices import AccountNotices, Notice
from authsms.foundation.clock import Clock
from authsms.foundation.limits import Limits, Rate
from authsms.foundation.phone import PhoneNumber, mask
from authsms.foundation.vault import Vault
from authsms.identity.local import LOCAL
from authsms.identity.repository import Person
from authsms.otp.bound_numbers import SMS_OTP, seal_number, unseal_number
from authsms.otp.failures import UNBOUND, Binding, FailureCounter, Standing

TOLD: Final = Rate(1, timedelta(days=1))
"""How often a number is told that another one came up: whoever writes to a directory could send it texts forever."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What may be done with a number.

    Attributes:
        binding: What a right code binds; empty when that is bound already.
        held_until: Nothing is sent to it before this; None when it may be used.
    """

    binding: Binding = UNBOUND
    held_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A number that waits in place of another one; both masked.

    Attributes:
        number: Stands for the one that waits; says nothing about it.
    """

    old: str
    new: str
    held_until: datetime
    number: str


@dataclass(frozen=True, slots=True)
class NumberTools:
    """What watching numbers takes."""

    vault: Vault
    clock: Clock
    audit: AuditTrail
    limits: Limits
    failures: FailureCounter
    notices: AccountNotices


class NumberWatch:
    """Notices changed numbers; safe to share between threads.

    Args:
        tools: What it takes.
        hold: How long a number that was changed in a directory waits.
    """

    def __init__(self, tools: NumberTools, *, hold: timedelta) -> None:
        self._vault = tools.vault
        self._clock = tools.clock
        self._audit = tools.audit
        self._limits = tools.limits
        self._failures = tools.failures
        self._notices = tools.notices
        self._hold = hold

    def judge(
        self,
        session: Session,
        standing: Standing,
        person: Person,
        locale: str,
        entry: Callable[..., AuditEntry] | None = None,
    ) -> Verdict:
        """Return what may be done with the preferred number of *person*; a change is told and recorded once.

        Args:
            session: The transaction in which a code is issued.
            standing: How the person stands with codes by text message.
            person: As the directory has him now.
            locale: Language of the text to the old number, for whoever keeps none.
            entry: Makes an audit record from a tag and details; one without a login when left out.
        """
        if person.phone is None:
            return Verdict()
        fingerprint = self._fingerprint(person.key, person.phone)
        if standing.bound.fingerprint == fingerprint:
            return Verdict()
        binding = Binding(fingerprint, self.seal(person.key, person.phone))
        if not standing.bound.fingerprint:
            return Verdict(binding)
        if standing.waiting == fingerprint and standing.waits_until is not None:
            until = standing.waits_until
        else:
            until = self._begin(session, standing, person, locale, entry or _plain(person))
        return Verdict(binding, until if until > self._clock.now() else None)

    def look_up(self, person: Person) -> None:
        """Look up which services may carry a text, before a transaction; a login with a text has done so anyway."""
        self._notices.look_up(person)

    def is_held(self, session: Session, person: Person, locale: str) -> bool:
        """Return whether nothing may be sent to the number of *person* yet, within the caller's transaction.

        Before that transaction, have `look_up` learn who can tell the old number.
        """
        standing = self._failures.standing(session, person.key, SMS_OTP)
        return self.judge(session, standing, person, locale).held_until is not None

    def change_of(self, session: Session, person: Person) -> Change | None:
        """Return the change that waits, or None; changes nothing."""
        standing = self._failures.standing(session, person.key, SMS_OTP)
        if person.phone is None or standing.waits_until is None or standing.waits_until <= self._clock.now():
            return None
        if standing.waiting != self._fingerprint(person.key, person.phone):
            return None
        old = self.unseal(person.key, standing.bound.sealed)
        return Change(mask(old) if old else "", mask(person.phone), standing.waits_until, standing.waiting)

    def release(self, session: Session, person: Person, number: str) -> Change | None:
        """Let the number of *person* be the one that counts, within the caller's transaction.

        Whoever releases it vouches for it: codes go there, and what the account's owner is told does so, too.

        Args:
            session: The transaction.
            person: As the directory has him now.
            number: `Change.number` of the one that was vouched for.

        Returns:
            The change that waited, or None when that number does not wait: another one may have come up meanwhile.
        """
        change = self.change_of(session, person)
        if person.phone is None or change is None or change.number != number:
            return None
        self.bind(session, person.key, person.phone)
        return change

    def usable(self, session: Session, person: Person | None) -> str:
        """Return the fingerprint of the number of *person* if codes may go there now, or an empty text."""
        if person is None or person.phone is None:
            return ""
        fingerprint = self._fingerprint(person.key, person.phone)
        standing = self._failures.standing(session, person.key, SMS_OTP)
        if standing.bound.fingerprint in {"", fingerprint}:
            return fingerprint
        is_over = standing.waits_until is not None and standing.waits_until <= self._clock.now()
        return fingerprint if standing.waiting == fingerprint and is_over else ""

    def restore(self, session: Session, person: Person | None, usable: str) -> None:
        """Let the number of *person* be used again after one of his own, within the caller's transaction.

        Args:
            session: The transaction.
            person: As the directory has him now.
            usable: From `usable`, when he gave his own; another number than that waits.
        """
        if person is not None and person.phone is not None:
            fingerprint = self._fingerprint(person.key, person.phone)
            if fingerprint == usable:
                self._admit(session, person.key, fingerprint)

    def bind(self, session: Session, person_key: str, number: PhoneNumber) -> None:
        """Let a number that was proven otherwise be the one that counts, within the caller's transaction."""
        binding = Binding(self._fingerprint(person_key, number), self.seal(person_key, number))
        self._failures.bind(session, person_key, SMS_OTP, binding)

    def seal(self, person_key: str, number: PhoneNumber) -> bytes:
        """Return a number of a person as it is kept."""
        return seal_number(self._vault, person_key, number)

    def unseal(self, person_key: str, sealed: bytes | None) -> PhoneNumber | None:
        """Return a number that is kept, or None when its key is gone."""
        return unseal_number(self._vault, person_key, sealed)

    def _begin(
        self, session: Session, standing: Standing, person: Person, locale: str, entry: Callable[..., AuditEntry]
    ) -> datetime:
        """Let the new number wait, tell the old one, and record it."""
        number, now = person.phone or PhoneNumber(""), self._clock.now()
        hold = timedelta() if person.repository == LOCAL else self._hold
        self._failures.await_number(session, person.key, SMS_OTP, self._fingerprint(person.key, number), now + hold)
        old = self.unseal(person.key, standing.bound.sealed)
        told = False
        if old is not None and self._may_tell(session, standing):
            locale = standing.language or locale
            told = self._notices.prepare_within(person, Notice.NUMBER_CHANGED, locale, to=old)(session)
        facts: dict[str, Detail] = {
            "old": mask(old) if old else "",
            "new": mask(number),
            "hours": int(hold / timedelta(hours=1)),
            "told": told,
        }
        self._audit.record(session, entry(AuditTag.NUMBER_CHANGED, **facts))
        return now + hold

    def _admit(self, session: Session, person_key: str, fingerprint: str) -> None:
        """Let a number be used although it is another one than the bound one."""
        self._failures.await_number(session, person_key, SMS_OTP, fingerprint, self._clock.now())

    def _may_tell(self, session: Session, standing: Standing) -> bool:
        return self._limits.try_take(session, f"number-told:{standing.bound.fingerprint}", TOLD) is None

    def _fingerprint(self, person_key: str, number: PhoneNumber) -> str:
        return self._vault.keyed_hash("bound-number", person_key, number)


def _plain(person: Person) -> Callable[..., AuditEntry]:
    def entry(tag: AuditTag, **details: Detail) -> AuditEntry:
        return AuditEntry(tag, person_key=person.key, login=person.login, details=details)

    return entry
