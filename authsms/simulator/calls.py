"""Calls webhooks over connections that stay open, and reads of an answer what is of interest: its status.

A library makes objects of all that is in an answer. With one, these calls were half of the simulator's work.
"""

import re
import select
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from urllib3.util import parse_url

_CONNECT_SECONDS, _READ_SECONDS = 5.0, 15.0
_MOST_LINES = 8
_LONGEST_HEAD = 1 << 16
_PIECE = 1 << 16
_PORTS = {"http": 80, "https": 443}
_WITHOUT_BODY = frozenset({204, 304})
_FIRST_FINAL_STATUS = 200
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-9][0-9]{2})\b")
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,7})[ \t]*(?:\r|\Z)", re.IGNORECASE)
_LAST = re.compile(rb"HTTP/1\.0|.*\r\n(?:connection:[^\r]*close|transfer-encoding:)", re.IGNORECASE | re.DOTALL)


class NobodyThereError(Exception):
    """No connection came about, or it ended before the answer did; a second try may fare better."""


@dataclass(frozen=True, slots=True)
class _Place:
    scheme: str
    host: str
    port: int


class Caller:
    """Makes one call at a time; a thread needs its own.

    Args:
        trust: Returns what to trust for ``https``.
    """

    def __init__(self, trust: Callable[[], ssl.SSLContext]) -> None:
        self._trust = trust
        self._lines: dict[_Place, socket.socket] = {}

    def call(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """Return the HTTP status of the answer.

        Raises:
            NobodyThereError: Try again.
            OSError: There is no answer in time, or nobody to be trusted.
            ValueError: The address cannot be called.
        """
        place, start = _locate(url)
        lines = [f"{method} {start}", f"Content-Length: {len(body)}", *(f"{key}: {headers[key]}" for key in headers)]
        request = "\r\n".join([*lines, "", ""]).encode("latin-1") + body
        line, may_stay = self._line(place), False
        try:
            line.sendall(request)
            status, may_stay = _read(line)
        except ConnectionError as error:
            raise NobodyThereError from error
        finally:
            if may_stay:
                self._keep(place, line)
            else:
                line.close()
        return status

    def close(self) -> None:
        """Hang up."""
        while self._lines:
            self._lines.popitem()[1].close()

    def _line(self, place: _Place) -> socket.socket:
        """Return a connection: the last one to *place*, unless it was closed there."""
        line = self._lines.pop(place, None)
        if line is not None:
            poll = select.poll()
            poll.register(line, select.POLLIN)
            if not poll.poll(0):
                return line
            line.close()
        return self._connect(place)

    def _connect(self, place: _Place) -> socket.socket:
        try:
            line = socket.create_connection((place.host, place.port), _CONNECT_SECONDS)
        except OSError as error:
            raise NobodyThereError from error
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        line.settimeout(_READ_SECONDS)
        if place.scheme == "http":
            return line
        try:
            return self._trust().wrap_socket(line, server_hostname=place.host)
        except BaseException:
            line.close()
            raise

    def _keep(self, place: _Place, line: socket.socket) -> None:
        if len(self._lines) >= _MOST_LINES:
            self._lines.pop(next(iter(self._lines))).close()
        self._lines[place] = line


@lru_cache
def _locate(url: str) -> tuple[_Place, str]:
    """Return where a request for *url* goes, and its beginning behind the method.

    Raises:
        ValueError: It is no address of the web.
    """
    parts = parse_url(url)
    if parts.scheme not in _PORTS or not parts.host:
        raise ValueError("not an address that can be called")
    place = _Place(parts.scheme, parts.host.strip("[]"), parts.port or _PORTS[parts.scheme])
    name = parts.host if place.port == _PORTS[place.scheme] else f"{parts.host}:{place.port}"
    return place, f"{parts.request_uri} HTTP/1.1\r\nHost: {name}\r\nAccept-Encoding: identity"


def _read(line: socket.socket) -> tuple[int, bool]:
    """Return the status of an answer, and whether the connection may be used again.

    A body of unknown length is left unread.
    """
    status, head, rest = 0, b"", b""
    while status < _FIRST_FINAL_STATUS:
        head, rest = _read_head(line, rest)
        found = _STATUS.match(head)
        if found is None:
            raise NobodyThereError
        status = int(found[1])
    length = _LENGTH.search(head)
    wanted = 0 if status in _WITHOUT_BODY or length is None else int(length[1])
    left = wanted - len(rest)
    while left > 0:
        left -= len(_more(line))
    is_measured = status in _WITHOUT_BODY or length is not None
    return status, is_measured and left == 0 and not _LAST.match(head)


def _read_head(line: socket.socket, begun: bytes) -> tuple[bytes, bytes]:
    """Return status line and headers, and what has come behind them."""
    while b"\r\n\r\n" not in begun:
        if len(begun) > _LONGEST_HEAD:
            raise NobodyThereError
        begun += _more(line)
    head, _, rest = begun.partition(b"\r\n\r\n")
    return head, rest


def _more(line: socket.socket) -> bytes:
    piece = line.recv(_PIECE)
    if not piece:
        raise NobodyThereError
    return piece
