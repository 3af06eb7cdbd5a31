"""An answer as it comes down a connection, and whether another one may follow it there.

The standard library reads answers, but believes whoever writes them: it takes what announces an answer for the answer,
takes for lengths what is none, and forgets what came beyond the end. Each of these would give the answer to one text to
the next. And it reads the head of an answer as that of a mail, which costs more than all else about it. The methods in
which it does that are none it promises; the tests would show if they were gone.
"""

import io
import re
import socket
from collections.abc import Iterable
from http.client import BadStatusLine, HTTPException, HTTPMessage, HTTPResponse, IncompleteRead
from typing import Final, Self, cast

from typing_extensions import Buffer, override

_OK: Final = 200
_SWITCHING_PROTOCOLS: Final = 101
_MOST_ANNOUNCEMENTS: Final = 10
_MOST_FIELDS: Final = 100
_LONGEST_LINE: Final = 65_536
_OLD: Final = 10
_FIRST_WITH_PIECES: Final = 11
_WITHOUT_BODY: Final = frozenset({204, 304})
_ENDS: Final = frozenset({b"\r\n", b"\n", b""})
_STATUS: Final = re.compile(r"(HTTP/1\.[0-9])[ \t]+([1-9][0-9]{2})(?:[ \t]([^\0\r\n]*))?\r?\n")
_NAME: Final = re.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_SIZE: Final = re.compile(rb"[0-9A-Fa-f]{1,8}")
_LENGTH: Final = re.compile("[0-9]{1,18}")


class Answer(HTTPResponse):
    """What comes down *connection* after a request with *method*."""

    def __init__(self, connection: socket.socket, method: str) -> None:
        self._reader = _Reader(connection)
        super().__init__(cast("socket.socket", self._reader), method=method)

    @property
    def can_be_followed(self) -> bool:
        """Whether the connection stays, this answer was read to its end, and nothing came after it."""
        return self.isclosed() and self.status >= _OK and not self.will_close and not self._reader.had_more

    @override
    def begin(self) -> None:
        """Read the head, and refuse one of which others see another end (RFC 9112 section 6.3)."""
        version, self.status, reason = self._read_status()
        self.code, self.reason = self.status, reason.strip()
        self.version = _OLD if version == "HTTP/1.0" else _FIRST_WITH_PIECES
        self.headers = self.msg = self._fields()
        codings = [one.lower() for one in self.headers.get_all("Transfer-Encoding", [])]
        lengths = {one.strip(" \t") for one in self.headers.get_all("Content-Length", [])}
        if codings not in ([], ["chunked"]):
            raise HTTPException("not a coding that is known here")
        if len(lengths) > 1 or not all(map(_LENGTH.fullmatch, lengths)):
            raise HTTPException("not the length of an answer")
        has_body = self.status not in _WITHOUT_BODY
        self.chunked, self.chunk_left = bool(codings) and has_body, None
        self.length = None if codings or not lengths else int(lengths.pop())
        if not has_body:
            self.length = 0
        is_against_the_rules = bool(codings) and (bool(lengths) or self.version == _OLD or not has_body)
        has_no_end = not self.chunked and self.length is None
        self.will_close = is_against_the_rules or has_no_end or self._is_last()

    def _is_last(self) -> bool:
        wishes = ",".join(self.headers.get_all("Connection", [])).lower()
        return "close" in wishes or (self.version == _OLD and "keep-alive" not in wishes)

    def _read_status(self) -> tuple[str, int, str]:
        """Return the first line of the answer, past those that only announce it."""
        for _ in range(_MOST_ANNOUNCEMENTS + 1):
            found = _STATUS.fullmatch(self._whole_line().decode("latin-1"))
            if found is None:
                raise BadStatusLine("not the first line of an answer")
            version, status, reason = found[1], int(found[2]), found[3] or ""
            if status == _SWITCHING_PROTOCOLS:
                raise BadStatusLine("another protocol")
            if status >= _OK:
                return version, status, reason
            self._skip_fields()
        raise HTTPException("announcements without an answer")

    def _get_chunk_left(self) -> int | None:
        if self.chunk_left == 0:  # the standard library takes any two characters for the end of a piece
            if self._whole_line() != b"\r\n":
                raise HTTPException("a piece is longer than it says")
            self.chunk_left = None
        left: int | None = super()._get_chunk_left()  # type: ignore[misc]  # not in the stub
        return left

    def _read_next_chunk_size(self) -> int:
        size = self._whole_line().partition(b";")[0].strip(b" \t\r\n")
        if not _SIZE.fullmatch(size):
            raise HTTPException("not the length of a piece")
        return int(size, 16)

    def _read_and_discard_trailer(self) -> None:
        self._skip_fields()

    def _skip_fields(self) -> None:
        for _ in range(_MOST_FIELDS + 1):
            if self._line() in _ENDS:
                return
        raise HTTPException("too many headers")

    def _fields(self) -> HTTPMessage:
        found: list[tuple[str, str]] = []
        for _ in range(_MOST_FIELDS + 1):
            line = self._whole_line()
            if line in _ENDS:
                return _message(found)
            name, mark, value = line.decode("latin-1").partition(":")
            if name[:1] in {" ", "\t"} and found:  # the old way to go on in the next line
                name, before = found.pop()
                value = f"{before} {line.decode('latin-1')}"
            elif not mark or not _NAME.fullmatch(name):
                raise HTTPException("not a header")
            found.append((name, value.strip(" \t\r\n")))
        raise HTTPException("too many headers")

    def _whole_line(self) -> bytes:
        line = self._line()
        if not line.endswith(b"\n"):
            raise IncompleteRead(b"")
        return line

    def _line(self) -> bytes:
        line = self.fp.readline(_LONGEST_LINE + 1)
        if len(line) > _LONGEST_LINE:
            raise HTTPException("too long a line")
        return line


def _message(fields: Iterable[tuple[str, str]]) -> HTTPMessage:
    message = HTTPMessage()
    for name, value in fields:
        if "\r" in value or "\0" in value:
            raise HTTPException("not the value of a header")
        message[name] = value
    return message


class _Reader(io.BufferedReader):
    """Reads from *connection*; stands in for it where somebody wants to make a reader of it.

    Attributes:
        had_more: When it was closed, something had come that nobody had asked for.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._source = _Source(connection)
        super().__init__(self._source)
        self.had_more = False

    def makefile(self, _mode: str) -> Self:
        """Return itself."""
        return self

    @override
    def close(self) -> None:
        if not self.closed:
            self._source.is_over = True
            self.had_more = bool(self.peek(1))
        super().close()


class _Source(io.RawIOBase):
    """The bytes of *connection*, which stays open.

    Attributes:
        is_over: Nothing more is taken from the connection.
    """

    def __init__(self, connection: socket.socket) -> None:
        super().__init__()
        self._connection = connection
        self.is_over = False

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, buffer: Buffer, /) -> int:
        return 0 if self.is_over else self._connection.recv_into(buffer)
