"""What happened to somebody's account, as he may see it himself: sign-ins, tries, and changes of what he signs in with.

Only what the audit trail has under his own key, and of that only what tells him something; what administrators did to
other people stands under their key, too, and is left out.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from authsms.audit import AuditEntry, AuditTag
from authsms.audit.histories import Histories
from authsms.foundation.clock import Clock
from authsms.logon.catalog import Catalog
from authsms.logon.holder import Holder
from authsms.logon.passkeys import PASSKEY

SHOWN_FOR: Final = timedelta(days=30)
MOST: Final = 50
_SHOWN: Final = (
    *(AuditTag.LOGON_FINISHED, AuditTag.LOGON_SUSPICIOUS, AuditTag.LOGON_METHOD_FAILED, AuditTag.LOGON_LIMITED),
    *(AuditTag.METHOD_HELD, AuditTag.METHOD_DISABLED, AuditTag.METHOD_UNLOCKED, AuditTag.METHOD_REBOUND),
    *(AuditTag.METHOD_SET_UP, AuditTag.METHOD_REMOVED, AuditTag.METHOD_TRIED, AuditTag.RECOVERY_CODES_MADE),
    *(AuditTag.METHOD_ASSIGNED, AuditTag.METHOD_SYNCHRONISED, AuditTag.RECOVERY_CODES_REMOVED),
    *(AuditTag.PASSKEY_ADDED, AuditTag.PASSKEY_RENAMED, AuditTag.PASSKEY_REMOVED, AuditTag.PASSKEY_COPIED),
    *(AuditTag.PASSWORD_CHANGED, AuditTag.PASSWORD_REFUSED, AuditTag.PASSWORD_CHANGE_DEMANDED),
    *(AuditTag.NUMBER_CHANGED, AuditTag.NUMBER_RELEASED, AuditTag.NUMBER_GIVEN, AuditTag.NUMBER_REMOVED),
    *(AuditTag.SESSIONS_ENDED, AuditTag.PERSON_BLOCKED, AuditTag.PERSON_UNBLOCKED),
)


@dataclass(frozen=True, slots=True)
class Incident:
    """One thing that happened.

    Attributes:
        word: ``tag``, or ``tag:password``, ``tag:passkey`` and ``tag:code`` where it matters what was typed.
        place: Title of the application or event, or empty.
        methods: Wire names of what was proven.
        address: IP address, or empty.
        browser: Such as ``Firefox``, or empty.
        system: Such as ``Android``, or empty.
    """

    at: datetime
    word: str
    place: str = ""
    methods: tuple[str, ...] = ()
    address: str = ""
    browser: str = ""
    system: str = ""


class OwnHistory:
    """Reads what happened."""

    def __init__(self, histories: Histories, catalog: Catalog, clock: Clock) -> None:
        self._histories = histories
        self._catalog = catalog
        self._clock = clock

    def newest(self, holder: Holder) -> list[Incident]:
        """Return what happened in the last 30 days, newest first, 50 things at most."""
        since = self._clock.now() - SHOWN_FOR
        records = self._histories.tagged(holder.person_key, _SHOWN, since=since, limit=MOST)
        titles = {event.name: event.title for event in self._catalog.events()}
        return [_incident(one.at, one.entry, titles) for one in records if _is_his(one.entry)]


def _is_his(entry: AuditEntry) -> bool:
    return entry.details.get("person", entry.person_key) == entry.person_key


def _incident(at: datetime, entry: AuditEntry, titles: dict[str, str]) -> Incident:
    browser, _, system = str(entry.details.get("device", "")).partition("/")
    place = entry.endpoint or titles.get(entry.event, entry.event)
    methods = tuple(str(entry.details.get("methods", "")).split())
    return Incident(at, _word(entry), place, methods, entry.address, browser, system)


def _word(entry: AuditEntry) -> str:
    if entry.tag is not AuditTag.LOGON_METHOD_FAILED:
        return entry.tag.value
    method = str(entry.details.get("method", ""))
    kind = "password" if "PASSWORD" in method else "passkey" if method == PASSKEY else "code"
    return f"{entry.tag.value}:{kind}"
