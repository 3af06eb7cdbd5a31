"""A provider that misbehaves: a small server on raw sockets that does to a client what it is told."""

import contextlib
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeAlias, TypeVar

from authsms.senders.http import Deadlines

T = TypeVar("T")
Behaviour: TypeAlias = Callable[[socket.socket], None]
"""Treats one connection after its request has been read."""

_NEVER = 30.0

PATIENT = Deadlines(connect=10, total=20)
"""For answers that come: a busy machine must not pass for a silent provider."""

ENDLESS = Deadlines(connect=PATIENT.connect, total=0.9)
"""For answers that never end: a test waits as long; see `heard`."""

QUICK = Deadlines(connect=0.6, total=0.9)
"""For connections that never come about: a test waits as long."""


def answer(status: int, body: bytes = b"", *headers: str) -> Behaviour:
    """Answer properly, and say that the connection ends with it, as it does."""

    def behave(connection: socket.socket) -> None:
        said = (f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}", "Connection: close")
        lines = [*said, *headers, "", ""]
        connection.sendall("\r\n".join(lines).encode("latin-1") + body)

    return behave


def raw(data: bytes) -> Behaviour:
    """Send *data* and close."""
    return lambda connection: connection.sendall(data)


def silence(connection: socket.socket) -> None:
    """Read the request and never answer."""
    _wait_for_end(connection)


def hang_up(connection: socket.socket) -> None:
    """Close instead of answering."""


def reset(connection: socket.socket) -> None:
    """Reset the connection instead of answering."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def drip_body(connection: socket.socket) -> None:
    """Send a proper head, then the body byte by byte for longer than anybody should wait."""
    connection.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 10000\r\n\r\n")
    _drip(connection, b"x" * 10_000)


def drip_last_body(connection: socket.socket) -> None:
    """Do the same on a connection that is to be closed, of which a client lets go early."""
    connection.sendall(b"HTTP/1.1 201 Created\r\nConnection: close\r\n\r\n")
    _drip(connection, b"x" * 10_000)


def drip_head(connection: socket.socket) -> None:
    """Send headers byte by byte."""
    _drip(connection, b"HTTP/1.1 201 Created\r\n" + b"X-Slow: 1\r\n" * 2000)


def flood_body(connection: socket.socket) -> None:
    """Send an endless body of unknown length."""
    connection.sendall(b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n")
    piece = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    with contextlib.suppress(OSError):
        for _ in range(10_000):
            connection.sendall(piece)


def flood_head(connection: socket.socket) -> None:
    """Send headers without end."""
    with contextlib.suppress(OSError):
        connection.sendall(b"HTTP/1.1 201 Created\r\n")
        for number in range(100_000):
            connection.sendall(f"X-Flood-{number}: {'y' * 1000}\r\n".encode())


def heard(server: "HostileServer", send: Callable[[], tuple[T, float]]) -> tuple[T, float]:
    """Return what *send* returns once it has left for *server*: on a busy machine, time may be up before."""
    for _ in range(10):
        end = send()
        if any(server.requests) or getattr(end[0], "code", "") != "connect":
            break
    return end


class HostileServer:
    """Listens on a free port of 127.0.0.1 and treats every request as `behave` says.

    Attributes:
        requests: What arrived, head and body, in order.
        port: Where it listens.
        connections: How many connections were accepted.
        behave: What to do; change it at any time.
    """

    def __init__(self, behave: Behaviour, *, tls: ssl.SSLContext | None = None) -> None:
        self.behave = behave
        self.requests: list[bytes] = []
        self.connections = 0
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: set[socket.socket] = set()
        self._thread = threading.Thread(target=self._accept, daemon=True)

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    def is_idle(self) -> bool:
        """Return whether every connection has been closed."""
        return not self._open

    def hang_up(self) -> None:
        """End all connections."""
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.hang_up()
        self._thread.join(5)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), contextlib.closing(connection):
            stream = connection
            if self._tls:
                stream = self._tls.wrap_socket(connection, server_side=True)
            with contextlib.closing(stream):
                stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.requests.append(_read_request(stream))
                self.behave(stream)
        self._open.discard(connection)


def _read_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65_536)
        if not piece:
            return data
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
    )
    while len(body) < length:
        body += connection.recv(65_536)
    return head + b"\r\n\r\n" + body


def _drip(connection: socket.socket, data: bytes) -> None:
    with contextlib.suppress(OSError):
        for byte in data:
            connection.sendall(bytes([byte]))
            time.sleep(0.05)


def _wait_for_end(connection: socket.socket) -> None:
    connection.settimeout(_NEVER)
    with contextlib.suppress(OSError):
        connection.recv(1)
