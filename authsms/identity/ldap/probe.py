"""Tries a directory step by step and tells what happened at each, in words an administrator can act on.

Every server of the settings is tried at the same time in a thread of its own, and the whole ends after `LONGEST`
whatever a server, a name server or a thread does: what has not ended by then is told as too slow. The service account's
password only goes to a server whose certificate was accepted, or where the settings allow plain text.
"""

import math
import socket
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

from authsms.foundation.clock import Clock
from authsms.foundation.errors import DirectoryUnavailableError
from authsms.foundation.phone import mask
from authsms.identity.ldap.connection import DirectoryConnection, SilentServerError, VerifiedTls
from authsms.identity.ldap.findings import Finding, ServerReport, Step, StepName
from authsms.identity.ldap.groups import demand_success, member_of, search_groups
from authsms.identity.ldap.handshake import CertificateFacts, HandshakeProblem, try_handshake
from authsms.identity.ldap.people import PersonReader
from authsms.identity.ldap.requests import ONLY_BASE, Filter, Search
from authsms.identity.ldap.settings import GroupSource, LdapSettings, ServerAddress

LONGEST: Final = 9.0
_STEP_SECONDS: Final = 2.5
_NO_SUCH_OBJECT: Final = 32
_INVALID_CREDENTIALS: Final = 49
_SIZE_LIMIT_EXCEEDED: Final = 4
_LONGEST_WORD: Final = 200


class _StepFailedError(Exception):
    """A step ended the test of its server."""

    def __init__(self, finding: Finding, **facts: str) -> None:
        super().__init__(finding.value)
        self.finding = finding
        self.facts = {name: value[:_LONGEST_WORD] for name, value in facts.items()}


_Told = tuple[Finding, dict[str, str]]


def probe(
    settings: LdapSettings, password: str, clock: Clock, *, login: str = "", default_region: str = ""
) -> Sequence[ServerReport]:
    """Return what each server of *settings* says, within `LONGEST` seconds.

    Args:
        settings: Where the directory is and how it is read.
        password: Of the service account.
        clock: Tells whether an account has ended.
        login: Who is looked up as a sample; empty takes anybody the filter finds.
        default_region: Country of numbers without a country code, unless the settings name one.

    Raises:
        ConfigurationError: The file of trusted certificates is unusable.
    """
    bounded = settings.model_copy(
        update={
            "connect_timeout_seconds": min(settings.connect_timeout_seconds, _STEP_SECONDS),
            "receive_timeout_seconds": min(settings.receive_timeout_seconds, _STEP_SECONDS),
        }
    )
    tls = VerifiedTls(settings.ca_file, settings.certificates)
    reader = PersonReader("test", bounded, clock, settings.default_region or default_region)
    walks = [_Walk(address, bounded, tls, reader, password, login) for address in settings.addresses()]
    for walk in walks:
        # Daemons: a name server that never answers must not keep the process from ending.
        threading.Thread(target=walk.run, daemon=True, name="directory-probe").start()
    ends_at = time.monotonic() + LONGEST
    for walk in walks:
        walk.finished.wait(max(0.0, ends_at - time.monotonic()))
    return [walk.report() for walk in walks]


