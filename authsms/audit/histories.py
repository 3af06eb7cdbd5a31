"""What the audit trail tells of one person, or of a name that nobody has."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from authsms.audit.models import AuditRecord
from authsms.audit.trail import views
from authsms.audit.vocabulary import AuditTag, AuditView
from authsms.foundation.db import Database

_NEWEST: Final = (AuditRecord.id + 0).desc()
"""Newest first; the sum keeps a database from walking the whole trail backwards for the sake of this order."""

_MOST_PROCESSES: Final = 200


class Histories:
    """Reads histories."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, person_key: str, logins: Collection[str], *, since: datetime, limit: int) -> list[AuditView]:
        """Return what happened to somebody since a moment, newest first.

        Before a login has found out who somebody is, its records hold a name only. They count when the login turned
        out to be this person's, or nobody's.

        Args:
            person_key: Key of the person; empty for a name that nobody has.
            logins: Names that were typed.
            since: The first moment that counts.
            limit: Records at most.
        """
        recent = AuditRecord.at >= since
        with self._database.read() as session:
            found = _read(session, [AuditRecord.person_key == person_key, recent], limit) if person_key else []
            names = {*logins, *(one.entry.login for one in found if one.entry.login)}
            nameless = and_(AuditRecord.person_key == "", AuditRecord.login.in_(names))
            found += _read(session, [nameless, recent], limit)
            processes = list(dict.fromkeys(one.entry.process_id for one in found if one.entry.process_id))
            found += _read(session, [AuditRecord.process_id.in_(processes[:_MOST_PROCESSES]), recent], limit * 2)
        kept = _belonging(found, person_key)
        return sorted(kept, key=lambda one: one.id, reverse=True)[:limit]

    def tagged(self, person_key: str, tags: Collection[AuditTag], *, since: datetime, limit: int) -> list[AuditView]:
        """Return the newest records with one of *tags* that stand under a person's own key, newest first."""
        mine = [
            AuditRecord.person_key == person_key,
            AuditRecord.tag.in_([tag.value for tag in tags]),
            AuditRecord.at >= since,
        ]
        with self._database.read() as session:
            return _read(session, mine, limit)


def _read(session: Session, conditions: Sequence[ColumnElement[bool]], limit: int) -> list[AuditView]:
    return list(views(session.scalars(select(AuditRecord).where(*conditions).order_by(_NEWEST).limit(limit))))


def _belonging(found: Iterable[AuditView], person_key: str) -> Iterable[AuditView]:
    """Return each record once, without the logins that turned out to be somebody else's."""
    unique = {one.id: one for one in found}
    owners: dict[str, set[str]] = defaultdict(set)
    for one in unique.values():
        owners[one.entry.process_id].add(one.entry.person_key)
    for one in unique.values():
        strangers = owners[one.entry.process_id] - {"", person_key} if one.entry.process_id else set()
        if not strangers:
            yield one
