"""A repository over LDAP: search as a service account, judge a password by a bind of its own."""

import math
import secrets
from collections.abc import Callable

from typing_extensions import override

from authsms.foundation.clock import Clock
from authsms.foundation.errors import InvalidInputError
from authsms.foundation.logs import get_logger
from authsms.identity.ldap.answers import Entry, LdapAnswer
from authsms.identity.ldap.connection import DirectoryConnection, UnusableAnswerError, VerifiedTls
from authsms.identity.ldap.groups import demand_success, member_of, search_groups
from authsms.identity.ldap.lookup import PeopleLookup
from authsms.identity.ldap.passwords import PasswordChanger
from authsms.identity.ldap.people import PersonReader
from authsms.identity.ldap.pool import ConnectionPool, Servers, ServiceAccountRefusedError
from authsms.identity.ldap.requests import ONLY_BASE, Control, Filter, Search
from authsms.identity.ldap.settings import GroupSource, LdapSettings, ServerAddress
from authsms.identity.ldap.verdicts import POLICY_CONTROL, read_verdict
from authsms.identity.names import canonical_name, is_acceptable_password
from authsms.identity.repository import Hits, PasswordChange, PasswordVerdict, Person, Repository

_SIZE_LIMIT = 2
_SIZE_LIMIT_EXCEEDED = 4
_log = get_logger(__name__)


class LdapRepository(Repository):
    """People of one directory.

    Args:
        name: Name of the repository.
        settings: Where it is and how it is read.
        password: Of the service account; ignored when `LdapSettings.bind_dn` is empty.
        clock: Tells whether an account has ended.
        default_region: Country of numbers without a country code, unless the settings name one.

    Raises:
        ConfigurationError: The file of trusted certificates is unusable.
    """

    def __init__(
        self, name: str, settings: LdapSettings, *, password: str = "", clock: Clock, default_region: str = ""
    ) -> None:
        super().__init__(name)
        self._settings = settings
        self._password = password
        self._reader = PersonReader(name, settings, clock, settings.default_region or default_region)
        self._tls = VerifiedTls(settings.ca_file, settings.certificates)
        self._by_login = Filter(settings.person_filter)
        self._lookup = PeopleLookup(settings, self._reader)
        self._by_id = Filter(f"({settings.id_attribute}={{id}})")
        self._by_member = Filter(settings.group_filter)
        anything = Filter("(objectClass=*)").fill()
        self._probe = Search(base=settings.base, filter=anything, attributes=["1.1"], scope=ONLY_BASE)
        self._attributes = self._reader.attributes()
        servers = Servers(settings.addresses())
        self._searchers = self._pool(servers, self._connect_as_service)
        self._binders = self._pool(servers, self._connect)
        self._passwords = PasswordChanger(name, settings, self._binders, self._searchers, self._judge)

    @override
    def find(self, login: str) -> Person | None:
        try:
            name = canonical_name(login)
        except InvalidInputError:
            return None
        return self._person(self._by_login.fill(login=name.encode()))

    @override
    def get(self, person_id: str) -> Person | None:
        octets = self._reader.id_octets(person_id)
        if octets is None:
            return None
        return self._person(self._by_id.fill(id=octets))

    @override
    def search(self, text: str, limit: int) -> Hits:
        return self._searchers.run(lambda connection: self._lookup.hits(connection, text, limit))

    @override
    def check_password(self, person: Person | None, password: str) -> PasswordVerdict:
        if not is_acceptable_password(password):
            return PasswordVerdict.WRONG
        if person is None:
            self._bind(self._settings.decoy_dn or f"cn={secrets.token_hex(16)},{self._settings.base}", password)
            return PasswordVerdict.WRONG
        if person.repository != self.name or not person.handle:
            raise ValueError("this person was not found in this repository")
        return self._bind(person.handle, password)

    @override
    def can_change_password(self, verdict: PasswordVerdict) -> bool:
        return self._passwords.can_change(verdict)

    @override
    def change_password(self, person: Person, old: str, new: str) -> PasswordChange:
        if not is_acceptable_password(old):
            return PasswordChange.WRONG
        if not is_acceptable_password(new):
            return PasswordChange.REFUSED
        if person.repository != self.name or not person.handle:
            raise ValueError("this person was not found in this repository")
        return self._passwords.change(person.handle, old, new)

    @override
    def ping(self) -> None:
        self._searchers.run(lambda connection: demand_success(connection.search(self._probe)))

    @override
    def close(self) -> None:
        self._searchers.close()
        self._binders.close()

    def _pool(self, servers: Servers, connect: Callable[[ServerAddress], DirectoryConnection]) -> ConnectionPool:
        return ConnectionPool(
            servers, connect, size=self._settings.connections, patience=self._settings.patience_seconds
        )

    def _connect(self, address: ServerAddress) -> DirectoryConnection:
        return DirectoryConnection(address, self._settings, self._tls)

    def _connect_as_service(self, address: ServerAddress) -> DirectoryConnection:
        connection = self._connect(address)
        answer = connection.bind(self._settings.bind_dn, self._password)
        if answer.code:
            connection.close()
            _log.error("directory.service_account_refused", repository=self.name, result_code=answer.code)
            raise ServiceAccountRefusedError(f"{address}: the service account was refused (code {answer.code})")
        return connection

    def _person(self, person_filter: bytes) -> Person | None:
        search = Search(
            base=self._settings.base,
            filter=person_filter,
            attributes=self._attributes,
            size_limit=_SIZE_LIMIT,
            time_limit_seconds=math.ceil(self._settings.receive_timeout_seconds),
        )
        entry = self._only_entry(self._searchers.run(lambda connection: connection.search(search)))
        groups = self._groups(entry)
        return self._reader.person(entry, groups) if entry else None

    def _only_entry(self, answer: LdapAnswer) -> Entry | None:
        if answer.code != _SIZE_LIMIT_EXCEEDED:
            demand_success(answer)
        if answer.code == _SIZE_LIMIT_EXCEEDED or len(answer.entries) > 1:
            _log.warning("directory.several_matches", repository=self.name, entries=[one.dn for one in answer.entries])
            return None
        return answer.entries[0] if answer.entries else None

    def _groups(self, entry: Entry | None) -> frozenset[str]:
        """Return the groups of *entry*; for None do the same work and return none."""
        settings = self._settings
        if settings.groups is GroupSource.SEARCH:
            dn = entry.dn if entry else f"cn={secrets.token_hex(16)},{settings.base}"
            login = entry.text(settings.login_attribute) if entry else secrets.token_hex(8)
            group_filter = self._by_member.fill(dn=dn.encode(), login=login.encode())
            return self._searchers.run(lambda connection: search_groups(connection, settings, group_filter))
        if settings.groups is GroupSource.MEMBER_OF and entry:
            return member_of(entry, settings)
        return frozenset()

    def _bind(self, dn: str, password: str) -> PasswordVerdict:
        return self._binders.run(lambda connection: self._judge(connection, dn, password))

    def _judge(self, connection: DirectoryConnection, dn: str, password: str) -> PasswordVerdict:
        answer = connection.bind(dn, password, [Control(POLICY_CONTROL)])
        verdict = read_verdict(answer)
        if verdict is None:
            _log.error(
                "directory.bind_not_judged", repository=self.name, result_code=answer.code, reason=answer.message
            )
            raise UnusableAnswerError(f"The directory did not judge a password (code {answer.code}).")
        return verdict
