"""A connection to a web server that costs next to nothing, for crowds that share the machine with what they measure.

It speaks as much HTTP/1.1 as our own server and the simulator answer with: a head, and a body of the length it tells.
"""

import re
import socket
from dataclasses import dataclass

_TIMEOUT = 60
_CHUNK = 65536
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_LOCATION = re.compile(rb"\r\nlocation: *([^\r]*)", re.IGNORECASE)
_COOKIE = re.compile(rb"\r\nset-cookie: *([^=;\r]+)=([^;\r]*)", re.IGNORECASE)


class LineError(Exception):
    """The server hung up in the middle of an answer, or its answer cannot be read."""


@dataclass(frozen=True, slots=True)
class Page:
    """An answer: status, where to go on, and what is to be read."""

    status: int
    onward: str
    text: str


class Line:
    """One connection that is kept, with its cookies.

    Args:
        host: Name and port, as they stand in an address.
        source: From which address of this machine to call.
    """

    def __init__(self, host: str, source: str = "") -> None:
        name, _, port = host.partition(":")
        self._socket = socket.create_connection((name, int(port)), _TIMEOUT, (source, 0))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._host = host
        self._cookies: dict[str, str] = {}

    def get(self, path: str) -> Page:
        """Ask for a page.

        Raises:
            OSError, LineError: There was no whole answer.
        """
        return self._call(f"GET {path} HTTP/1.1\r\nHost: {self._host}\r\n{self._cookie()}\r\n")

    def post(self, path: str, form: str) -> Page:
        """Send a form of the same site.

        Raises:
            OSError, LineError: There was no whole answer.
        """
        head = f"POST {path} HTTP/1.1\r\nHost: {self._host}\r\nOrigin: http://{self._host}\r\n{self._cookie()}"
        kind = f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(form)}\r\n"
        return self._call(f"{head}{kind}\r\n{form}")

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _cookie(self) -> str:
        held = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        return f"Cookie: {held}\r\n" if held else ""

    def _call(self, request: str) -> Page:
        self._socket.sendall(request.encode())
        head, body = self._read()
        for name, value in _COOKIE.findall(head):
            self._cookies[name.decode()] = value.decode()
        onward = _LOCATION.search(head)
        return Page(int(head[9:12]), onward[1].decode() if onward else "", body.decode())

    def _read(self) -> tuple[bytes, bytes]:
        answer = self._socket.recv(_CHUNK)
        while answer and (end := answer.find(b"\r\n\r\n")) < 0:
            answer = self._more(answer)
        length = _LENGTH.search(answer[:end]) if answer else None
        if length is None:
            raise LineError("no answer of a known length")
        whole = end + 4 + int(length[1])
        while len(answer) < whole:
            answer = self._more(answer)
        return answer[:end], answer[end + 4 :]

    def _more(self, answer: bytes) -> bytes:
        more = self._socket.recv(_CHUNK)
        if not more:
            raise LineError("the server hung up in the middle of an answer")
        return answer + more
