"""What becomes known of a change of somebody's factors: a record in the audit trail, and a text to the number on file.

The directory and the sender policy are asked before the transaction of the change opens; the text is queued in it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from sqlalchemy.orm import Session

from authsms.audit import AuditTag, AuditTrail, Detail
from authsms.delivery.account_notices import AccountNotices, Notice
from authsms.identity.repository import PersonKey
from authsms.logon.holder import Holder
from authsms.logon.subject import People

Report: TypeAlias = Callable[[Session], None]
"""Writes what is to be known, within the transaction of the change."""


@dataclass(frozen=True, slots=True)
class Reports:
    """Prepares reports."""

    audit: AuditTrail
    people: People
    notices: AccountNotices

    def of(self, holder: Holder, tag: AuditTag, notice: Notice, **details: Detail) -> Report:
        """Return what records a change and tells the person of it.

        Raises:
            UnavailableError: The directory does not answer; nobody could be told, so the change has to wait.
        """
        person = self.people.get(PersonKey(holder.person_key))
        tell = self.notices.prepare(person, notice, holder.locale)

        def report(session: Session) -> None:
            self.audit.record(session, holder.entry(tag, **details, told=tell(session)))

        return report
