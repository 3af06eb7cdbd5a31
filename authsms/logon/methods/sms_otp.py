"""The code by text message: the one place where a code and a message meet.

Code, text and audit record are written in one transaction. Whoever cannot be sent a code (nobody of that name, no
number, a limit reached) takes the same steps, costs the same work and sees the same page; the message is stored as
withheld, with the reason for the administrator, and its code never passes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar

from sqlalchemy.orm import Session
from typing_extensions import override

from authsms.audit import AuditTag, AuditTrail, Detail
from authsms.delivery.outbox import Draft, Outbox
from authsms.delivery.states import Withheld
from authsms.foundation.phone import PhoneNumber, country_of, mask, mask_of_digits
from authsms.foundation.sections import SmsSettings
from authsms.foundation.vault import Vault
from authsms.identity.repository import Person
from authsms.logon.machine import Asks, Failed, MessageKey, Passed, Prompt, Result
from authsms.logon.methods.base import Answer, Begin, LogonView, Method, typed_answer
from authsms.logon.methods.counted import entry_of, question
from authsms.logon.numbers import NumberWatch, Verdict
from authsms.logon.subject import Subject
from authsms.logon.texts import CodeTexts
from authsms.otp.bound_numbers import SMS_OTP
from authsms.otp.budget import Grant, SendBudget
from authsms.otp.challenge import ChallengeService, Charged, NewChallenge, NotCharged, Refusal
from authsms.otp.engine import canonical_code
from authsms.otp.failures import Standing
from authsms.senders.contract import Purpose


@dataclass(frozen=True, slots=True)
class CodeTools:
    """What issuing a code takes."""

    challenges: ChallengeService
    budget: SendBudget
    texts: CodeTexts
    outbox: Outbox
    numbers: NumberWatch


@dataclass(frozen=True, slots=True)
class _Plan:
    """A code that is about to be issued, to whom, and what writes the text from the language he keeps."""

    new: NewChallenge
    text: Callable[[str], str]
    message_id: str
    person: Person | None
    namesake: Person | None
    obstacle: Withheld | None

    @property
    def shown(self) -> PhoneNumber | None:
        """What the mask and the budget are taken from: it tells strangers nothing of whom the chain is for."""
        return None if self.namesake is None else self.namesake.phone

    @property
    def number(self) -> PhoneNumber | None:
        """Where the text goes."""
        return None if self.person is None else self.person.phone


class SmsOtpMethod(Method):
    """Sends a code to the person's phone and asks for it."""

    name = SMS_OTP
    amr: ClassVar[tuple[str, ...]] = ("otp", "sms")

    def __init__(self, vault: Vault, audit: AuditTrail, tools: CodeTools, settings: SmsSettings) -> None:
        self._vault = vault
        self._audit = audit
        self._tools = tools
        self._countries = frozenset(settings.countries)

    @override
    def begin(self, logon: LogonView) -> Begin:
        plan = self._plan(logon)
        return lambda session: self._issue(session, logon, plan)

    @override
    def resend(self, logon: LogonView) -> Answer:
        asks = question(logon)
        if asks.resend_at is not None and self._tools.challenges.now() < asks.resend_at:
            return replace(asks, message_key=MessageKey.CODE_WAIT)
        return self.begin(logon)

    @override
    def answer(self, logon: LogonView, response: Mapping[str, str]) -> Answer:
        asks = question(logon)
        code = canonical_code(typed_answer(response, "code"), asks.length)
        if code is None:
            return Failed(MessageKey.CODE_MALFORMED, reason="malformed", counted=False)
        charge = self._tools.challenges.charge(asks.reference)
        if isinstance(charge, NotCharged):
            return lambda _session: _refused(logon, charge)
        if not self._tools.challenges.verify(charge, code):
            return lambda session: self._miss(session, logon, charge)
        return lambda session: self._consume(session, asks)

    def _plan(self, logon: LogonView) -> _Plan:
        person = logon.subject.person
        number = person.phone if person is not None else None
        obstacle = None
        if person is None:
            obstacle = Withheld.UNKNOWN_PERSON
        elif not person.enabled:
            obstacle = Withheld.ACCOUNT_UNUSABLE
        elif number is None:
            obstacle = Withheld.NO_PHONE
        elif self._countries and country_of(number) not in self._countries:
            obstacle = Withheld.COUNTRY_NOT_SERVED
        new = self._tools.challenges.prepare()
        text = self._tools.texts.compose(logon, new)
        namesake = logon.subject.namesake if person is None else person
        return _Plan(new, text, self._vault.new_id(), person, namesake, obstacle)

    def _issue(self, session: Session, logon: LogonView, plan: _Plan) -> Asks:
        subject, tools, old = logon.subject, self._tools, logon.asks
        standing = tools.challenges.failures.standing(session, subject.key, self.name)
        grant = tools.budget.take(session, self._number_key(subject, plan.shown), f"person:{subject.limit_key}"[:160])
        verdict = self._judge(session, logon, standing, plan)
        withheld = plan.obstacle or _obstacle(standing, verdict, grant, plan.new)
        if old is not None and not grant.granted:
            # The code that is out already stays good; only the wish for another one is refused.
            self._enqueue(session, logon, plan, standing, withheld)
            return replace(old, message_key=MessageKey.CODE_WAIT, resend_at=grant.next_at)
        if not logon.is_new:
            for challenge_id in tools.challenges.supersede(session, process_id=logon.process_id, method=self.name):
                tools.outbox.supersede(session, _reference(challenge_id))
        withheld = self._enqueue(session, logon, plan, standing, withheld)
        tools.challenges.store(
            session,
            replace(plan.new, binding=verdict.binding),
            process_id=logon.process_id,
            person_key=subject.key,
            method=self.name,
            sendable=withheld is None,
        )
        self._record(session, logon, AuditTag.CHALLENGE_ISSUED, withheld=withheld or "", resend=old is not None)
        return Asks(
            method=self.name,
            prompt=Prompt.CODE,
            message_key=_opening(logon, standing, verdict, grant),
            masked=mask(plan.shown) if plan.shown else _invented_mask(subject),
            length=tools.challenges.length,
            expires_at=plan.new.expires_at,
            resend_at=grant.next_at,
            hold_until=standing.held_until if logon.proven and not standing.disabled else None,
            message_id=plan.message_id if logon.proven else None,
            details=logon.proven,
            reference=plan.new.id,
        )

    def _judge(self, session: Session, logon: LogonView, standing: Standing, plan: _Plan) -> Verdict:
        """Return what may be done with the number, which may have been changed since the last code."""
        if plan.person is None or plan.obstacle is not None:
            return Verdict()
        entry = partial(entry_of, logon, method=self.name)
        return self._tools.numbers.judge(session, standing, plan.person, logon.client.locale, entry)

    def _enqueue(
        self, session: Session, logon: LogonView, plan: _Plan, standing: Standing, withheld: Withheld | None
    ) -> Withheld | None:
        """Queue the text; return why it is withheld after all, if it is."""
        draft = Draft(
            id=plan.message_id,
            purpose=Purpose.AUTHENTICATION,
            recipient=plan.number,
            text=plan.text(standing.language),
            expires_at=plan.new.expires_at,
            reference=_reference(plan.new.id),
            withheld=withheld,
            person_key=logon.subject.audit_key,
            login=logon.subject.login,
            process_id=logon.process_id,
            is_proven=logon.proven,
            label=logon.label,
            groups=logon.subject.known.groups if logon.subject.known else frozenset(),
        )
        return self._tools.outbox.enqueue(session, draft)

    def _consume(self, session: Session, asks: Asks) -> Result:
        if self._tools.challenges.consume(session, asks.reference):
            return Passed()
        return Failed(MessageKey.CODE_REFUSED, reason="not-open")

    def _miss(self, session: Session, logon: LogonView, charge: Charged) -> Result:
        if charge.disabled:
            self._record(session, logon, AuditTag.METHOD_DISABLED, failures=charge.failures)
        elif charge.held_until is not None:
            self._record(session, logon, AuditTag.METHOD_HELD, failures=charge.failures)
        asks = replace(question(logon), hold_until=charge.held_until if logon.proven else None)
        return Failed(MessageKey.CODE_REFUSED, reason="wrong-code", asks=asks)

    def _record(self, session: Session, logon: LogonView, tag: AuditTag, **details: Detail) -> None:
        self._audit.record(session, entry_of(logon, tag, method=self.name, **details))

    def _number_key(self, subject: Subject, number: PhoneNumber | None) -> str:
        return "number:" + (self._vault.keyed_hash("sms-number", number) if number else subject.invent("number"))


