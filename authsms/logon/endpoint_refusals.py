"""What is put on record when somebody calls as an endpoint and cannot prove it, through whichever door.

Once in a while for each endpoint and kind of refusal, or whoever tries on would fill the audit trail; the log has all.
"""

from datetime import timedelta
from typing import Final, Protocol

from authsms.audit import AuditEntry, AuditTag, AuditTrail
from authsms.foundation.db import Database
from authsms.foundation.errors import TooManyRequestsError
from authsms.foundation.limits import Limits, Rate

_REPORTS: Final = Rate(1, timedelta(minutes=10))


class Called(Protocol):
    """The endpoint that was named."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def event(self) -> str:
        """Name of its event."""


class EndpointRefusals:
    """Records refusals; safe to share between threads."""

    def __init__(self, database: Database, audit: AuditTrail, limits: Limits) -> None:
        self._database = database
        self._audit = audit
        self._limits = limits

    def note(self, called: Called, address: str, tag: AuditTag = AuditTag.ENDPOINT_REFUSED) -> None:
        """Put on record that a caller at *address* was not believed to be this endpoint."""
        try:
            self._limits.take(f"report:{tag.value}:{called.id}", _REPORTS)
        except TooManyRequestsError:
            return
        with self._database.write() as session:
            self._audit.record(session, AuditEntry(tag, event=called.event, endpoint=called.name, address=address))
