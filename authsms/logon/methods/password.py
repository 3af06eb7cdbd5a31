"""The password: judged by the repository the person comes from, and guessed at only so often.

Directory and local passwords are two methods with two wire names. Each suits the people of its own kind of repository,
so that an event lists a chain for each and the typed name alone decides which one is taken: a name that nobody has
takes the chain of its repository, too.

A guess is charged to (person, client address) and to the client address *before* the repository is asked, and given
back when the password was right. Nothing is charged to the person alone: strangers elsewhere cannot lock anybody out.
"""

import ipaddress
from collections.abc import Mapping, Sequence
from datetime import timedelta
from hashlib import sha256
from typing import ClassVar

from sqlalchemy.orm import Session
from typing_extensions import override

from authsms.audit import AuditEntry, AuditTag, AuditTrail
from authsms.foundation.db import Database
from authsms.foundation.errors import TooManyRequestsError
from authsms.foundation.limits import Limits, Rate
from authsms.identity.local import LOCAL
from authsms.identity.repository import PasswordVerdict
from authsms.logon.machine import Asks, Failed, MessageKey, Passed, Prompt, Result
from authsms.logon.methods.base import Answer, Begin, LogonView, Method, typed_answer
from authsms.logon.subject import People

GUESSES_AT_ONE = Rate(10, timedelta(minutes=10))
GUESSES_FROM_ONE = Rate(100, timedelta(minutes=10))
REPORTS = Rate(1, timedelta(minutes=10))
_NETWORK_BITS = 64


class PasswordMethod(Method):
    """Asks the repository."""

    amr: ClassVar[tuple[str, ...]] = ("pwd",)
    refusal_takes: ClassVar[timedelta] = timedelta(milliseconds=150)

    def __init__(self, database: Database, limits: Limits, people: People, audit: AuditTrail, *, local: bool) -> None:
        self.name = "PASSWORD:1" if local else "LDAP_PASSWORD:1"
        self._database = database
        self._audit = audit
        self._limits = limits
        self._people = people
        self._local = local

    @override
    def suits(self, repository: str) -> bool:
        return (repository == LOCAL) is self._local

    @override
    def opening(self) -> Asks:
        return Asks(self.name, Prompt.PASSWORD, MessageKey.ASK_PASSWORD)

    @override
    def begin(self, logon: LogonView) -> Begin:
        return lambda _session: self.opening()

    @override
    def answer(self, logon: LogonView, response: Mapping[str, str]) -> Answer:
        subject = logon.subject
        person = subject.person
        guesses = _guesses(subject.key, logon.client.address)
        try:
            self._limits.take_all(*guesses)
        except TooManyRequestsError:
            self._report(logon, guesses)
            raise
        verdict = self._people.check_password(subject.typed, person, typed_answer(response, "password"))
        if verdict is not PasswordVerdict.RIGHT or person is None:
            return Failed(MessageKey.WRONG_PASSWORD, reason=verdict.value if person else "unknown-person")

        def pass_on(session: Session) -> Result:
            self._limits.give_back(session, *guesses)
            return Passed()

        return pass_on

    def _report(self, logon: LogonView, guesses: Sequence[tuple[str, Rate]]) -> None:
        """Record that a limit was hit; once in a while, or whoever guesses on would fill the trail."""
        try:
            self._limits.take(f"report:{guesses[-1][0]}", REPORTS)
        except TooManyRequestsError:
            return
        entry = AuditEntry(
            AuditTag.LOGON_LIMITED,
            person_key=logon.subject.audit_key,
            login=logon.subject.login,
            process_id=logon.process_id,
            event=logon.event,
            endpoint=logon.endpoint,
            address=logon.client.address,
            details={"method": self.name},
        )
        with self._database.write() as session:
            self._audit.record(session, entry)


def _guesses(subject: str, address: str) -> tuple[tuple[str, Rate], tuple[str, Rate]]:
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