class _Walk:
    """The test of one server."""

    def __init__(
        self,
        address: ServerAddress,
        settings: LdapSettings,
        tls: VerifiedTls,
        reader: PersonReader,
        password: str,
        login: str,
    ) -> None:
        self.finished = threading.Event()
        self._address = address
        self._settings = settings
        self._tls = tls
        self._reader = reader
        self._password = password
        self._login = login
        self._steps: list[Step] = []
        self._current = (StepName.RESOLVE, time.monotonic())
        self._connection: DirectoryConnection | None = None

    def run(self) -> None:
        """Take the steps until one fails."""
        steps: dict[StepName, Callable[[], _Told]] = {
            StepName.RESOLVE: self._resolve,
            StepName.CONNECT: self._connect,
            StepName.TLS: self._tls_step,
            StepName.BIND: self._bind,
            StepName.SEARCH: self._search,
            StepName.PERSON: self._person,
        }
        try:
            for name, take in steps.items():
                self._current = (name, time.monotonic())
                step = self._taken(name, take)
                self._steps.append(step)
                if step.is_bad:
                    break
        finally:
            if self._connection is not None:
                self._connection.close()
            self.finished.set()

    def report(self) -> ServerReport:
        """Return the steps so far; one that is still under way was too slow."""
        steps = list(self._steps)
        if not self.finished.is_set():
            name, began = self._current
            steps.append(Step(name, Finding.TOO_SLOW, time.monotonic() - began))
        return ServerReport(str(self._address), steps)

    def _taken(self, name: StepName, take: Callable[[], _Told]) -> Step:
        began = time.monotonic()
        try:
            finding, facts = take()
        except _StepFailedError as error:
            finding, facts = error.finding, error.facts
        except (SilentServerError, TimeoutError):
            finding, facts = Finding.TOO_SLOW, {}
        except DirectoryUnavailableError as error:
            finding = Finding.PERSON_UNUSABLE if name is StepName.PERSON else Finding.SEARCH_REFUSED
            facts = {"reason": str(error)[:_LONGEST_WORD]}
        return Step(name, finding, time.monotonic() - began, facts)

    def _resolve(self) -> _Told:
        """Look the name up; that knows no time-out, so it gets a thread that is left behind when it takes too long."""
        found: list[str] = []
        problems: list[OSError | UnicodeError] = []

        def ask() -> None:
            try:
                answers = socket.getaddrinfo(self._address.host, self._address.port, type=socket.SOCK_STREAM)
                found.extend(dict.fromkeys(str(answer[4][0]) for answer in answers))
            except (OSError, UnicodeError) as error:
                problems.append(error)

        asking = threading.Thread(target=ask, daemon=True, name="directory-probe-name")
        asking.start()
        asking.join(_STEP_SECONDS)
        if problems:
            raise _StepFailedError(Finding.NO_SUCH_NAME, host=self._address.host)
        if not found:
            raise _StepFailedError(Finding.TOO_SLOW)
        return Finding.RESOLVED, {"addresses": ", ".join(found[:4])}

    def _connect(self) -> _Told:
        place = (self._address.host, self._address.port)
        try:
            socket.create_connection(place, timeout=self._settings.connect_timeout_seconds).close()
        except ConnectionRefusedError as error:
            raise _StepFailedError(Finding.REFUSED, port=str(self._address.port)) from error
        except TimeoutError:
            raise
        except OSError as error:
            raise _StepFailedError(Finding.UNREACHABLE, reason=error.strerror or type(error).__name__) from error
        return Finding.CONNECTED, {"port": str(self._address.port)}

    def _tls_step(self) -> _Told:
        if not self._address.tls_at_once and not self._settings.start_tls:
            return Finding.PLAIN, {}
        handshake = try_handshake(self._address, self._settings, self._tls)
        facts = _certificate_facts(handshake.certificate)
        if handshake.problem is not None:
            raise _StepFailedError(_TLS_FINDINGS[handshake.problem], reason=handshake.reason, **facts)
        return Finding.TLS_ACCEPTED, {"version": handshake.version, **facts}

    def _bind(self) -> _Told:
        try:
            self._connection = DirectoryConnection(self._address, self._settings, self._tls)
            answer = self._connection.bind(self._settings.bind_dn, self._password)
        except SilentServerError:
            raise
        except DirectoryUnavailableError as error:
            raise _StepFailedError(Finding.BIND_REFUSED, reason=str(error)) from error
        if answer.code == _INVALID_CREDENTIALS:
            raise _StepFailedError(Finding.WRONG_PASSWORD, dn=self._settings.bind_dn)
        if answer.code:
            raise _StepFailedError(Finding.BIND_REFUSED, reason=f"{answer.code} {answer.message}".strip())
        if not self._settings.bind_dn:
            return Finding.BOUND_NAMELESS, {}
        return Finding.BOUND, {"dn": self._settings.bind_dn[:_LONGEST_WORD]}

    def _search(self) -> _Told:
        anything = Filter("(objectClass=*)").fill()
        base = self._settings.base
        answer = self._open().search(Search(base=base, filter=anything, attributes=["1.1"], scope=ONLY_BASE))
        if answer.code == _NO_SUCH_OBJECT or (not answer.code and not answer.entries):
            raise _StepFailedError(Finding.BASE_MISSING, base=base)
        demand_success(answer)
        return Finding.BASE_FOUND, {"base": base[:_LONGEST_WORD]}

    def _person(self) -> _Told:
        answer = self._open().search(
            Search(
                base=self._settings.base,
                filter=self._sample_filter(),
                attributes=self._reader.attributes(),
                size_limit=2,
                time_limit_seconds=math.ceil(self._settings.receive_timeout_seconds),
            )
        )
        if answer.code != _SIZE_LIMIT_EXCEEDED:
            demand_success(answer)
        if not answer.entries:
            return Finding.PERSON_NONE, {"login": self._login}
        if self._login and (len(answer.entries) > 1 or answer.code == _SIZE_LIMIT_EXCEEDED):
            raise _StepFailedError(Finding.PERSON_SEVERAL, login=self._login)
        entry = answer.entries[0]
        groups: frozenset[str] = frozenset()
        if self._settings.groups is GroupSource.SEARCH:
            login = entry.text(self._settings.login_attribute).encode()
            by_member = Filter(self._settings.group_filter).fill(dn=entry.dn.encode(), login=login)
            groups = search_groups(self._open(), self._settings, by_member)
        elif self._settings.groups is GroupSource.MEMBER_OF:
            groups = member_of(entry, self._settings)
        person = self._reader.person(entry, groups)
        facts = {
            "login": person.login,
            "name": person.display_name,
            "groups": ", ".join(sorted(groups)[:10]),
            "attributes": ", ".join(self._settings.phone_attributes),
        }
        if not person.phones:
            return Finding.PERSON_WITHOUT_NUMBER, facts
        return Finding.PERSON_FOUND, {**facts, "phone": mask(person.phones[0])}

    def _sample_filter(self) -> bytes:
        if self._login:
            return Filter(self._settings.person_filter).fill(login=self._login.encode())
        try:
            return Filter(self._settings.person_filter.replace("{login}", "*")).fill()
        except ValueError:
            return Filter(f"({self._settings.login_attribute}=*)").fill()

    def _open(self) -> DirectoryConnection:
        if self._connection is None:
            raise DirectoryUnavailableError("The connection was not opened.")
        return self._connection


_TLS_FINDINGS: Final = {
    HandshakeProblem.EXPIRED: Finding.TLS_EXPIRED,
    HandshakeProblem.OTHER_NAME: Finding.TLS_OTHER_NAME,
    HandshakeProblem.UNTRUSTED: Finding.TLS_UNTRUSTED,
    HandshakeProblem.FAILED: Finding.TLS_FAILED,
}


def _certificate_facts(certificate: CertificateFacts | None) -> dict[str, str]:
    if certificate is None:
        return {}
    return {
        "names": ", ".join(certificate.names[:8])[:_LONGEST_WORD],
        "expires": certificate.expires_at.date().isoformat(),
        "issuer": certificate.issuer[:_LONGEST_WORD],
    }
