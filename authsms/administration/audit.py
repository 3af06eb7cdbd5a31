"""What administrators do with the audit trail: search it, hand it out, and check that nobody has changed it."""

import json
from collections.abc import Iterator, Mapping
from typing import Final

from authsms.administration.actors import PROOF_LASTS, Actor
from authsms.administration.messages_export import line
from authsms.administration.rights import Right
from authsms.audit import AuditEntry, AuditTag, AuditTrail, AuditView, Verification
from authsms.audit.search import AuditPortion, AuditQuery, AuditSearch
from authsms.foundation.db import Database
from authsms.foundation.errors import ProofNeededError

MOST_ROWS: Final = 50_000
_AT_ONCE: Final = 500
_STRETCHES: Final = 100
_PAGE: Final = 50
_COLUMNS: Final = ("id", "at", "tag", "person_key", "login", "process_id", "event", "endpoint", "address", "details")


class AuditDesk:
    """The audit trail as administrators see it.

    Args:
        most: Records at most in an export.
    """

    def __init__(self, database: Database, audit: AuditTrail, search: AuditSearch, *, most: int = MOST_ROWS) -> None:
        self._database = database
        self._audit = audit
        self._search = search
        self._most = most

    def portion(self, actor: Actor, query: AuditQuery, *, before: int | None = None) -> AuditPortion:
        """Return a page of records, newest first.

        Raises:
            ForbiddenError: The actor may not see the trail.
        """
        actor.require(Right.AUDIT_SEE)
        return self._search.portion(query, before=before, size=_PAGE)

    def verify(self, actor: Actor, *, start: int = 0) -> Verification:
        """Check the next part of the chain behind position *start*, which was checked before.

        Raises:
            ForbiddenError: The actor may not see the trail.
        """
        actor.require(Right.AUDIT_SEE)
        return self._audit.verify_part(start)

    def as_csv(self, actor: Actor, query: AuditQuery, shown: Mapping[str, str]) -> Iterator[str]:
        """Return the records as lines of CSV, newest first; recorded before the first one.

        Args:
            actor: Who wants it.
            query: Which records.
            shown: What was asked for, in words; for the record.

        Raises:
            ForbiddenError: The actor may not see the trail.
            ProofNeededError: So much at once is only given to somebody who has just proven who he is.
        """
        self._note(actor, shown, "csv")
        return self._lines(query)

    def as_json(self, actor: Actor, query: AuditQuery, shown: Mapping[str, str]) -> Iterator[str]:
        """Return the records as a JSON list, one a line; for the rest as `as_csv`.

        Raises:
            ForbiddenError, ProofNeededError: As `as_csv`.
        """
        self._note(actor, shown, "json")
        return self._objects(query)

    def _note(self, actor: Actor, shown: Mapping[str, str], form: str) -> None:
        actor.require(Right.AUDIT_SEE)
        if actor.proof_age > PROOF_LASTS:
            raise ProofNeededError("Sign in again to export the audit trail.")
        details = {**shown, "format": form}
        entry = AuditEntry(
            AuditTag.AUDIT_EXPORTED,
            person_key=actor.person_key,
            login=actor.login,
            address=actor.address,
            details=details,
        )
        with self._database.write() as session:
            self._audit.record(session, entry)

    def _records(self, query: AuditQuery) -> Iterator[AuditView]:
        left, before = self._most, None
        for _ in range(self._most // _AT_ONCE + _STRETCHES):
            found = self._search.portion(query, before=before, size=min(_AT_ONCE, left))
            yield from found.items
            left, before = left - len(found.items), found.before
            if before is None or left <= 0:
                return

    def _lines(self, query: AuditQuery) -> Iterator[str]:
        yield line(_COLUMNS)
        for one in self._records(query):
            yield line("" if value is None else _text(value) for value in _facts(one).values())

    def _objects(self, query: AuditQuery) -> Iterator[str]:
        mark = "["
        for one in self._records(query):
            yield f"{mark}\n{json.dumps(_facts(one))}"
            mark = ","
        yield "[]\n" if mark == "[" else "\n]\n"


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _facts(one: AuditView) -> Mapping[str, object]:
    entry = one.entry
    texts = (entry.person_key, entry.login, entry.process_id, entry.event, entry.endpoint, entry.address)
    values = (one.id, one.at.isoformat(), entry.tag.value, *texts, dict(entry.details))
    return dict(zip(_COLUMNS, values, strict=True))
