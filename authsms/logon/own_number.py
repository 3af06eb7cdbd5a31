"""A phone number of one's own for codes, in place of the directory's: proven by a code, changed, removed.

Giving one binds a factor, so it asks for a sign-in with two factors that happened just now, and the number that codes
went to until then is told. The new number is in the row of the code that was sent to it, sealed: it counts when that
code comes back, and is forgotten with it. Wrong codes are counted apart from those at the sign-in.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy.orm import Session

from authsms.audit import AuditTag
from authsms.delivery.account_notices import Notice
from authsms.delivery.outbox import Draft, Outbox
from authsms.delivery.states import Withheld
from authsms.foundation.db import Database
from authsms.foundation.errors import InvalidInputError, NotFoundError, TooManyRequestsError
from authsms.foundation.limits import Limits, Rate
from authsms.foundation.phone import PhoneNumber, country_of, mask, parse_phone
from authsms.foundation.sections import SmsSettings
from authsms.foundation.vault import Vault
from authsms.identity.repository import Person, PersonKey
from authsms.identity.service import PeopleService
from authsms.logon.holder import PROOF_LASTS, Holder
from authsms.logon.numbers import NumberWatch
from authsms.logon.reports import Reports
from authsms.otp.budget import SendBudget
from authsms.otp.challenge import ChallengeService, NewChallenge, NotCharged, Refusal, Waiting
from authsms.otp.engine import canonical_code
from authsms.otp.failures import Binding
from authsms.senders.submission import Purpose
from authsms.senders.text import TextValues, parse_template, render

OWN_NUMBER: Final = "OWN_NUMBER:1"
"""The method under which the code that proves a new number is counted."""

GIVING_LASTS: Final = PROOF_LASTS + timedelta(minutes=10)
"""A code is only taken this long after the sign-in that allowed to send it."""

CODES: Final = Rate(5, timedelta(hours=1))
_MINUTE: Final = timedelta(minutes=1)
_TEXTS: Final[Mapping[str, str]] = {
    "en": "{otp} confirms this number for your sign-ins to {endpoint}. Good for {minutes} min. Not you? Keep it.",
    "de": "{otp} bestätigt diese Nummer für Ihre Anmeldungen bei {endpoint}. {minutes} min gültig. Nicht Sie? Nie "
    "weitergeben.",
}


class Outcome(StrEnum):
    """What came of a number, or of a code."""

    SENT = "sent"
    NO_NUMBER = "no-number"
    COUNTRY = "country"
    WITHHELD = "withheld"
    DONE = "done"
    MALFORMED = "malformed"
    WRONG = "wrong"
    OVER = "over"
    HELD = "held"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class NumberView:
    """What somebody sees of his number; masked.

    Attributes:
        since: When he gave it himself; None while the one of his repository is used.
        waiting: The number that a code was sent to and has not come back from, or empty.
    """

    masked: str
    since: datetime | None
    waiting: str


@dataclass(frozen=True, slots=True)
class OwnNumberTools:
    """What it takes.

    Attributes:
        host: What the text calls this house.
    """

    database: Database
    vault: Vault
    limits: Limits
    people: PeopleService
    watch: NumberWatch
    challenges: ChallengeService
    budget: SendBudget
    outbox: Outbox
    reports: Reports
    sms: SmsSettings
    host: str


class OwnNumberDesk:
    """Does for people what they may do with their own number; safe to share between threads."""

    def __init__(self, tools: OwnNumberTools) -> None:
        self._tools = tools

    @property
    def is_allowed(self) -> bool:
        """Whether people may have one."""
        return self._tools.people.own_numbers.is_allowed

    @property
    def length(self) -> int:
        """Digits of a code."""
        return self._tools.challenges.length

    def view(self, holder: Holder) -> NumberView:
        """Return where codes go.

        Raises:
            NotFoundError: Nobody has such a number here.
            UnavailableError: The directory does not answer.
        """
        self._require_allowed()
        own = self._tools.people.own_numbers.find(holder.person_key)
        waiting = self._waiting(holder)
        person = self._person(holder)
        masked = mask(person.phone) if person.phone else ""
        asked = "" if waiting is None else mask(self._number(holder, waiting))
        return NumberView(masked, own.set_at if own else None, asked)

    def give(self, holder: Holder, typed: str) -> Outcome:
        """Text a code to a number; an earlier one is dead from then on.

        Raises:
            ProofNeededError: He must prove again who he is.
            TooManyRequestsError: That was done too often, or the number was sent as many codes as it may be.
        """
        self._require_allowed()
        holder.require_proof()
        tools = self._tools
        try:
            number = parse_phone(typed.strip(), default_region=tools.sms.default_region)
        except InvalidInputError:
            return Outcome.NO_NUMBER
        if tools.sms.countries and country_of(number) not in tools.sms.countries:
            return Outcome.COUNTRY
        tools.limits.take(holder.limit_key("number"), CODES)
        person = self._person(holder)
        sealed = tools.watch.seal(holder.person_key, number)
        new = replace(tools.challenges.prepare(), binding=Binding(sealed=sealed))
        draft = self._draft(holder, person, number, new)
        with tools.database.write() as session:
            withheld = self._send(session, holder, draft, new)
            asked = holder.entry(AuditTag.NUMBER_ASKED, new=mask(number), withheld=withheld or "")
            tools.reports.audit.record(session, asked)
        return Outcome.SENT if withheld is None else Outcome.WITHHELD

    def confirm(self, holder: Holder, typed: str) -> Outcome:
        """Let the number count once its code came back, and tell the one before.

        Raises:
            ProofNeededError: He must prove again who he is.
            UnavailableError: The directory does not answer; the code is still good.
        """
        self._require_allowed()
        holder.require_proof(GIVING_LASTS)
        tools, code = self._tools, canonical_code(typed, self.length)
        waiting = self._waiting(holder)
        if code is None or waiting is None:
            return Outcome.MALFORMED if code is None else Outcome.OVER
        number = self._number(holder, waiting)
        report = tools.reports.of(holder, AuditTag.NUMBER_GIVEN, Notice.NUMBER_CHANGED, new=mask(number))
        listed = tools.people.listed(PersonKey(holder.person_key))
        charge = tools.challenges.charge(waiting.id)
        if isinstance(charge, NotCharged):
            return Outcome.OVER if charge.refusal is Refusal.CLOSED else Outcome.HELD
        if not tools.challenges.verify(charge, code):
            with tools.database.write() as session:
                tools.reports.audit.record(session, holder.entry(AuditTag.NUMBER_REFUSED, failures=charge.failures))
            return Outcome.WRONG
        with tools.database.write() as session:
            if not tools.challenges.consume(session, waiting.id):
                return Outcome.OVER
            usable = tools.watch.usable(session, listed)
            tools.people.own_numbers.store(session, holder.person_key, number, usable)
            tools.watch.bind(session, holder.person_key, number)
            report(session)
        return Outcome.DONE

    def remove(self, holder: Holder) -> Outcome:
        """Let codes go to the number of the repository again, and tell the one that was given.

        One that was changed there meanwhile waits, like any change.

        Raises:
            ProofNeededError: He must prove again who he is.
            UnavailableError: The directory does not answer; nothing was changed.
        """
        self._require_allowed()
        holder.require_proof()
        tools = self._tools
        listed = tools.people.listed(PersonKey(holder.person_key))
        report = tools.reports.of(holder, AuditTag.NUMBER_REMOVED, Notice.NUMBER_CHANGED)
        with tools.database.write() as session:
            replaced = tools.people.own_numbers.remove(session, holder.person_key)
            if replaced is None:
                return Outcome.OVER
            tools.watch.restore(session, listed, replaced)
            report(session)
        return Outcome.REMOVED

    def _send(self, session: Session, holder: Holder, draft: Draft, new: NewChallenge) -> Withheld | None:
        """Queue the text and store its code; return why it is withheld, if it is."""
        tools, place = self._tools, self._place(holder)
        number = "number:" + tools.vault.keyed_hash("sms-number", draft.recipient or "")
        grant = tools.budget.take(session, number, f"person:{holder.person_key}"[:160])
        if not grant.granted:
            wait = grant.next_at - tools.challenges.now()
            raise TooManyRequestsError("No code can be sent yet.", retry_after=wait)
        for older in tools.challenges.supersede(session, process_id=place, method=OWN_NUMBER):
            tools.outbox.supersede(session, f"challenge:{older}")
        withheld = tools.outbox.enqueue(session, draft)
        if withheld is None:
            key = holder.person_key
            tools.challenges.store(session, new, process_id=place, person_key=key, method=OWN_NUMBER)
        return withheld

    def _draft(self, holder: Holder, person: Person, number: PhoneNumber, new: NewChallenge) -> Draft:
        tools = self._tools
        minutes = math.ceil((new.expires_at - new.issued_at) / _MINUTE)
        values = TextValues(otp=new.code, endpoint=tools.host, minutes=minutes)
        return Draft(
            tools.vault.new_id(),
            Purpose.VERIFICATION,
            number,
            render(parse_template(_TEXTS.get(holder.locale, _TEXTS["en"])), values, host=tools.host),
            new.expires_at,
            f"challenge:{new.id}",
            person_key=holder.person_key,
            login=holder.login,
            is_proven=True,
            groups=person.groups,
        )

    def _require_allowed(self) -> None:
        if not self.is_allowed:
            raise NotFoundError("There is no such page.")

    def _person(self, holder: Holder) -> Person:
        person = self._tools.people.get(PersonKey(holder.person_key))
        if person is None:
            raise NotFoundError("There is no such person any more.")
        return person

    def _waiting(self, holder: Holder) -> Waiting | None:
        return self._tools.challenges.waiting(self._place(holder), OWN_NUMBER)

    def _number(self, holder: Holder, waiting: Waiting) -> PhoneNumber:
        number = self._tools.watch.unseal(holder.person_key, waiting.sealed)
        if number is None:
            raise NotFoundError("No number waits any more.")
        return number

    def _place(self, holder: Holder) -> str:
        return self._tools.vault.keyed_hash("own-number", holder.person_key)
