"""The number that codes came back from last, and what becomes of another one in its place.

Who may write to the directory may move the second factor: Active Directory lets everybody change his own `mobile`, so
a stolen password would be enough. A changed number is therefore a new authenticator (NIST SP 800-63B-4, 3.1.3.3): the
old number is told, and for a while nothing is sent to the new one unless a help desk releases it. People of the
built-in repository are changed by whoever runs this server; their old number is told, but nothing waits.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from authsms.audit import AuditEntry, AuditTag, AuditTrail, Detail
from authsms.delivery.account_notices import AccountNotices, Notice
from authsms.foundation.clock import Clock
from authsms.foundation.errors import SealBrokenError
from authsms.foundation.phone import PhoneNumber, mask
from authsms.foundation.vault import Vault
from authsms.identity.local import LOCAL
from authsms.identity.repository import Person
from authsms.otp.failures import UNBOUND, Binding, FailureCounter, Standing

SMS_OTP: Final = "SMS_OTP:1"


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
    """A number that waits in place of another one; both masked."""

    old: str
    new: str
    held_until: datetime


class NumberWatch:
    """Notices changed numbers; safe to share between threads.

    Args:
        hold: How long a number that was changed in a directory waits.
    """

    def __init__(
        self,
        vault: Vault,
        clock: Clock,
        audit: AuditTrail,
        failures: FailureCounter,
        notices: AccountNotices,
        *,
        hold: timedelta,
    ) -> None:
        self._vault = vault
        self._clock = clock
        self._audit = audit
        self._failures = failures
        self._notices = notices
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
            locale: Language of the text to the old number.
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

    def is_held(self, session: Session, person: Person, locale: str) -> bool:
        """Return whether nothing may be sent to the number of *person* yet, within the caller's transaction."""
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
        return Change(mask(old) if old else "", mask(person.phone), standing.waits_until)

    def release(self, session: Session, person: Person) -> bool:
        """Let the number of *person* be used at once, within the caller's transaction; False when it does not wait."""
        if person.phone is None or self.change_of(session, person) is None:
            return False
        self.expect(session, person)
        return True

    def expect(self, session: Session, person: Person | None) -> None:
        """Let the number of *person* be used although it is another one, within the caller's transaction."""
        if person is not None and person.phone is not None:
            fingerprint = self._fingerprint(person.key, person.phone)
            self._failures.await_number(session, person.key, SMS_OTP, fingerprint, self._clock.now())

    def bind(self, session: Session, person_key: str, number: PhoneNumber) -> None:
        """Let a number that was proven otherwise be the one that counts, within the caller's transaction."""
        binding = Binding(self._fingerprint(person_key, number), self.seal(person_key, number))
        self._failures.bind(session, person_key, SMS_OTP, binding)

    def seal(self, person_key: str, number: PhoneNumber) -> bytes:
        """Return a number of a person as it is kept."""
        return self._vault.seal(number.encode(), context=_place(person_key))

    def unseal(self, person_key: str, sealed: bytes | None) -> PhoneNumber | None:
        """Return a number that is kept, or None when its key is gone."""
        try:
            plain = self._vault.unseal(sealed, context=_place(person_key)) if sealed else b""
        except SealBrokenError:
            return None
        return PhoneNumber(plain.decode()) or None

    def _begin(
        self, session: Session, standing: Standing, person: Person, locale: str, entry: Callable[..., AuditEntry]
    ) -> datetime:
        """Let the new number wait, tell the old one, and record it."""
        number, now = person.phone or PhoneNumber(""), self._clock.now()
        hold = timedelta() if person.repository == LOCAL else self._hold
        self._failures.await_number(session, person.key, SMS_OTP, self._fingerprint(person.key, number), now + hold)
        old = self.unseal(person.key, standing.bound.sealed)
        told = False
        if old is not None:
            reached = replace(person, phones=(old,))
            told = self._notices.prepare(reached, Notice.NUMBER_CHANGED, locale)(session)
        facts: dict[str, Detail] = {
            "old": mask(old) if old else "",
            "new": mask(number),
            "hours": int(hold / timedelta(hours=1)),
            "told": told,
        }
        self._audit.record(session, entry(AuditTag.NUMBER_CHANGED, **facts))
        return now + hold

    def _fingerprint(self, person_key: str, number: PhoneNumber) -> str:
        return self._vault.keyed_hash("bound-number", person_key, number)


def _plain(person: Person) -> Callable[..., AuditEntry]:
    def entry(tag: AuditTag, **details: Detail) -> AuditEntry:
        return AuditEntry(tag, person_key=person.key, login=person.login, details=details)

    return entry


def _place(person_key: str) -> str:
    return f"bound-number:{person_key}"
