"""Connections that go only where they may, resolved once.

The name of a provider is resolved once, every address of it is judged, and the connection goes to a judged address:
a second look-up, which a hostile name server could answer differently, does not happen. Host header, SNI and
certificate check keep the name. A connection carries one request at a time and is kept for the next one.
"""

import ipaddress
import select
import socket
import ssl
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from authsms.senders.addresses import Address, AllowList, Destination
from authsms.senders.answers import Answer
from authsms.senders.deadline import Journey

Lookup: TypeAlias = Callable[[str, int], Sequence[str]]
"""Returns the addresses of a host as text; raises OSError when there are none."""

_LOOKUPS_AT_ONCE = 8
_SHORTEST_TRY = 0.2
_SOMEWHERE = ipaddress.ip_address("1.1.1.1")  # stands for any public address


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request goes: ``http`` or ``https``, a name or an address without brackets, and a port."""

    scheme: str
    host: str
    port: int


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

    def dial(self, place: Place, journey: Journey) -> socket.socket:
        """Return a socket connected to *place*.

        Raises:
            AddressRefusedError: One of its addresses may not be called.
            LookupFailedError: It has no address, or the name servers are silent.
            OSError: None of its addresses answers in time.
        """
        addresses = self._resolve(place, journey)
        if not self._permits(place, addresses):
            raise AddressRefusedError(place.host)
        return self._connect(addresses, place.port, journey)

    def permits(self, place: Place, journey: Journey) -> bool:
        """Return whether a connection to *place* may be opened, as far as can be told at present.

        A name that cannot be resolved now is judged again, like every other, when it is called.
        """
        try:
            addresses = self._resolve(place, journey)
        except LookupFailedError:
            addresses = [_SOMEWHERE]
        return self._permits(place, addresses)

    def _permits(self, place: Place, addresses: Sequence[Address]) -> bool:
        return all(
            self._allowed.permits(Destination(place.scheme, place.host, place.port, address)) for address in addresses
        )

    @staticmethod
    def _connect(addresses: Sequence[Address], port: int, journey: Journey) -> socket.socket:
        problem = OSError("no time left")
        for left, address in zip(range(len(addresses), 0, -1), addresses, strict=True):
            wait = journey.connect_seconds_left / left
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

    def _resolve(self, place: Place, journey: Journey) -> list[Address]:
        """Resolve within the time left; a look-up that hangs is left behind in its own thread."""
        if not self._slots.acquire(timeout=journey.connect_seconds_left):
            raise LookupFailedError(place.host)
        found: list[str] = []
        is_done = threading.Event()

        def look() -> None:
            try:
                found.extend(self._lookup(place.host, place.port))
            except (OSError, UnicodeError):
                found.clear()
            finally:
                self._slots.release()
                is_done.set()

        threading.Thread(target=look, name="provider-lookup", daemon=True).start()
        if not is_done.wait(journey.connect_seconds_left) or not found:
            raise LookupFailedError(place.host)
        return [ipaddress.ip_address(text) for text in dict.fromkeys(found)]


class Line:
    """One connection.

    The lever is a second descriptor of it. Shutting that down ends the connection whatever state TLS is in, without
    touching an object another thread is reading from.

    Attributes:
        place: Where it leads.
        waits_since: When it was put back, on the monotonic clock.
    """

    def __init__(self, place: Place, connection: socket.socket) -> None:
        self.place = place
        self.waits_since = 0.0
        self._connection = connection
        self._lever = connection.dup()

    def prepare(self, journey: Journey, trust: ssl.SSLContext | None) -> None:
        """Shake hands where there is *trust*; from then on only journeys limit how long things take.

        Raises:
            OSError: The other side does not, or not in time, or is not who it should be (`ssl.SSLError`).
        """
        journey.hold(self._lever)
        if trust is not None:
            self._connection = trust.wrap_socket(self._connection, server_hostname=self.place.host)
        self._connection.settimeout(None)

    def is_usable(self) -> bool:
        """Tell whether it still stands; who has nothing to answer has nothing to say but good-bye."""
        if isinstance(self._connection, ssl.SSLSocket) and self._connection.pending():
            return False
        poll = select.poll()
        poll.register(self._connection, select.POLLIN)
        return not poll.poll(0)

    def ask(self, journey: Journey, method: str, request: bytes) -> Answer:
        """Send *request* and return the answer, of which only the head has been read.

        Raises:
            TooLateError: Nothing was sent.
            OSError: The connection broke, or was shut down because time ran out.
            HTTPException: What came is no valid HTTP.
        """
        journey.hold(self._lever)
        if not journey.depart():
            raise TooLateError
        self._connection.sendall(request)
        answer = Answer(self._connection, method)
        answer.begin()
        return answer

    def close(self) -> None:
        """End it; no journey may hold it any more."""
        self._connection.close()
        self._lever.close()


class Lines:
    """The connections of one sender service that wait for their next request.

    Args:
        dialer: Opens new ones.
        trust: Returns what certificates are checked against.
        most: How many are kept.
        idle_seconds: How long.
    """

    def __init__(self, dialer: Dialer, trust: Callable[[], ssl.SSLContext], most: int, *, idle_seconds: float) -> None:
        self._dialer = dialer
        self._trust = trust
        self._most = most
        self._idle_seconds = idle_seconds
        self._idle: list[Line] = []
        self._lock = threading.Lock()
        weakref.finalize(self, _close_all, self._idle)  # somebody may forget to close a service

    def take(self, place: Place, journey: Journey) -> Line:
        """Return a connection that is the caller's alone, the one used last if one waits.

        Raises:
            AddressRefusedError: As `Dialer.dial`, as all that follow.
            LookupFailedError: See there.
            OSError: It cannot be opened, or not in time, or leads to somebody else (`ssl.SSLError`).
        """
        while (line := self._waiting(place)) is not None:
            if line.is_usable():
                return line
            line.close()
        line = Line(place, self._dialer.dial(place, journey))
        try:
            line.prepare(journey, self._trust() if place.scheme == "https" else None)
        except BaseException:
            journey.arrive()
            line.close()
            raise
        return line

    def put_back(self, line: Line) -> None:
        """Keep *line* for the next request."""
        with self._lock:
            line.waits_since = time.monotonic()
            self._idle.append(line)
            oldest = self._idle.pop(0) if len(self._idle) > self._most else None
        if oldest is not None:
            oldest.close()

    def close(self) -> None:
        """Close those that wait, and keep none from now on."""
        with self._lock:
            self._most = 0
            _close_all(self._idle)

    def _waiting(self, place: Place) -> Line | None:
        """Return the one used last that leads to *place*, and close all that have waited for too long."""
        forgotten: list[Line] = []
        found = None
        with self._lock:
            oldest = time.monotonic() - self._idle_seconds
            while self._idle and self._idle[0].waits_since < oldest:
                forgotten.append(self._idle.pop(0))
            for index in range(len(self._idle) - 1, -1, -1):
                if self._idle[index].place == place:
                    found = self._idle.pop(index)
                    break
        _close_all(forgotten)
        return found


def _close_all(lines: list[Line]) -> None:
    while lines:
        lines.pop().close()
