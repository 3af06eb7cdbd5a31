"""Tries a login on paper: which chains a person would be offered for an event, and why the others are not.

Nothing is sent, nothing is counted and no password is asked; the audit trail keeps who looked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from authsms.administration.actors import Actor
from authsms.administration.repositories import author_of
from authsms.administration.rights import Right
from authsms.audit import AuditTag, AuditTrail
from authsms.foundation.db import Database
from authsms.foundation.errors import NotFoundError, gettext_noop
from authsms.foundation.phone import mask
from authsms.identity.repository import Person
from authsms.identity.service import PeopleService
from authsms.logon.arrangement import Arrangement
from authsms.logon.beginnings import is_relief
from authsms.logon.blocks import Blocks
from authsms.logon.catalog import Chain, Event
from authsms.logon.enrollment import Enrollments
from authsms.logon.methods.base import Method
from authsms.logon.selection import Selection

_SMS = "sms"


class Verdict(StrEnum):
    """What becomes of a chain."""

    FIRST = "first"
    OFFERED = "offered"
    ASKED = "asked"
    NO_CHOICE = "no-choice"
    OTHER_REPOSITORY = "other-repository"
    NOT_A_MEMBER = "not-a-member"
    FIRST_WITHOUT_NUMBER = "first-without-number"
    NOT_SET_UP = "not-set-up"
    UNKNOWN_METHOD = "unknown-method"
    SUPPLEMENT = "supplement"
    UNLOCKED = "unlocked"


@dataclass(frozen=True, slots=True)
class ChainTrial:
    """A chain and what becomes of it; ``subject`` says which method or groups are the reason."""

    chain: Chain
    verdict: Verdict
    subject: str = ""


@dataclass(frozen=True, slots=True)
class LogonTrial:
    """What a person would be offered.

    Attributes:
        login: As it is in the repository.
        phone: Masked; empty when there is none.
    """

    login: str
    display_name: str
    repository: str
    groups: Sequence[str]
    phone: str
    is_enabled: bool
    is_blocked: bool
    chains: Sequence[ChainTrial]

    @property
    def can_log_in(self) -> bool:
        """Whether there is a way in."""
        is_open = self.is_enabled and not self.is_blocked
        return is_open and any(one.verdict is Verdict.FIRST for one in self.chains)


@dataclass(frozen=True, slots=True)
class LogonTrials:
    """Tries logins on paper; safe to share between threads."""

    database: Database
    audit: AuditTrail
    people: PeopleService
    blocks: Blocks
    arrangement: Arrangement
    methods: Mapping[str, Method]
    enrollments: Enrollments

    def try_as(self, actor: Actor, typed: str, event: str) -> LogonTrial:
        """Return what the person of that name would be offered for an event.

        Raises:
            ForbiddenError: As `Actor.require`.
            NotFoundError: There is no such event, or nobody of that name.
            DirectoryUnavailableError: The repository does not answer.
        """
        actor.require(Right.LOGON_EDIT)
        found = self.arrangement.read().events.get(event)
        if found is None:
            raise NotFoundError("There is no such event.")
        person = self.people.find(typed)
        details = {"tried": person.login if person else typed[:100]}
        with self.database.write() as session:
            self.audit.record(session, author_of(actor).entry(AuditTag.LOGON_TRIED, event=event, details=details))
        if person is None:
            raise NotFoundError(gettext_noop("There is nobody of that name."))
        return LogonTrial(
            person.login,
            person.display_name,
            person.repository,
            sorted(person.groups),
            mask(person.phone) if person.phone else "",
            person.enabled,
            self.blocks.of(person.key) is not None,
            self._chains(found, person),
        )

    def _chains(self, event: Event, person: Person) -> Sequence[ChainTrial]:
        chains, tried = event.chains, list[ChainTrial]()
        is_first = True
        ready = self.enrollments.ready(person.key)
        titles = {chain.name: chain.title for chain in chains}
        for chain in chains:
            verdict, subject = (Verdict.SUPPLEMENT, "") if chain.is_supplement else self._judge(chain, person, ready)
            if verdict is Verdict.OFFERED and chain.required:
                verdict = Verdict.UNLOCKED
                subject = f"{titles.get(chain.required, chain.required)}, {chain.grace_minutes} min"
            # What somebody has to set up is offered after the first proof, and never comes first.
            if verdict is Verdict.OFFERED and is_first and not self._to_set_up(chain):
                is_first = False
                needs_number = any(_SMS in self.methods[name].amr for name in chain.methods)
                verdict = Verdict.FIRST_WITHOUT_NUMBER if needs_number and not person.phone else Verdict.FIRST
            tried.append(ChainTrial(chain, self._chosen(verdict, event, chain), subject))
        return tried

    def _chosen(self, verdict: Verdict, event: Event, chain: Chain) -> Verdict:
        """Return what becomes of a chain that can be chosen, where people choose in another way, or not at all."""
        if verdict is not Verdict.OFFERED or event.selection is Selection.OPTIONAL:
            return verdict
        if event.selection is Selection.ON:
            return Verdict.ASKED
        return Verdict.OFFERED if is_relief(chain, self.methods) else Verdict.NO_CHOICE

    def _to_set_up(self, chain: Chain) -> list[str]:
        return [name for name in chain.methods if self.methods[name].needs_enrollment]

    def _judge(self, chain: Chain, person: Person, ready: frozenset[str]) -> tuple[Verdict, str]:
        for name in chain.methods:
            if name not in self.methods:
                return Verdict.UNKNOWN_METHOD, name
            if not self.methods[name].suits(person.repository):
                return Verdict.OTHER_REPOSITORY, name
        mine = {group.casefold() for group in person.groups}
        if chain.groups and not any(group.casefold() in mine for group in chain.groups):
            return Verdict.NOT_A_MEMBER, ", ".join(sorted(chain.groups))
        if missing := [name for name in self._to_set_up(chain) if name not in ready]:
            return Verdict.NOT_SET_UP, missing[0]
        return Verdict.OFFERED, ""
