"""Everything that is known of one person: handed out, or erased.

What a table knows, and what becomes of it, its feature declares (`authsms.foundation.personal`). Two things are never
erased. The audit trail is a chain in which each record vouches for those before it: one that is altered or taken out
breaks it for everybody, so it keeps the person's key and login. And consents prove what somebody had agreed to.

A directory is not ours to change. Whoever is still in it can sign in again, and then there are new traces; so blocks
and counters of wrong answers stay as long as there is an account that they protect.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from authsms.audit import AuditEntry, AuditTag, AuditTrail
from authsms.audit.models import AuditRecord
from authsms.audit.vocabulary import Author
from authsms.contacts.book import ContactBook
from authsms.contacts.personal import ContactErasure
from authsms.delivery.outbox import Outbox
from authsms.delivery.personal import take_back
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database
from authsms.foundation.errors import InvalidInputError, NotFoundError, UnavailableError
from authsms.foundation.personal import Holding
from authsms.foundation.phone import mask
from authsms.identity.local import LOCAL
from authsms.identity.local_people import LocalPeople
from authsms.identity.repository import Person, PersonKey, split_key
from authsms.identity.service import PeopleService
from authsms.logon.sessions import LoginSessions
from authsms.otp.bound_numbers import BoundNumbers
from authsms.otp.models import SEND_BUDGET

_LONGEST_REASON: Final = 300
_AUDIT: Final = ("at", "tag", "login", "event", "endpoint", "address", "details")


@dataclass(frozen=True, slots=True)
class RecordTools:
    """What handing out and erasing take.

    Attributes:
        holdings: What the tables of all features know of people.
        erasure: Ends consents before contacts go.
        local: The built-in repository; its people are erased with the rest.
        bound: Finds the number that codes came back from last.
    """

    database: Database
    clock: Clock
    audit: AuditTrail
    people: PeopleService
    local: LocalPeople
    contacts: ContactBook
    erasure: ContactErasure
    outbox: Outbox
    sessions: LoginSessions
    holdings: Sequence[Holding]
    bound: BoundNumbers


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure did.

    Attributes:
        rows: How many rows of each kind are gone, or tell of nobody any more.
        taken_back: How many texts will not be sent.
        is_account_left: The person can still sign in, or nobody knows: the directory does not answer.
    """

    rows: Mapping[str, int]
    taken_back: int
    is_account_left: bool


class PersonalRecords:
    """Hands out and erases; whoever calls it has checked who asks."""

    def __init__(self, tools: RecordTools) -> None:
        self._tools = tools

    def export(self, author: Author, key: str) -> str:
        """Return all that is known of a person as JSON, his own numbers in full; no secrets, no codes, no texts.

        Raises:
            NotFoundError: Nothing is known of anybody of that key.
        """
        self._check(key)
        person, is_reachable = self._person(key)
        with self._tools.database.read() as session:
            held = {one.name: list(one.rows(session, key)) for one in self._tools.holdings}
            columns = [getattr(AuditRecord, name) for name in _AUDIT]
            query = select(*columns).where(AuditRecord.person_key == key).order_by(AuditRecord.id)
            trail = [dict(zip(_AUDIT, row, strict=True)) for row in session.execute(query)]
        if person is None and not trail and not any(held.values()):
            raise NotFoundError("There is no such person.")
        held["contacts"] = self._contacts(key)
        bound = self._tools.bound.find(key)
        told = {
            "key": key,
            "made_at": self._tools.clock.now(),
            "directory": _described(person) if is_reachable else "The directory did not answer.",
            "codes_came_back_from": mask(bound) if bound else None,
            **held,
            "audit": trail,
        }
        with self._tools.database.write() as session:
            self._note(session, author, key, AuditTag.PERSON_EXPORTED)
        return json.dumps(told, ensure_ascii=False, indent=2, default=_written)

    def erase(self, author: Author, key: str, reason: str) -> Erased:
        """Forget a person, but for what has to stay; what waits for him is not sent.

        Raises:
            InvalidInputError: No reason was given.
            NotFoundError: This can be nobody's key, or the account was removed at this moment.
        """
        tools, why = self._tools, " ".join(reason.split())
        if not 0 < len(why) <= _LONGEST_REASON:
            raise InvalidInputError("Say why, in 300 characters at most.", field="reason")
        repository, person_id = self._check(key)
        person, is_reachable = self._person(key)
        is_ours = repository == LOCAL and person is not None
        is_left = not is_ours and (person is not None or not is_reachable)
        tools.sessions.end_all(key)
        with tools.database.write() as session:
            tools.contacts.hold(session, key)
            taken_back = take_back(session, tools.outbox, key)
            tools.erasure.prepare(session, Author(person_key=key, address=author.address))
            rows = {one.name: one.erase(session, key, with_guards=not is_left) for one in tools.holdings}
            session.execute(delete(SEND_BUDGET).where(SEND_BUDGET.c.key == f"person:{key}"[:160]))
            if is_ours and not tools.local.take_out(session, person_id):
                raise NotFoundError("There is no such person any more.")
            self._note(session, author, key, AuditTag.PERSON_ERASED, why)
        return Erased({name: count for name, count in rows.items() if count}, taken_back, is_left)

    def _check(self, key: str) -> tuple[str, str]:
        repository, person_id = split_key(PersonKey(key))
        if not repository or not person_id:
            raise NotFoundError("There is no such person.")
        return repository, person_id

    def _person(self, key: str) -> tuple[Person | None, bool]:
        """Return whom the directory knows, and whether it answered."""
        try:
            return self._tools.people.get(PersonKey(key)), True
        except NotFoundError:
            return None, True
        except UnavailableError:
            return None, False

    def _contacts(self, key: str) -> list[dict[str, Any]]:
        book = self._tools.contacts
        return [
            {
                "kind": one.kind.value,
                "number": book.number_of(one),
                "state": one.state.value,
                "locale": one.locale,
                "wording": one.wording,
                "verified_at": one.verified_at,
                "created_at": one.created_at,
            }
            for one in book.of(key)
        ]

    def _note(self, session: Session, author: Author, key: str, tag: AuditTag, reason: str = "") -> None:
        """Record what was done in the trail of both; a login has no place in the record of an erasure."""
        details = {"reason": reason} if reason else {}
        if author.person_key:
            self._tools.audit.record(session, author.entry(tag, details={**details, "person": key}))
        done = {**details, "by": author.login or "command line"}
        self._tools.audit.record(session, AuditEntry(tag, person_key=key, details=done))


def _described(person: Person | None) -> dict[str, Any] | None:
    if person is None:
        return None
    return {
        "repository": person.repository,
        "login": person.login,
        "display_name": person.display_name,
        "mail": person.mail,
        "phones": list(person.phones),
        "groups": sorted(person.groups),
        "enabled": person.enabled,
    }


def _written(value: object) -> str:
    """Return a value that JSON has no word for."""
    return value.isoformat(timespec="seconds") if isinstance(value, datetime) else str(value)
