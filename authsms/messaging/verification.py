"""The proof of a contact: a code that its owner was texted there, and has typed here.

It goes through the same engine as the codes of logons: charged before it is compared, used once, good for a short
while, and counted against the same limits of the person and the number. Failures in a row are counted apart from those
of logons: whoever proves a contact of his own must not end the row of wrong codes of a login, and nobody's wrong codes
here shall keep him from signing in. And of the codes that a number may be sent in a day only half can be asked for
here, by all people together: whoever names the number of somebody else must not use up what its owner signs in with.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from authsms.audit import AuditTag, AuditTrail
from authsms.audit.vocabulary import Author, Detail
from authsms.contacts.agreement import METHOD, TICKABLE, ContactState, code_text, language, wording
from authsms.contacts.book import ContactBook
from authsms.contacts.entries import Contact, Tick
from authsms.delivery.outbox import Draft, Outbox
from authsms.delivery.states import Withheld
from authsms.foundation.db import Database
from authsms.foundation.errors import ConflictError, InvalidInputError, TooManyRequestsError
from authsms.foundation.limits import Limits, Rate
from authsms.foundation.phone import PhoneNumber, parse_phone
from authsms.foundation.sections import SmsSettings
from authsms.foundation.vault import Vault
from authsms.otp.budget import SendBudget
from authsms.otp.challenge import ChallengeService, NewChallenge, NotCharged, Refusal
from authsms.otp.engine import canonical_code
from authsms.senders.contract import Purpose
from authsms.senders.text import parse_template

_NAMES: Final = frozenset({"host", "otp", "minutes"})
_LONGEST_HOST: Final = 40
_MINUTE_SECONDS: Final = 60
_DAY: Final = timedelta(days=1)


class Outcome(StrEnum):
    """What came of a code that was typed, or asked for."""

    SENT = "sent"
    WITHHELD = "withheld"
    OPTED_OUT = "opted-out"
    VERIFIED = "verified"
    MALFORMED = "malformed"
    WRONG = "wrong"
    HELD = "held"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class ProofTools:
    """What a proof takes."""

    database: Database
    vault: Vault
    audit: AuditTrail
    limits: Limits
    book: ContactBook
    challenges: ChallengeService
    budget: SendBudget
    outbox: Outbox


@dataclass(frozen=True, slots=True)
class _Plan:
    """A code that is about to be sent, to whom, and for what."""

    new: NewChallenge
    number: PhoneNumber
    text: str
    tick: Tick


class ContactProofs:
    """Sends codes to contacts and takes them back; an author is the owner himself.

    Args:
        tools: What it takes.
        settings: How numbers are read, and which countries are texted.
        public_url: Its host is who texts.
    """

    def __init__(self, tools: ProofTools, settings: SmsSettings, public_url: str) -> None:
        self._tools = tools
        self._region = settings.default_region
        self._countries = frozenset(settings.countries)
        self._share = Rate(max(1, settings.per_day // 2), _DAY)
        self._host = (urlsplit(public_url).hostname or "")[:_LONGEST_HOST]

    @property
    def length(self) -> int:
        """Digits of a code."""
        return self._tools.challenges.length

    def number(self, typed: str) -> PhoneNumber:
        """Return a number that was typed.

        Raises:
            InvalidInputError: It is none; `field` is ``phone``.
        """
        return parse_phone(typed.strip(), default_region=self._region)

    def wording(self, locale: str) -> str:
        """Return what somebody agrees to by the tick."""
        return wording(locale, self._host)

    def ask(self, owner: Author, contact_id: str, locale: str, groups: frozenset[str] = frozenset()) -> Outcome:
        """Text a code to a contact that its owner has ticked; an earlier one is dead from then on.

        Raises:
            ConflictError: It has been proven already, or was changed meanwhile.
            InvalidInputError: Numbers of its country are not texted.
            NotFoundError: The owner has no such contact.
            TooManyRequestsError: The number, or the person, was sent as many codes as anybody may be.
        """
        contact = self._tools.book.find(owner.person_key, contact_id)
        if contact.state not in TICKABLE:
            raise ConflictError("This number has been confirmed already.")
        if self._countries and contact.country not in self._countries:
            raise InvalidInputError("Numbers of this country are not texted.", field="phone")
        plan = self._plan(contact, locale)
        with self._tools.database.write() as session:
            return self._send(session, owner, contact, plan, groups)

    def confirm(self, owner: Author, contact_id: str, typed: str) -> Outcome:
        """Take the code that came back.

        Raises:
            ConflictError: No code is awaited, because the contact is proven, or was changed or stopped meanwhile.
            NotFoundError: The owner has no such contact.
        """
        tools, contact = self._tools, self._tools.book.find(owner.person_key, contact_id)
        if contact.state is not ContactState.ASKED:
            raise ConflictError("No code is awaited for this number any more.")
        code = canonical_code(typed, tools.challenges.length)
        if code is None:
            return Outcome.MALFORMED
        charge = tools.challenges.charge(contact.challenge_id)
        if isinstance(charge, NotCharged):
            return self._refused(owner, contact, charge)
        is_right = tools.challenges.verify(charge, code)
        with tools.database.write() as session:
            if is_right and tools.challenges.consume(session, contact.challenge_id):
                return Outcome.VERIFIED if tools.book.verify(session, owner, contact) else Outcome.WRONG
            self._note(session, owner, AuditTag.CONTACT_REFUSED, recipient=contact.masked, reason="wrong-code")
            if charge.disabled:
                self._note(session, owner, AuditTag.METHOD_DISABLED, method=METHOD, failures=charge.failures)
            elif charge.held_until is not None:
                self._note(session, owner, AuditTag.METHOD_HELD, method=METHOD, failures=charge.failures)
        return Outcome.WRONG

    def next_try_at(self, owner: Author) -> datetime | None:
        """Return when a code of this person is checked again; None at once."""
        with self._tools.database.read() as session:
            return self._tools.challenges.failures.standing(session, owner.person_key, METHOD).held_until

    def _plan(self, contact: Contact, locale: str) -> _Plan:
        tools, locale = self._tools, language(locale)
        new = tools.challenges.prepare()
        minutes = math.ceil((new.expires_at - new.issued_at).total_seconds() / _MINUTE_SECONDS)
        template = parse_template(code_text(locale), names=_NAMES)
        text = template.fill({"host": self._host, "otp": new.code, "minutes": str(minutes)})
        return _Plan(new, tools.book.number_of(contact), text, Tick(new.id, self.wording(locale), locale))

    def _send(self, session: Session, owner: Author, contact: Contact, plan: _Plan, groups: frozenset[str]) -> Outcome:
        tools, now = self._tools, self._tools.challenges.now()
        if tools.challenges.failures.standing(session, owner.person_key, METHOD).disabled:
            return Outcome.DISABLED
        number = tools.vault.keyed_hash("sms-number", plan.number)
        tools.limits.take(f"contact:{number}", self._share, session=session)
        grant = tools.budget.take(session, f"number:{number}", f"person:{owner.person_key}"[:160])
        if not grant.granted:
            raise TooManyRequestsError("No code can be sent yet.", retry_after=grant.next_at - now)
        for challenge_id in tools.challenges.supersede(session, process_id=contact.id, method=METHOD):
            tools.outbox.supersede(session, _reference(challenge_id))
        withheld = tools.outbox.enqueue(session, self._draft(owner, plan, groups))
        self._note(session, owner, AuditTag.CONTACT_ASKED, recipient=contact.masked, withheld=withheld or "")
        if withheld is not None:
            return Outcome.OPTED_OUT if withheld is Withheld.OPTED_OUT else Outcome.WITHHELD
        tools.challenges.store(session, plan.new, process_id=contact.id, person_key=owner.person_key, method=METHOD)
        if not tools.book.ask(session, owner, contact, plan.tick):
            raise ConflictError("This contact was changed meanwhile.")
        return Outcome.SENT

    def _draft(self, owner: Author, plan: _Plan, groups: frozenset[str]) -> Draft:
        return Draft(
            id=self._tools.vault.new_id(),
            purpose=Purpose.VERIFICATION,
            recipient=plan.number,
            text=plan.text,
            expires_at=plan.new.expires_at,
            reference=_reference(plan.new.id),
            person_key=owner.person_key,
            login=owner.login,
            is_proven=True,
            groups=groups,
        )

    def _refused(self, owner: Author, contact: Contact, charge: NotCharged) -> Outcome:
        with self._tools.database.write() as session:
            reason = charge.refusal.value
            self._note(session, owner, AuditTag.CONTACT_REFUSED, recipient=contact.masked, reason=reason)
        return {Refusal.HELD: Outcome.HELD, Refusal.DISABLED: Outcome.DISABLED}.get(charge.refusal, Outcome.WRONG)

    def _note(self, session: Session, owner: Author, tag: AuditTag, **details: Detail) -> None:
        self._tools.audit.record(session, owner.entry(tag, details=details))


def _reference(challenge_id: str) -> str:
    return f"challenge:{challenge_id}"
