"""Texts of notices that are kept to be used again, version by version."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, cast

from sqlalchemy import Table, delete, select
from sqlalchemy.exc import IntegrityError

from authsms.audit import AuditTag, AuditTrail
from authsms.audit.vocabulary import Author
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database, rowcount
from authsms.foundation.errors import ConflictError, NotFoundError
from authsms.messaging.audience import checked_name
from authsms.messaging.models import NoticeTemplateRow
from authsms.messaging.wording import parse_texts

MOST_VERSIONS: Final = 20
_MOST_SHOWN: Final = 1000
_TABLE: Final = cast("Table", NoticeTemplateRow.__table__)
_t: Final = _TABLE.c


@dataclass(frozen=True, slots=True)
class NoticeTemplate:
    """One version of a template; texts by language."""

    name: str
    version: int
    texts: Mapping[str, str]
    author: str
    created_at: datetime


class NoticeTemplates:
    """Keeps them."""

    def __init__(self, database: Database, clock: Clock, audit: AuditTrail) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit

    def all(self) -> Sequence[NoticeTemplate]:
        """Return every version there is, by name, the newest of each first."""
        query = select(_TABLE).order_by(_t.name, _t.version.desc()).limit(_MOST_SHOWN)
        with self._database.read() as session:
            return [NoticeTemplate(*row) for row in session.execute(query)]

    def find(self, name: str, version: int) -> NoticeTemplate:
        """Return one version.

        Raises:
            NotFoundError: There is none, or it has been forgotten.
        """
        with self._database.read() as session:
            row = session.execute(select(_TABLE).where(_t.name == name, _t.version == version)).one_or_none()
        if row is None:
            raise NotFoundError("There is no such template any more.")
        return NoticeTemplate(*row)

    def save(self, author: Author, name: str, texts: Mapping[str, str]) -> int:
        """Keep texts under a name; return their version, the newest one when nothing has changed.

        Raises:
            InvalidInputError: The name or a text cannot be used.
            ConflictError: Somebody else has saved it at the same moment.
        """
        parse_texts(texts)
        newest = select(_TABLE).where(_t.name == checked_name(name)).order_by(_t.version.desc()).limit(1)
        try:
            with self._database.write() as session:
                last = session.execute(newest).one_or_none()
                if last is not None and last.texts == dict(texts):
                    return int(last.version)
                version = last.version + 1 if last is not None else 1
                values = (name, version, dict(texts), author.login, self._clock.now())
                session.execute(self._database.insert(_TABLE).values(values))
                session.execute(delete(_TABLE).where(_t.name == name, _t.version <= version - MOST_VERSIONS))
                details = {"template": name, "version": version}
                self._audit.record(session, author.entry(AuditTag.NOTICE_TEMPLATE_SAVED, details=details))
        except IntegrityError as error:
            raise ConflictError("Somebody else has changed it meanwhile. Load it again.") from error
        return int(version)

    def remove(self, author: Author, name: str) -> None:
        """Forget a template with all its versions.

        Raises:
            NotFoundError: There is none of that name.
        """
        with self._database.write() as session:
            if not rowcount(session.execute(delete(_TABLE).where(_t.name == name))):
                raise NotFoundError("There is no such template any more.")
            details = {"template": name}
            self._audit.record(session, author.entry(AuditTag.NOTICE_TEMPLATE_REMOVED, details=details))