def _reference(challenge_id: str) -> str:
    return f"challenge:{challenge_id}"


def _invented_mask(subject: Subject) -> str:
    return mask_of_digits(f"{int(subject.invent('mask')[:8], 16) % 100:02d}")


def _obstacle(standing: Standing, verdict: Verdict, grant: Grant, new: NewChallenge) -> Withheld | None:
    if verdict.held_until is not None:
        return Withheld.NUMBER_CHANGED
    if standing.disabled or (standing.held_until is not None and standing.held_until >= new.expires_at):
        return Withheld.METHOD_UNUSABLE
    return None if grant.granted else Withheld.NUMBER_LIMIT


def _opening(logon: LogonView, standing: Standing, verdict: Verdict, grant: Grant) -> MessageKey:
    """Return what to say above the field; holds are only told to somebody who has proven something already."""
    if logon.proven and standing.disabled:
        return MessageKey.METHOD_DISABLED
    if logon.proven and verdict.held_until is not None:
        return MessageKey.NUMBER_HELD
    if logon.proven and standing.held_until is not None:
        return MessageKey.CODE_HELD
    return MessageKey.CODE_SENT if grant.granted else MessageKey.CODE_WAIT


def _refused(logon: LogonView, charge: NotCharged) -> Failed:
    asks, key = question(logon), MessageKey.CODE_REFUSED
    if logon.proven and charge.refusal is Refusal.HELD:
        asks, key = replace(asks, hold_until=charge.held_until), MessageKey.CODE_HELD
    elif logon.proven and charge.refusal is Refusal.DISABLED:
        key = MessageKey.METHOD_DISABLED
    # Not counted: of many right codes at once, those that came too late must not end the process under the first.
    return Failed(key, reason=charge.refusal.value, asks=asks, counted=False)
