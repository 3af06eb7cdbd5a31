"""People: found across all repositories, and explained: why did this login end as it did?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from authsms.administration.actors import Actor
from authsms.administration.callers import CALLER
from authsms.administration.messages_advice import advice_on
from authsms.administration.people_actions import PeopleActions
from authsms.administration.people_story import (
    QUIET,
    Case,
    Conclusion,
    Happening,
    conclude,
    happening,
)
from authsms.administration.rights import Right
from authsms.audit.histories import Histories
from authsms.contacts.suppression import OptOut, SuppressionList
from authsms.delivery.activity import Activity, LoggedMessage, Wanted
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database
from authsms.foundation.errors import InvalidInputError, NotFoundError, UnavailableError
from authsms.foundation.phone import mask
from authsms.foundation.vault import Vault
from authsms.identity.names import visible_part
from authsms.identity.own_numbers import OwnNumber
from authsms.identity.preferences import Preferences
from authsms.identity.repository import Person, PersonKey, split_key
from authsms.identity.service import Findings, PeopleService
from authsms.logon.blocks import Block, Blocks
from authsms.logon.numbers import Change, NumberWatch
from authsms.logon.sessions import LoginSession, LoginSessions
from authsms.otp.outlook import Counter, Outlook
from authsms.senders.service import SenderPolicyService

MOST_FOUND: Final = 25
MOST_SHOWN: Final = 400
_SHORTEST: Final = 2
_LONGEST: Final = 100


@dataclass(frozen=True, slots=True)
class FoundPerson:
    """Somebody in a list of hits; the number is masked."""

    key: str
    login: str
    display_name: str
    mail: str
    masked: str
    enabled: bool


@dataclass(frozen=True, slots=True)
class Found:
    """What one repository has found.

    Attributes:
        is_cut: There are more; the text should be longer.
        is_reachable: False when it does not answer: that is not the same as nobody.
    """

    repository: str
    people: Sequence[FoundPerson]
    is_cut: bool
    is_reachable: bool


@dataclass(frozen=True, slots=True)
class PersonFile:
    """Everything about one person, or about a name that nobody has.

    Attributes:
        key: Key of the person; empty for a name that nobody has.
        person: As the directory has him now, with the number masked; None when he is gone or nobody answered.
        is_reachable: The directory answered.
        happenings: Newest first.
        opt_outs: The senders that the person wants no texts from.
        next_text_at: When the limits allow the next text, or None when they do at once.
        change: A phone number that was changed and waits.
        own_number: The number that the person has given himself in place of the one in the repository.
        is_cut: There is more in the time looked at than is shown.
        language: What the person has chosen to read; empty for nothing.
    """

    key: str
    login: str
    repository: str
    person: FoundPerson | None
    is_reachable: bool
    groups: Sequence[str]
    block: Block | None
    counters: Sequence[Counter]
    sessions: Sequence[LoginSession]
    opt_outs: Sequence[OptOut]
    next_text_at: datetime | None
    conclusion: Conclusion
    happenings: Sequence[Happening]
    is_cut: bool
    change: Change | None = None
    own_number: OwnNumber | None = None
    language: str = ""


@dataclass(frozen=True, slots=True)
class PeopleTools:
    """What the desk works with."""

    people: PeopleService
    vault: Vault
    clock: Clock
    histories: Histories
    activity: Activity
    outlook: Outlook
    sessions: LoginSessions
    blocks: Blocks
    numbers: NumberWatch
    database: Database
    senders: SenderPolicyService
    suppressions: SuppressionList
    preferences: Preferences


class PeopleDesk:
    """Finds people, and says what became of their logins.

    Attributes:
        actions: What may be done for them, or against them.
    """

    def __init__(self, tools: PeopleTools, actions: PeopleActions) -> None:
        self._tools = tools
        self.actions = actions

    def search(self, actor: Actor, text: str) -> list[Found]:
        """Return who has *text* in login, name, mail address or number, by repository.

        Raises:
            ForbiddenError: The actor may not see people.
            InvalidInputError: The text is too short to mean anybody.
        """
        actor.require(Right.PEOPLE_SEE)
        wanted = visible_part(text)[:_LONGEST]
        if len(wanted) < _SHORTEST:
            raise InvalidInputError("Type at least two characters.", field="text")
        return [_found(one) for one in self._tools.people.search(wanted, limit=MOST_FOUND)]

    def file(self, actor: Actor, key: str, *, days: int) -> PersonFile:
        """Return everything about the person with *key*, also when no directory has him any more.

        Raises:
            ForbiddenError: As `search`.
            NotFoundError: This can be nobody's key.
        """
        actor.require(Right.PEOPLE_SEE)
        repository, person_id = split_key(PersonKey(key))
        if not repository or not person_id:
            raise NotFoundError("There is no such person.")
        try:
            person, is_reachable = self._tools.people.get(PersonKey(key)), True
        except UnavailableError:
            person, is_reachable = None, False
        login = person.login if person else ""
        return self._filed(key, login, repository, person, is_reachable=is_reachable, days=days)

    def file_of_name(self, actor: Actor, login: str, *, days: int) -> PersonFile:
        """Return everything about whoever is called *login*, or about the name if nobody is.

        Raises:
            ForbiddenError: As `search`.
            NotFoundError: This cannot be a name.
        """
        actor.require(Right.PEOPLE_SEE)
        if not visible_part(login):
            raise NotFoundError("There is no such person.")
        repository, name = self._tools.people.split(login)
        try:
            person, is_reachable = self._tools.people.find(login), True
        except UnavailableError:
            person, is_reachable = None, False
        key = person.key if person else ""
        return self._filed(key, name, repository, person, is_reachable=is_reachable, days=days)

    def _filed(
        self, key: str, login: str, repository: str, person: Person | None, *, is_reachable: bool, days: int
    ) -> PersonFile:
        tools = self._tools
        since = tools.clock.now() - timedelta(days=days)
        names = [login] if login else []
        records = tools.histories.of(key, names, since=since, limit=MOST_SHOWN + 1)
        login = login or next((one.entry.login for one in records if one.entry.login), "")
        messages = self._messages(key, login, since)
        counters = tools.outlook.counters(key) if key else []
        case = Case(
            login,
            person,
            is_reachable,
            tools.blocks.of(key) if key else None,
            [one for one in counters if one.method != CALLER],
            records,
            {one.id: one for one in messages},
            {one.id: advice_on(tools.senders, one.service, one.code) for one in messages if one.code},
        )
        return PersonFile(
            key,
            login,
            repository,
            _shown(person) if person else None,
            is_reachable,
            sorted(person.groups) if person else (),
            case.block,
            counters,
            tools.sessions.list(key) if key else (),
            tools.suppressions.of(person.phone) if person and person.phone else (),
            self._next_text_at(key, person),
            conclude(case),
            [happening(one) for one in records[:MOST_SHOWN] if one.entry.tag not in QUIET],
            len(records) > MOST_SHOWN,
            self._change(person),
            tools.people.own_numbers.find(key) if key else None,
            tools.preferences.language(key) if key else "",
        )

    def _change(self, person: Person | None) -> Change | None:
        if person is None:
            return None
        with self._tools.database.read() as session:
            return self._tools.numbers.change_of(session, person)

    def _messages(self, key: str, login: str, since: datetime) -> list[LoggedMessage]:
        wanted = Wanted(person_keys=[key], since=since) if key else Wanted(stranger=login, since=since)
        return self._tools.activity.portion(wanted, services=(), after=None, size=MOST_SHOWN)

    def _next_text_at(self, key: str, person: Person | None) -> datetime | None:
        if not key:
            return None
        keys = [f"person:{key}"[:160]]
        if person is not None and person.phone is not None:
            keys.append("number:" + self._tools.vault.keyed_hash("sms-number", person.phone))
        return self._tools.outlook.next_text_at(*keys)


def _found(findings: Findings) -> Found:
    people = [_shown(person) for person in findings.hits.people]
    return Found(findings.repository, people, findings.hits.is_cut, findings.is_reachable)


def _shown(person: Person) -> FoundPerson:
    masked = mask(person.phone) if person.phone else ""
    return FoundPerson(person.key, person.login, person.display_name, person.mail, masked, person.enabled)
