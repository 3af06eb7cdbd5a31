"""Who is on the phone? A code goes to the number on file, and the caller reads it out to the agent of the help desk.

It is a code like any other: drawn, hashed, charged before it is compared, used once, and counted against the same
limits of its number. Yet it is kept under a method of its own and belongs to no login: it opens none, and a code that
was sent for a login proves no caller. The agent learns whether it matches, and nothing else; the answer is good for
this agent and this person, for ten minutes.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, TypeAlias

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import Session

from authsms.administration.actors import Actor
from authsms.administration.deeds import Whom, note_deed
from authsms.administration.models import CALLER_CHECK
from authsms.administration.rights import Right
from authsms.audit import AuditTag, AuditTrail, Detail
from authsms.delivery.outbox import Draft, Outbox
from authsms.delivery.states import Withheld
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database, rowcount
from authsms.foundation.errors import ConflictError, NotFoundError, gettext_noop
from authsms.foundation.limits import Limits, Rate
from authsms.foundation.phone import PhoneNumber, country_of, mask
from authsms.foundation.sections import SmsSettings
from authsms.foundation.vault import Vault
from authsms.identity.preferences import Preferences
from authsms.identity.repository import Person, PersonKey
from authsms.identity.service import PeopleService
from authsms.logon.numbers import NumberWatch
from authsms.otp.budget import SendBudget
from authsms.otp.challenge import ChallengeService, NewChallenge, NotCharged, Refusal
from authsms.otp.engine import canonical_code
from authsms.senders.submission import Purpose
from authsms.senders.text import HELP_DESK, TextValues, parse_template, render

CALLER: Final = "CALLER:1"
"""Under this name the codes of callers, and their failures in a row, are kept; no chain can ask for it."""

PROOF_LASTS: Final = timedelta(minutes=10)
CODES_OF_ONE_AGENT: Final = Rate(60, timedelta(hours=1))
_KEPT: Final = timedelta(days=1)
_MINUTE: Final = timedelta(minutes=1)
_C = CALLER_CHECK.c
_FIND = select(CALLER_CHECK).where(_C.id == bindparam("wanted"))
_PROVE = (
    update(CALLER_CHECK)
    .where(_C.id == bindparam("wanted"), _C.challenge_id == bindparam("challenge"))
    .values(proven_at=bindparam("moment"))
)


class CallerUnprovenError(ConflictError):
    """The caller has to be proven before this is done for him; send a code."""


class Judgement(StrEnum):
    """What comes of what a caller has read out."""

    MATCHES = "matches"
    DIFFERS = "differs"
    NO_CODE = "no-code"
    OVER = "over"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class CallerCheck:
    """How far one agent is with one caller.

    Attributes:
        masked: Where the code went.
        is_open: The code can still be compared.
        proven_until: Until when it counts that the code was right; None when it was not, or is too long ago.
    """

    masked: str
    message_id: str
    asked_at: datetime
    expires_at: datetime
    is_open: bool
    proven_until: datetime | None


@dataclass(frozen=True, slots=True)
class NotSent:
    """No code went out, and why."""

    reason: Withheld


Sending: TypeAlias = CallerCheck | NotSent


@dataclass(frozen=True, slots=True)
class CallerTools:
    """What proving callers takes.

    Attributes:
        host: What the text calls this house.
        is_needed: Callers have to be proven before anything is changed for them.
    """

    database: Database
    vault: Vault
    clock: Clock
    audit: AuditTrail
    limits: Limits
    people: PeopleService
    preferences: Preferences
    numbers: NumberWatch
    challenges: ChallengeService
    budget: SendBudget
    outbox: Outbox
    sms: SmsSettings
    host: str
    is_needed: bool


class Callers:
    """Sends codes to callers and compares what they read out."""

    def __init__(self, tools: CallerTools) -> None:
        self._tools = tools
        fresh = tools.database.insert(CALLER_CHECK)
        columns = {one.name: fresh.excluded[one.name] for one in CALLER_CHECK.columns if one.name != "id"}
        self._write = fresh.on_conflict_do_update(index_elements=[_C.id], set_=columns)

    def of(self, actor: Actor, key: str) -> CallerCheck | None:
        """Return how far the actor is with a person, or None when he has asked for nothing lately."""
        actor.require(Right.PEOPLE_SEE)
        with self._tools.database.read() as session:
            row = session.execute(_FIND, {"wanted": self._place(actor, key)}).one_or_none()
        if row is None:
            return None
        now = self._tools.clock.now()
        until = None if row.proven_at is None else row.proven_at + PROOF_LASTS
        proven_until = until if until is not None and until > now else None
        is_open = row.proven_at is None and row.expires_at > now
        return CallerCheck(row.masked, row.message_id, row.asked_at, row.expires_at, is_open, proven_until)

    @property
    def is_needed(self) -> bool:
        """Whether callers have to be proven before anything is changed for them."""
        return self._tools.is_needed

    def require(self, actor: Actor, key: str) -> None:
        """Check, where the settings ask for it, that the actor has proven within ten minutes who is on the phone.

        Raises:
            CallerUnprovenError: He has not.
        """
        if not self.is_needed:
            return
        check = self.of(actor, key)
        if check is None or check.proven_until is None:
            raise CallerUnprovenError(gettext_noop("First have a code sent, and compare what the caller reads out."))

    def send(self, actor: Actor, key: str, locale: str) -> Sending:
        """Send a code to the number on file; what was proven before no longer counts.

        Args:
            actor: Who is on the phone with the caller.
            key: Whose number.
            locale: Language of the text to whoever keeps none.

        Raises:
            ConflictError: The actor means himself.
            NotFoundError: The directory has nobody of this key.
            TooManyRequestsError: The actor has had too many codes sent.
            UnavailableError: The directory does not answer, or there is too much to do.
        """
        actor.require(Right.CALLER_PROVE)
        if key == actor.person_key:
            raise ConflictError(gettext_noop("You need not prove to yourself who you are."))
        person = self._tools.people.get(PersonKey(key))
        if person is None:
            raise NotFoundError("There is no such person any more.")
        number = person.phone
        if number is None:
            return NotSent(Withheld.NO_PHONE)
        if self._tools.sms.countries and country_of(number) not in self._tools.sms.countries:
            return NotSent(Withheld.COUNTRY_NOT_SERVED)
        self._tools.limits.take(f"caller-code:{actor.person_key}"[:160], CODES_OF_ONE_AGENT)
        self._tools.numbers.look_up(person)
        new = self._tools.challenges.prepare()
        return self._send(actor, person, number, new, locale) or NotSent(Withheld.NUMBER_LIMIT)

    def compare(self, actor: Actor, key: str, typed: str) -> Judgement:
        """Compare what the caller has read out with the code that was sent to him.

        Raises:
            OverloadedError: There is too much to do; the attempt stays charged.
        """
        actor.require(Right.CALLER_PROVE)
        tools = self._tools
        code = canonical_code(typed, tools.challenges.length)
        with tools.database.read() as session:
            row = session.execute(_FIND, {"wanted": self._place(actor, key)}).one_or_none()
        if row is None or code is None:
            return Judgement.NO_CODE if code is None else Judgement.OVER
        charge = tools.challenges.charge(row.challenge_id)
        if isinstance(charge, NotCharged):
            self._refuse(actor, key, charge.refusal.value)
            return Judgement.OVER if charge.refusal is Refusal.CLOSED else Judgement.HELD
        if not tools.challenges.verify(charge, code):
            self._refuse(actor, key, "wrong-code")
            return Judgement.DIFFERS
        return self._prove(actor, key, row.challenge_id)

    def purge(self) -> int:
        """Delete what was asked more than a day ago; return how many rows."""
        with self._tools.database.write() as session:
            return rowcount(
                session.execute(delete(CALLER_CHECK).where(_C.expires_at < self._tools.clock.now() - _KEPT))
            )

    def _send(
        self, actor: Actor, person: Person, number: PhoneNumber, new: NewChallenge, locale: str
    ) -> Sending | None:
        """Queue the text and store its code; None when the number has had too many."""
        tools, place = self._tools, self._place(actor, person.key)
        number_key = "number:" + tools.vault.keyed_hash("sms-number", number)
        draft = Draft(
            tools.vault.new_id(),
            Purpose.VERIFICATION,
            number,
            self._text(new, tools.preferences.language(person.key) or locale),
            new.expires_at,
            f"challenge:{new.id}",
            person_key=person.key,
            login=person.login,
            is_proven=True,
            groups=person.groups,
        )
        check = CallerCheck(mask(number), draft.id, new.issued_at, new.expires_at, is_open=True, proven_until=None)
        with tools.database.write() as session:
            # Whoever moved the number would prove nothing but that.
            if tools.numbers.is_held(session, person, locale):
                return NotSent(Withheld.NUMBER_CHANGED)
            if not tools.budget.take(session, number_key, f"person:{person.key}"[:160]).granted:
                return None
            withheld = tools.outbox.enqueue(session, draft)
            if withheld is not None:
                return NotSent(withheld)
            for older in tools.challenges.supersede(session, process_id=place, method=CALLER):
                tools.outbox.supersede(session, f"challenge:{older}")
            tools.challenges.store(session, new, process_id=place, person_key=person.key, method=CALLER)
            session.execute(self._write, _row(place, new.id, check))
            self._note(session, actor, person.key, AuditTag.CALLER_ASKED, login=person.login, message=draft.id)
        return check

    def _prove(self, actor: Actor, key: str, challenge_id: str) -> Judgement:
        """Use up a code that was right; of several who read it out at once, one has it."""
        tools = self._tools
        proven = {"wanted": self._place(actor, key), "challenge": challenge_id, "moment": tools.clock.now()}
        with tools.database.write() as session:
            is_used = tools.challenges.consume(session, challenge_id)
            if not is_used or not rowcount(session.execute(_PROVE, proven)):
                return Judgement.OVER
            self._note(session, actor, key, AuditTag.CALLER_PROVEN)
        return Judgement.MATCHES

    def _text(self, new: NewChallenge, locale: str) -> str:
        """Return the text; without the line that would let a browser fill the code into the login page."""
        template = parse_template(HELP_DESK.get(locale, HELP_DESK["en"]))
        minutes = math.ceil((new.expires_at - new.issued_at) / _MINUTE)
        return render(template, TextValues(otp=new.code, endpoint=self._tools.host, minutes=minutes))

    def _refuse(self, actor: Actor, key: str, reason: str) -> None:
        with self._tools.database.write() as session:
            self._note(session, actor, key, AuditTag.CALLER_REFUSED, reason=reason)

    def _note(
        self, session: Session, actor: Actor, key: str, tag: AuditTag, *, login: str = "", **details: Detail
    ) -> None:
        note_deed(session, self._tools.audit, actor, Whom(key, login), tag, **details)

    def _place(self, actor: Actor, key: str) -> str:
        """Return what stands for this agent with this person."""
        return self._tools.vault.keyed_hash("caller-check", actor.person_key, key)


def _row(place: str, challenge_id: str, check: CallerCheck) -> dict[str, object]:
    return {
        "id": place,
        "challenge_id": challenge_id,
        "message_id": check.message_id,
        "masked": check.masked,
        "asked_at": check.asked_at,
        "expires_at": check.expires_at,
        "proven_at": None,
    }
