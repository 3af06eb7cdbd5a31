"""One connection to one directory server, with bounds on time, size and shape of every answer.

ldap3 opens the connection and starts TLS; all else that is sent and read is our own. A directory that drips, floods or
nests without end costs one receive time-out and one fixed amount of memory, never a thread.
"""

import select
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from ldap3 import NONE, SYNC, Connection, Server, Tls
from ldap3.core.exceptions import LDAPExceptionError, LDAPSocketOpenError, LDAPSocketReceiveError
from ldap3.strategy.sync import SyncStrategy
from typing_extensions import override

from authsms.foundation.errors import ConfigurationError, DirectoryUnavailableError
from authsms.identity.ldap.answers import Entry, LdapAnswer, OddAnswerError, check_shape, message_size
from authsms.identity.ldap.messages import (
    BIND_RESPONSE,
    EXTENDED_RESPONSE,
    MODIFY_RESPONSE,
    SEARCH_DONE,
    Message,
)
from authsms.identity.ldap.requests import (
    Control,
    Search,
    bind_octets,
    message_octets,
    new_password_octets,
    unicode_password_octets,
)
from authsms.identity.ldap.settings import LdapSettings, ServerAddress

LARGEST_ANSWER = 2 * 1024 * 1024
_CHUNK = 64 * 1024
# What ldap3 and its decoder let through when an answer is not what it seems.
_BROKEN = (LDAPExceptionError, OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError)

_MOST_MESSAGES = 2000
_BUSY = frozenset({51, 52})

Result = TypeVar("Result")


class SilentServerError(DirectoryUnavailableError):
    """A server took the question and did not answer in time."""


class UnusableAnswerError(DirectoryUnavailableError):
    """A server answered, but not with what was asked for.

    The question is at fault, or one odd entry, or the settings; another server would say the same; this one is well.
    """


class VerifiedTls(Tls):
    """TLS 1.2 or later to a server whose certificate OpenSSL has checked, name included.

    ldap3's own class checks nothing by default and sends no server name.

    Args:
        ca_file: Certificates to trust instead of the machine's own; no environment variable adds to them.
        certificates: The same as a text in PEM form; with a file as well, both are trusted.

    Raises:
        ConfigurationError: The file or the text holds no certificate.
    """

    def __init__(self, ca_file: str = "", certificates: str = "") -> None:
        super().__init__(validate=ssl.CERT_REQUIRED)
        try:
            self._context = ssl.create_default_context(cafile=ca_file or None, cadata=certificates or None)
        except (ssl.SSLError, OSError, ValueError, TypeError) as error:
            source = f"ca_file {ca_file}" if ca_file else "certificates"
            raise ConfigurationError(f"{source} holds no certificate in PEM form.") from error
        self._context.minimum_version = ssl.TLSVersion.TLSv1_2

    @property
    def context(self) -> ssl.SSLContext:
        """What checks certificates."""
        return self._context

    @override
    def wrap_socket(self, connection: Any, do_handshake: bool = True) -> None:
        connection.socket = self._context.wrap_socket(
            connection.socket, server_hostname=connection.server.host, do_handshake_on_connect=True
        )


class _BoundedStrategy(SyncStrategy):
    """Sends and receives within a deadline and a number of bytes, set by `allow` before each operation."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._ends_at = 0.0
        self._left = self._messages_left = 0

    def allow(self, seconds: float) -> None:
        """Start the clock of the next operation."""
        self._ends_at = time.monotonic() + seconds
        self._left = LARGEST_ANSWER
        self._messages_left = _MOST_MESSAGES

    def submit(self, operation: bytes, controls: Sequence[Control]) -> int:
        """Send *operation* and return the number its answer will carry."""
        raw = self.connection
        message_id: int = raw.server.next_message_id()
        raw.socket.settimeout(self._remaining())
        raw.socket.sendall(message_octets(message_id, operation, controls))
        return message_id

    def _open_socket(self, address: Any, use_ssl: bool = False, **_unused: Any) -> None:
        raw = self.connection
        raw.socket = socket.socket(*address[:3])
        try:
            raw.socket.settimeout(self._remaining())
            raw.socket.connect(address[4])
            raw.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            raw.socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            raw.socket.settimeout(self._remaining())
            if use_ssl:
                raw.server.tls.wrap_socket(raw, do_handshake=True)
        except OSError as error:
            raw.socket.close()
            raise LDAPSocketOpenError(str(error)) from error
        raw.closed = False

    @override
    def receiving(self) -> list[bytes]:  # type: ignore[override]  # the stub of the base class is wrong
        # Asked for by ldap3, which decodes the answer to its request to start TLS.
        messages = self.receive()
        for message in messages:
            check_shape(message)
        return messages

    def receive(self) -> list[bytes]:
        """Return the next messages, one at least, and all that came with it."""
        buffer, messages = bytearray(), list[bytes]()
        while True:
            self.connection.socket.settimeout(self._remaining())
            chunk = self.connection.socket.recv(_CHUNK)
            self._left -= len(chunk)
            if not chunk:
                raise LDAPSocketReceiveError("the server closed the connection")
            if self._left < 0 or self._messages_left < 0:
                raise OddAnswerError("the answer is too large")
            buffer += chunk
            while (size := message_size(buffer)) is not None and size <= len(buffer):
                self._messages_left -= 1
                messages.append(bytes(buffer[:size]))
                del buffer[:size]
            if not buffer:
                return messages

    def _remaining(self) -> float:
        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise TimeoutError("the server did not answer in time")
        return left


class _BoundedConnection(Connection):
    """ldap3's connection over `_BoundedStrategy`."""

    def __init__(self, server: Server) -> None:
        super().__init__(
            server,
            client_strategy=SYNC,
            auto_referrals=False,
            auto_range=False,
            auto_escape=False,
            check_names=False,
            return_empty_attributes=False,
            receive_timeout=None,
        )
        self.strategy: _BoundedStrategy = _BoundedStrategy(self)
        for name in ("send", "open", "get_response", "post_send_single_response", "post_send_search"):
            setattr(self, name, getattr(self.strategy, name))


