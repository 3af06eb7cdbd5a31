"""Connections that go only where they may, resolved once.

The name of a provider is resolved once, every address of it is judged, and the connection goes to a judged address:
a second look-up, which a hostile name server could answer differently, does not happen. Host header, SNI and
certificate check keep the name.
"""

import contextlib
import ipaddress
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

from typing_extensions import override
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection

from authsms.senders.addresses import Address, AllowList, Destination
from authsms.senders.deadline import Journey

Lookup: TypeAlias = Callable[[str, int], Sequence[str]]
"""Returns the addresses of a host as text; raises OSError when there are none."""

_LOOKUPS_AT_ONCE = 8
_SHORTEST_TRY = 0.2
_SOMEWHERE = ipaddress.ip_address("1.1.1.1")  # stands for any public address


class AddressRefusedError(Exception):
    """The guard does not let a connection go there."""


class LookupFailedError(Exception):
    """The name could not be resolved in time."""


class TooLateError(Exception):
    """Time ran out before anything was sent."""


def system_lookup(host: str, port: int) -> Sequence[str]:
    """Ask the operating system for the addresses of *host*."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


class Dialer:
    """Opens sockets to judged addresses.

    Args:
        allowed: What may be called beyond https on the public internet.
        lookup: How names are resolved.
    """

    def __init__(self, allowed: AllowList, lookup: Lookup = system_lookup) -> None:
        self._allowed = allowed
        self._lookup = lookup
        self._slots = threading.BoundedSemaphore(_LOOKUPS_AT_ONCE)
        self._current = threading.local()

    @contextlib.contextmanager
    def on(self, journey: Journey) -> Iterator[None]:
        """Let connections of this thread belong to *journey* while the block runs."""
        self._current.journey = journey
        try:
            yield
        finally:
            self._current.journey = None

    @property
    def journey(self) -> Journey:
        """The journey of this thread."""
        journey = self._current.journey
        if not isinstance(journey, Journey):
            raise TypeError("a guarded connection is used outside a journey")
        return journey

    def drop(self, lever: socket.socket) -> None:
        """Close a lever, or leave that to the journey of this thread, which may still need it."""
        journey = getattr(self._current, "journey", None)
        if journey is None or not journey.inherit(lever):
            lever.close()

    def dial(self, scheme: str, host: str, port: int) -> socket.socket:
        """Return a socket connected to *host*.

        Raises:
            AddressRefusedError: One of its addresses may not be called.
            LookupFailedError: It has no address, or the name servers are silent.
            OSError: None of its addresses answers in time.
        """
        addresses = self._resolve(host, port)
        for address in addresses:
            if not self._allowed.permits(Destination(scheme, host, port, address)):
                raise AddressRefusedError(host)
        return self._connect(addresses, port)

    def permits(self, scheme: str, host: str, port: int) -> bool:
        """Return whether a connection to *host* may be opened, as far as can be told at present.

        A name that cannot be resolved now is judged again, like every other, when it is called.
        """
        try:
            addresses = self._resolve(host, port)
        except LookupFailedError:
            addresses = [_SOMEWHERE]
        return all(self._allowed.permits(Destination(scheme, host, port, address)) for address in addresses)

    def _connect(self, addresses: Sequence[Address], port: int) -> socket.socket:
        problem = OSError("no time left")
        for left, address in zip(range(len(addresses), 0, -1), addresses, strict=True):
            wait = self.journey.connect_seconds_left / left
            if wait < _SHORTEST_TRY / left:
                break
            try:
                connection = socket.create_connection((str(address), port), timeout=wait)
            except OSError as error:
                problem = error
            else:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return connection
        raise problem

    def _resolve(self, host: str, port: int) -> list[Address]:
        """Resolve within the time left; a look-up that hangs is left behind in its own thread."""
        journey = self.journey
        if not self._slots.acquire(timeout=journey.connect_seconds_left):
            raise LookupFailedError(host)
        found: list[str] = []
        is_done = threading.Event()

        def look() -> None:
            try:
                found.extend(self._lookup(host, port))
            except (OSError, UnicodeError):
                found.clear()
            finally:
                self._slots.release()
                is_done.set()

        threading.Thread(target=look, name="provider-lookup", daemon=True).start()
        if not is_done.wait(journey.connect_seconds_left) or not found:
            raise LookupFailedError(host)
        return [ipaddress.ip_address(text) for text in dict.fromkeys(found)]


class _Guarded(HTTPConnection):
    """What both kinds of connection share: dialling, and telling the journey what happens.

    The lever is a second descriptor of the same connection. Shutting it down ends the connection whatever state
    TLS is in, without touching an object another thread is reading from.
    """

    scheme = "http"

    def __init__(self, *args: Any, dialer: Dialer, **kwargs: Any) -> None:
        self._dialer = dialer
        self._lever: socket.socket | None = None
        super().__init__(*args, **kwargs)

    @override
    def _new_conn(self) -> socket.socket:
        connection = self._dialer.dial(self.scheme, self._dns_host, self.port)
        self._lever = connection.dup()
        self._dialer.journey.hold(self._lever)
        return connection

    @override
    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        if self._lever is not None:
            self._dialer.journey.hold(self._lever)
        if not self._dialer.journey.depart():
            raise TooLateError
        super().send(data)

    @override
    def close(self) -> None:
        try:
            super().close()
        finally:
            lever, self._lever = self._lever, None
            if lever is not None:
                self._dialer.drop(lever)


class _GuardedTls(_Guarded, HTTPSConnection):
    scheme = "https"


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Guarded


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _GuardedTls


class GuardedPools(PoolManager):
    """Connection pools whose connections are opened by a `Dialer`."""

    def __init__(self, dialer: Dialer, **kwargs: Any) -> None:
        self._dialer = dialer
        super().__init__(**kwargs)
        self.pool_classes_by_scheme = {"http": _PlainPool, "https": _TlsPool}

    @override
    def _new_pool(
        self, scheme: str, host: str, port: int, request_context: dict[str, Any] | None = None
    ) -> HTTPConnectionPool:
        pool = super()._new_pool(scheme, host, port, request_context)
        pool.conn_kw["dialer"] = self._dialer
        return pool
