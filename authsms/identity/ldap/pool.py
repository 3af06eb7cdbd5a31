"""Connections that are kept, handed to one caller at a time, and moved to the next server when one fails.

A bind on a fresh TLS connection costs a handshake; on a kept one a few hundred microseconds. The number of connections
is also the bulkhead: when the directory is slow, that many threads wait for it and no more, the others are told within
`patience` that it is away and do other work.
"""

import os
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from authsms.foundation.errors import DirectoryUnavailableError
from authsms.foundation.logs import get_logger
from authsms.identity.ldap.connection import DirectoryConnection, SilentServerError, UnusableAnswerError
from authsms.identity.ldap.settings import ServerAddress

Result = TypeVar("Result")

_FIRST_HOLD_SECONDS = 0.5
_LONGEST_HOLD_SECONDS = 30.0
_REFUSED_HOLD_SECONDS = 120.0
_PROBE_WAIT_SECONDS = 0.5
_MOST_IDLE_SECONDS = 60.0
_MOST_AGE_SECONDS = 600.0
_REFUSED = "The directory refused the service account; check bind_dn and its password."
_log = get_logger(__name__)


class ServiceAccountRefusedError(DirectoryUnavailableError):
    """The server answers but does not accept the service account; asking again soon could lock it."""


@dataclass(slots=True)
class _Health:
    """What is known of one server; *failures* counts those in a row."""

    failures: int = 0
    bad_until: float = 0.0
    probe: threading.Lock = field(default_factory=threading.Lock)


class Servers:
    """The servers of one directory in order of preference, and which of them failed lately.

    A server that failed is left alone for half a second, then one, two, up to 30 seconds; after that one caller at a
    time may try it. So a dead server costs its time-out once in a while, not once per login. Shared between pools.
    """

    def __init__(self, addresses: Sequence[ServerAddress]) -> None:
        self._health = {address: _Health() for address in addresses}

    def candidates(self) -> Generator[ServerAddress, None, None]:
        """Yield the servers worth trying, best first; the caller reports each to `succeeded` or `failed`."""
        for address, health in self._health.items():
            if not health.failures:
                yield address
            elif health.bad_until <= time.monotonic() and health.probe.acquire(timeout=_PROBE_WAIT_SECONDS):
                try:
                    # Somebody else may have found out while this caller waited for his turn.
                    if not health.failures or health.bad_until <= time.monotonic():
                        yield address
                finally:
                    health.probe.release()

    def is_good(self, address: ServerAddress) -> bool:
        """Return whether the last that was heard of a server was good."""
        return not self._health[address].failures

    def succeeded(self, address: ServerAddress) -> None:
        """Note that a server answered."""
        health = self._health[address]
        if health.failures:
            health.failures = 0
            _log.info("directory.server_back", server=str(address))

    def failed(self, address: ServerAddress, error: DirectoryUnavailableError) -> None:
        """Note that a server did not answer, and leave it alone for a while."""
        health = self._health[address]
        hold = min(_FIRST_HOLD_SECONDS * 2**health.failures, _LONGEST_HOLD_SECONDS)
        if isinstance(error, ServiceAccountRefusedError):
            hold = _REFUSED_HOLD_SECONDS
        elif health.failures and time.monotonic() < health.bad_until:
            # Many callers meet one outage; it counts once.
            return
        health.failures = min(health.failures + 1, 16)
        health.bad_until = time.monotonic() + hold
        _log.warning("directory.server_failed", server=str(address), reason=str(error), seconds=hold)


class ConnectionPool:
    """Runs work on connections; see the module.

    Args:
        servers: Where to connect.
        connect: Opens a connection, bound as this pool needs it.
        size: Most connections at once.
        patience: Seconds a caller waits for one.
    """

    def __init__(
        self,
        servers: Servers,
        connect: Callable[[ServerAddress], DirectoryConnection],
        *,
        size: int,
        patience: float,
    ) -> None:
        self._servers = servers
        self._connect = connect
        self._slots = threading.BoundedSemaphore(size)
        self._patience = patience
        self._lock = threading.Lock()
        self._idle: list[DirectoryConnection] = []
        self._process = os.getpid()
        self._closed = False

    def run(self, work: Callable[[DirectoryConnection], Result]) -> Result:
        """Return what *work* returns on a connection nobody else uses meanwhile.

        When a kept connection turns out to be dead, *work* runs again on a fresh one; when a server fails, on the next.

        Raises:
            DirectoryUnavailableError: No connection was free in time, or every server failed.
        """
        with self._slot():
            connection = self._take()
            if connection is not None:
                try:
                    return self._use(connection, work)
                except UnusableAnswerError:
                    raise
                except DirectoryUnavailableError as error:
                    self._forget(connection.server)
                    if isinstance(error, SilentServerError):
                        self._servers.failed(connection.server, error)
            return self._run_fresh(work)

    def close(self) -> None:
        """Close what is idle now, and what is in use when it comes back."""
        self._closed = True
        self._forget(None)

    def _run_fresh(self, work: Callable[[DirectoryConnection], Result]) -> Result:
        last: DirectoryUnavailableError | None = None
        with closing(self._servers.candidates()) as candidates:
            for address in candidates:
                try:
                    result = self._use(self._opened(address), work)
                except UnusableAnswerError:
                    self._servers.succeeded(address)
                    raise
                except DirectoryUnavailableError as error:
                    self._servers.failed(address, error)
                    self._forget(address)
                    last = last if isinstance(last, ServiceAccountRefusedError) else error
                else:
                    self._servers.succeeded(address)
                    return result
        if isinstance(last, ServiceAccountRefusedError):
            raise ServiceAccountRefusedError(_REFUSED) from last
        raise DirectoryUnavailableError("No server of the directory answers.") from last

    def _opened(self, address: ServerAddress) -> DirectoryConnection:
        try:
            return self._connect(address)
        except UnusableAnswerError as error:
            # Nobody was asked about yet, so it is the server that is odd; the next one may be well.
            raise DirectoryUnavailableError(str(error)) from error

    def _use(self, connection: DirectoryConnection, work: Callable[[DirectoryConnection], Result]) -> Result:
        try:
            result = work(connection)
        except BaseException:
            connection.close()
            raise
        with self._lock:
            if not self._closed:
                self._idle.append(connection)
                return result
        connection.close()
        return result

    def _take(self) -> DirectoryConnection | None:
        now = time.monotonic()
        while True:
            with self._lock:
                if self._process != os.getpid():
                    # After a fork two processes would talk on one connection, each for its own people. It is dropped,
                    # not closed: that would end the other's.
                    self._process, self._idle = os.getpid(), []
                if not self._idle:
                    return None
                connection = self._idle.pop()
            young = now - connection.opened_at < _MOST_AGE_SECONDS and now - connection.used_at < _MOST_IDLE_SECONDS
            if young and self._servers.is_good(connection.server) and not connection.is_stale():
                return connection
            connection.close()

    def _forget(self, address: ServerAddress | None) -> None:
        """Close the idle connections to one server, or to all."""
        with self._lock:
            gone = [one for one in self._idle if address is None or one.server == address]
            self._idle = [one for one in self._idle if one not in gone]
        for connection in gone:
            connection.close()

    @contextmanager
    def _slot(self) -> Iterator[None]:
        if not self._slots.acquire(timeout=self._patience):
            raise DirectoryUnavailableError("The directory is slow; too many callers wait for it already.")
        try:
            yield
        finally:
            self._slots.release()