class DirectoryConnection:
    """A connection to one server; for one thread at a time.

    Every method raises `DirectoryUnavailableError` when the server does not answer properly and in time; the connection
    is closed then.
    """

    def __init__(self, server: ServerAddress, settings: LdapSettings, tls: VerifiedTls) -> None:
        self.server = server
        self.opened_at = self.used_at = time.monotonic()
        self._receive_seconds = settings.receive_timeout_seconds
        # A Server of its own: ldap3 keeps the address in use in it, and threads would read each other's.
        self._raw = _BoundedConnection(
            Server(server.host, server.port, use_ssl=server.tls_at_once, tls=tls, get_info=NONE)
        )
        self._guard(lambda: self._open(settings))

    def bind(self, dn: str, password: str, controls: Sequence[Control] = ()) -> LdapAnswer:
        """Ask the server whether *password* belongs to *dn*; both empty make the connection anonymous."""
        return self._guard(lambda: self._ask(bind_octets(dn, password), controls, BIND_RESPONSE))

    def search(self, search: Search) -> LdapAnswer:
        """Return the entries that match; references to other servers are left out."""
        return self._guard(lambda: self._ask(search.octets(), search.controls(), SEARCH_DONE))

    def change_own_password(self, old: str, new: str, controls: Sequence[Control] = ()) -> LdapAnswer:
        """Change the password of whoever is bound, by an extended operation."""
        return self._guard(lambda: self._ask(new_password_octets(old, new), controls, EXTENDED_RESPONSE))

    def change_unicode_password(self, dn: str, old: str, new: str) -> LdapAnswer:
        """Change the password of *dn* as Active Directory wants it."""
        return self._guard(lambda: self._ask(unicode_password_octets(dn, old, new), (), MODIFY_RESPONSE))

    def is_stale(self) -> bool:
        """Return whether the server has closed this idle connection, or said something nobody asked for."""
        if self._raw.closed:
            return True
        poll = select.poll()
        poll.register(self._raw.socket, select.POLLIN | select.POLLHUP | select.POLLERR)
        return bool(poll.poll(0))

    def close(self) -> None:
        """Close the connection; harmless when it is closed already."""
        self._raw.strategy.close()

    def _guard(self, work: Callable[[], Result]) -> Result:
        self._raw.strategy.allow(self._receive_seconds)
        try:
            result = work()
        except TimeoutError as error:
            self.close()
            raise SilentServerError(f"{self.server}: no answer in time") from error
        except OddAnswerError as error:
            self.close()
            raise UnusableAnswerError(f"{self.server}: {error}") from error
        except _BROKEN as error:
            self.close()
            raise DirectoryUnavailableError(f"{self.server}: {error}") from error
        self.used_at = time.monotonic()
        return result

    def _open(self, settings: LdapSettings) -> None:
        self._raw.strategy.allow(settings.connect_timeout_seconds)
        self._raw.open(read_server_info=False)
        if settings.start_tls and not self.server.tls_at_once and not self._raw.start_tls(read_server_info=False):
            raise LDAPSocketOpenError("the server refused to start TLS")

    def _ask(self, operation: bytes, controls: Sequence[Control], kind: int) -> LdapAnswer:
        strategy = self._raw.strategy
        number, entries = strategy.submit(operation, controls), list[Entry]()
        while True:
            messages = [Message(octets) for octets in strategy.receive()]
            if any(message.id != number for message in messages) or any(one.is_last for one in messages[:-1]):
                raise LDAPSocketReceiveError("the server said what nobody had asked for")
            for message in messages:
                entries += message.entries()
            if messages[-1].is_last:
                return _told(messages[-1], kind, entries)


def _told(last: Message, kind: int, entries: list[Entry]) -> LdapAnswer:
    if last.kind != kind:
        raise LDAPSocketReceiveError("the server answered another question")
    answer = last.answer(entries)
    if answer.code in _BUSY:
        raise LDAPSocketReceiveError("the server is busy or going down")
    return answer
