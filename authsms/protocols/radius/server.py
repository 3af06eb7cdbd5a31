"""Listens for requests: one thread takes them from the sockets, a fixed number of others answers them.

What need not be thought about is settled by the first: strangers, packets that are broken or not signed, repetitions.
The line to the others is bounded; when it is full a request is dropped, and the device repeats it. A request that has
stood in line for longer than devices wait is dropped, too: its answer would reach nobody, and its text would cost.
"""

import ipaddress
import queue
import selectors
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from authsms.foundation.errors import AuthsmsError, ConfigurationError, UnavailableError
from authsms.foundation.glance import Glance
from authsms.foundation.logs import get_logger
from authsms.foundation.metrics import RADIUS
from authsms.foundation.sections import RadiusSettings
from authsms.logon.radius_profile import KnownClient
from authsms.protocols.radius.door import RadiusDoor
from authsms.protocols.radius.duplicates import Duplicates, RequestKey
from authsms.protocols.radius.packets import LARGEST, Drop, Request, read_request, write_reply

_LOOK_SECONDS: Final = 0.2
_MOST_WAITING_PER_THREAD: Final = 8
_STALE_SECONDS: Final = 8.0
_TELL_SECONDS: Final = 60.0
_MOST_TOLD: Final = 20
_MOST_AT_ONCE: Final = 64
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Task:
    """A request to answer, and where the answer goes."""

    request: Request
    known: KnownClient
    key: RequestKey
    listener: socket.socket
    peer: tuple[object, ...]
    arrived: float


class RadiusServer:
    """Answers RADIUS requests until it is told to stop.

    Args:
        door: Answers a request.
        clients: Returns who may ask, the most specific network first; asked at most once a second.
        settings: Where to listen, and with how many threads.

    Raises:
        ConfigurationError: Nothing can listen there; the text says why.
    """

    def __init__(
        self, door: RadiusDoor, clients: Callable[[], Sequence[KnownClient]], settings: RadiusSettings
    ) -> None:
        self._door = door
        self._clients = Glance(clients)
        self._duplicates = Duplicates()
        self._tasks: queue.Queue[_Task | None] = queue.Queue(settings.threads * _MOST_WAITING_PER_THREAD)
        self._threads = [
            threading.Thread(target=self._work, name=f"radius-{number}") for number in range(settings.threads)
        ]
        self._window = 0
        self._told: set[tuple[str, str]] = set()
        self._listeners = _listen(settings.host, settings.port)
        self.port: int = self._listeners[0].getsockname()[1]

    def run(self, stop: threading.Event) -> None:
        """Answer until *stop* is set; requests under way are finished first."""
        self._warn()
        for thread in self._threads:
            thread.start()
        with selectors.DefaultSelector() as selector:
            for listener in self._listeners:
                selector.register(listener, selectors.EVENT_READ)
            while not stop.is_set():
                for ready, _ in selector.select(_LOOK_SECONDS):
                    self._receive(ready.fileobj)  # type: ignore[arg-type]  # only sockets are registered
        for _ in self._threads:
            self._tasks.put(None)
        for thread in self._threads:
            thread.join()
        for listener in self._listeners:
            listener.close()

    def _receive(self, listener: socket.socket) -> None:
        """Take what waits at a socket, but not for ever: the others have their turn."""
        for _ in range(_MOST_AT_ONCE):
            try:
                data, peer = listener.recvfrom(LARGEST + 1)
            except BlockingIOError:
                return
            except OSError as error:  # an ICMP message about an earlier answer
                _log.info("radius.unreachable", problem=error.strerror)
                continue
            try:
                self._meet(listener, data, peer)
            except Exception as error:  # noqa: BLE001 - the outermost door: one packet must not end the server
                _report(error)

    def _meet(self, listener: socket.socket, data: bytes, peer: tuple[object, ...]) -> None:
        address = _plain_address(str(peer[0]))
        known = next((one for one in self._clients.get() if address in one.client.network), None)
        if known is None:
            self._drop("unknown-client", str(address))
            return
        request = read_request(data, known.secret, must_sign=known.client.profile.must_sign)
        if isinstance(request, Drop):
            self._drop(request.value, str(address), known.client.name)
            return
        key = RequestKey(str(address), int(str(peer[1])), request.identifier, request.authenticator)
        answer = self._duplicates.meet(key)
        if answer is not None:
            RADIUS.labels("duplicate").inc()
            if answer:
                _send(listener, answer, peer)
            return
        try:
            self._tasks.put_nowait(_Task(request, known, key, listener, peer, time.monotonic()))
        except queue.Full:
            self._duplicates.forget(key)
            self._drop("overload", str(address), known.client.name)

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            try:
                self._answer(task)
            except Exception as error:  # noqa: BLE001 - the outermost door: one request must not end the thread
                self._duplicates.forget(task.key)
                _report(error)

    def _answer(self, task: _Task) -> None:
        if time.monotonic() - task.arrived > _STALE_SECONDS:
            self._duplicates.forget(task.key)
            RADIUS.labels("overload").inc()
            return
        reply = self._door.answer(task.request, task.known.client, task.key.address)
        answer = write_reply(task.request, reply)
        self._duplicates.keep(task.key, answer)
        _send(task.listener, answer, task.peer)
        RADIUS.labels(reply.say.name.lower()).inc()
        _log.info("radius.answered", client=task.known.client.name, answer=reply.say.name.lower())

    def _drop(self, reason: str, address: str, client: str = "") -> None:
        """Count a request that gets no answer; tell of it once a minute by reason and address, and not of very many."""
        RADIUS.labels(reason).inc()
        window = int(time.monotonic() // _TELL_SECONDS)
        if window != self._window:
            self._window, self._told = window, set()
        if (reason, address) not in self._told and len(self._told) < _MOST_TOLD:
            self._told.add((reason, address))
            _log.warning("radius.dropped", reason=reason, address=address, client=client)

    def _warn(self) -> None:
        """Say loudly whose requests and answers can be forged."""
        for known in self._clients.get():
            if not known.client.profile.must_sign:
                _log.warning(
                    "radius.unsigned_client",
                    client=known.client.name,
                    network=str(known.client.network),
                    hint="requests without Message-Authenticator are taken; whoever is on the way can forge them",
                )


def _listen(host: str, port: int) -> list[socket.socket]:
    listeners: list[socket.socket] = []
    try:
        for family, kind, protocol, _, place in socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM):
            listener = socket.socket(family, kind, protocol)
            listeners.append(listener)
            if family == socket.AF_INET6 and host == "::":
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            listener.setblocking(False)
            listener.bind(place)
    except OSError as error:
        for listener in listeners:
            listener.close()
        raise ConfigurationError(
            f"Nothing can listen for RADIUS on {host}, UDP port {port}: {error.strerror}. Stop what is there, "
            "or change [radius] in the settings."
        ) from error
    return listeners


def _report(error: Exception) -> None:
    """Count and log what kept a request from its answer; what is expected needs no trace."""
    RADIUS.labels("unavailable" if isinstance(error, UnavailableError) else "error").inc()
    is_expected = isinstance(error, AuthsmsError)
    write = _log.warning if is_expected else _log.error
    write("radius.failed", kind=type(error).__name__, exc_info=None if is_expected else error)


def _send(listener: socket.socket, answer: bytes, peer: tuple[object, ...]) -> None:
    try:
        listener.sendto(answer, peer)
    except OSError as error:
        _log.info("radius.unreachable", problem=error.strerror)


def _plain_address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Return an address without its zone; one of IPv4 as such, however the socket tells it."""
    address = ipaddress.ip_address(text.partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
