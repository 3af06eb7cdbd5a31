"""A fresh code for a login that waits for one, on an administrator's wish: "send again" without the old code.

A text is wiped as soon as it is handed over, and a code that was sent is never sent once more. What can be sent is a
new code for the question that the person has before him; it replaces the old one, counts towards the same limits and
takes the very way that the button on the code page takes. Once the login is over, there is nobody to ask.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from authsms.audit import AuditEntry
from authsms.foundation.errors import NotFoundError
from authsms.logon.machine import Asks, MessageKey
from authsms.logon.methods.base import Method
from authsms.logon.processes import Processes
from authsms.logon.settlement import Settlement
from authsms.logon.steps import Client
from authsms.logon.subject import Subject
from authsms.logon.tools import LogonTools
from authsms.logon.walk import Walk

_CHALLENGE = "challenge:"


class Renewal(StrEnum):
    """What became of the wish, or would become of it."""

    SENT = "sent"
    POSSIBLE = "possible"
    TOO_EARLY = "too-early"
    REPLACED = "replaced"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Renewed:
    """Answer to the wish for a fresh code.

    Attributes:
        possible_at: When it may be wished again, with `Renewal.TOO_EARLY`.
        reference: Of the new message, with `Renewal.SENT`; it may still have been withheld, and says why.
    """

    renewal: Renewal
    possible_at: datetime | None = None
    reference: str = ""


class CodeRenewal:
    """Renews codes without holding the browser's secret; nothing about the process is told.

    Args:
        tools: What the logon engine works with.
        methods: Every method there is.
    """

    def __init__(self, tools: LogonTools, methods: Sequence[Method]) -> None:
        self._tools = tools
        self._methods: Mapping[str, Method] = {method.name: method for method in methods}
        self._processes = Processes(tools.database, tools.vault, tools.clock)
        self._settlement = Settlement(self._processes, tools.sessions, tools.graces, tools.audit, self._methods)

    def outlook(self, process_id: str, reference: str) -> Renewed:
        """Return what `renew` would answer now; the limits of the number are only known once it is tried."""
        return self._examined(self._open(process_id, Client()), reference)

    def renew(self, process_id: str, reference: str, locale: str, entry: AuditEntry) -> Renewed:
        """Send a fresh code for the open question of a process.

        Args:
            process_id: The logon process.
            reference: ``challenge:<id>`` of the code that is to be replaced; it must still be the newest one.
            locale: Language of the text.
            entry: Who wished it; recorded when a code was sent.

        Raises:
            UnavailableError: A dependency is away; what was sent before stays good.
        """
        walk = self._open(process_id, Client(locale=locale))
        examined = self._examined(walk, reference)
        asks = None if walk is None else walk.process.progress.asks
        if walk is None or asks is None or examined.renewal is not Renewal.POSSIBLE:
            return examined
        given = self._methods[asks.method].resend(walk.view(self._methods, walk.process.progress, asks))
        if not callable(given):
            return Renewed(Renewal.TOO_EARLY, asks.resend_at)
        try:
            with self._tools.database.write() as session:
                result = given(session)
                self._settlement.settle(session, walk, "", result)
                if isinstance(result, Asks) and result.message_key is not MessageKey.CODE_WAIT:
                    self._tools.audit.record(session, entry)
                    return Renewed(Renewal.SENT, reference=_CHALLENGE + result.reference)
                return Renewed(Renewal.TOO_EARLY, result.resend_at if isinstance(result, Asks) else None)
        except NotFoundError:
            return Renewed(Renewal.OVER)

    def _open(self, process_id: str, client: Client) -> Walk | None:
        process = self._processes.watch(process_id)
        if process is None:
            return None
        tools = self._tools
        subject = Subject(tools.people, tools.vault, process.typed, known=process.known, phantom=process.phantom)
        try:
            return Walk(process, tools.catalog.event(process.event, supplement=process.is_supplement), subject, client)
        except NotFoundError:
            return None

    def _examined(self, walk: Walk | None, reference: str) -> Renewed:
        asks = None if walk is None else walk.process.progress.asks
        if asks is None:
            return Renewed(Renewal.OVER)
        if _CHALLENGE + asks.reference != reference:
            return Renewed(Renewal.REPLACED)
        if asks.resend_at is not None and self._tools.clock.now() < asks.resend_at:
            return Renewed(Renewal.TOO_EARLY, asks.resend_at)
        return Renewed(Renewal.POSSIBLE)
