"""Finds audit records page by page, newest first, and never walks the whole trail for one page."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, func, select

from authsms.audit.models import AuditRecord
from authsms.audit.trail import views
from authsms.audit.vocabulary import AuditTag, AuditView
from authsms.foundation.db import Database

STRETCH: Final = 50_000
"""Records looked at for one page when nothing that is asked for has an index."""

_NEWEST: Final = (AuditRecord.id + 0).desc()


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """What to look for; empty fields do not count.

    Attributes:
        login: Name as it was typed, whole.
        until: First moment that does not count any more.
    """

    login: str = ""
    tag: AuditTag | None = None
    process_id: str = ""
    event: str = ""
    endpoint: str = ""
    address: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class AuditPortion:
    """Records, newest first.

    Attributes:
        before: Where the next portion begins; None at the oldest record.
    """

    items: tuple[AuditView, ...]
    before: int | None


class AuditSearch:
    """Reads the trail.

    Args:
        stretch: As `STRETCH`.
    """

    def __init__(self, database: Database, *, stretch: int = STRETCH) -> None:
        self._database = database
        self._stretch = stretch

    def portion(self, query: AuditQuery, *, before: int | None, size: int) -> AuditPortion:
        """Return at most *size* records with a number below *before*, or the newest ones.

        A portion may be empty and still have one behind it: the stretch that was looked at holds nothing.
        """
        with self._database.read() as session:
            start = before
            if start is None:
                start = (session.execute(select(func.max(AuditRecord.id))).scalar_one() or 0) + 1
            conditions = [*_conditions(query), AuditRecord.id < start]
            floor = 0
            if not (query.login or query.process_id):
                floor = max(start - self._stretch, 0)
                conditions.append(AuditRecord.id >= floor)
            found = select(AuditRecord).where(*conditions).order_by(_NEWEST).limit(size + 1)
            items = tuple(views(session.scalars(found)))
        if len(items) > size:
            return AuditPortion(items[:size], items[size - 1].id)
        return AuditPortion(items, floor if floor > 1 else None)


def _conditions(query: AuditQuery) -> list[ColumnElement[bool]]:
    equal = (
        (AuditRecord.login, query.login),
        (AuditRecord.tag, query.tag.value if query.tag else ""),
        (AuditRecord.process_id, query.process_id),
        (AuditRecord.event, query.event),
        (AuditRecord.endpoint, query.endpoint),
        (AuditRecord.address, query.address),
    )
    conditions = [column == value for column, value in equal if value]
    conditions += [AuditRecord.at >= query.since] if query.since else []
    return conditions + ([AuditRecord.at < query.until] if query.until else [])
