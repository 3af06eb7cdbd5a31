"""How often a password may be guessed at, through whichever door or page.

A guess is charged to (person, client address) and to the client address *before* the repository is asked, and given
back when the password was right. Nothing is charged to the person alone: strangers elsewhere cannot lock anybody out.
"""

import ipaddress
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from typing import TypeAlias

from sqlalchemy.orm import Session

from authsms.audit import AuditEntry, AuditTrail
from authsms.foundation.db import Database
from authsms.foundation.errors import TooManyRequestsError
from authsms.foundation.limits import Limits, Rate

GUESSES_AT_ONE = Rate(10, timedelta(minutes=10))
GUESSES_FROM_ONE = Rate(100, timedelta(minutes=10))
REPORTS = Rate(1, timedelta(minutes=10))
_NETWORK_BITS = 64

Charge: TypeAlias = tuple[tuple[str, Rate], ...]
"""What a guess was charged to."""


class Guesses:
    """Charges guesses; safe to share between threads."""

    def __init__(self, database: Database, limits: Limits, audit: AuditTrail) -> None:
        self._database = database
        self._limits = limits
        self._audit = audit

    def charge(self, subject: str, address: str, limited: Callable[[], AuditEntry]) -> Charge:
        """Charge a guess before it is judged.

        Args:
            subject: Key of whoever's password it may be.
            address: Where the guess comes from.
            limited: Makes the record that a limit was hit.

        Raises:
            TooManyRequestsError: The guess must not be judged.
        """
        charged = _guesses(subject, address)
        try:
            self._limits.take_all(*charged)
        except TooManyRequestsError:
            self._report(charged, limited)
            raise
        return charged

    def give_back(self, session: Session, charged: Charge) -> None:
        """Take back what a guess was charged that turned out to be right."""
        self._limits.give_back(session, *charged)

    def _report(self, charged: Charge, limited: Callable[[], AuditEntry]) -> None:
        """Record that a limit was hit; once in a while, or whoever guesses on would fill the trail."""
        try:
            self._limits.take(f"report:{charged[-1][0]}", REPORTS)
        except TooManyRequestsError:
            return
        with self._database.write() as session:
            self._audit.record(session, limited())


def _guesses(subject: str, address: str) -> Charge:
    source = _source(address)
    return (
        (f"password:address:{source}", GUESSES_FROM_ONE),
        (f"password:person:{source}:{sha256(subject.encode()).hexdigest()}", GUESSES_AT_ONE),
    )


def _source(address: str) -> str:
    """Return what counts as one client: an IPv4 address, or the network an IPv6 host chooses its addresses from."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if parsed.version == 4:  # noqa: PLR2004 - the version of the protocol
        return str(parsed)
    if mapped := parsed.ipv4_mapped:
        return str(mapped)
    return str(ipaddress.ip_network((parsed, _NETWORK_BITS), strict=False).network_address)
