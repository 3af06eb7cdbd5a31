"""An answer as it comes down a connection, and whether another one may follow it there.

The standard library reads answers, but believes whoever writes them: it takes what announces an answer for the answer,
takes for lengths what is none, and forgets what came beyond the end. Each of these would give the answer to one text to
the next. The methods in which it does that are none it promises; the tests would show if they were gone.
"""

import io
import re
import socket
from http.client import BadStatusLine, HTTPException, HTTPResponse, IncompleteRead
from typing import Final

from typing_extensions import Buffer, override

_OK: Final = 200
_SWITCHING_PROTOCOLS: Final = 101
_MOST_ANNOUNCEMENTS: Final = 10
_MOST_FIELDS: Final = 100
_LONGEST_LINE: Final = 65_536
_FIRST_WITH_PIECES: Final = 11
_SIZE: Final = re.compile(rb"[0-9A-Fa-f]{1,8}")
_LENGTH: Final = re.compile("[0-9]{1,18}")


class Answer(HTTPResponse):
    """What comes down *connection* after a request with *method*."""

    def __init__(self, connection: socket.socket, method: str) -> None:
        super().__init__(connection, method=method)
        self.fp.close()
        self.fp = self._reader = _Reader(connection)

    @property
    def can_be_followed(self) -> bool:
        """Whether the connection stays, this answer was read to its end, and nothing came after it."""
        return self.isclosed() and self.status >= _OK and not self.will_close and not self._reader.had_more

    @override
    def begin(self) -> None:
        """Read the head, and refuse one of which others see another end (RFC 9112 section 6.3)."""
        super().begin()
        codings = [one.lower() for one in self.headers.get_all("Transfer-Encoding", [])]
        lengths = {one.strip(" \t") for one in self.headers.get_all("Content-Length", [])}
        if codings not in ([], ["chunked"]):
            raise HTTPException("not a coding that is known here")
        if len(lengths) > 1 or not all(map(_LENGTH.fullmatch, lengths)):
            raise HTTPException("not the length of an answer")
        if codings and (lengths or self.version < _FIRST_WITH_PIECES):
            self.will_close = True

    def _read_status(self) -> tuple[str, int, str]:
        """Return the first line of the answer, past those that only announce it."""
        for _ in range(_MOST_ANNOUNCEMENTS + 1):
            version, status, reason = super()._read_status()  # type: ignore[misc]  # not in the stub
            if status == _SWITCHING_PROTOCOLS:
                raise BadStatusLine("another protocol")
            if status >= _OK:
                return version, status, reason
            self._skip_fields()
        raise HTTPException("announcements without an answer")

    def _read_next_chunk_size(self) -> int:
        line = self._line()
        if not line.endswith(b"\n"):
            raise IncompleteRead(b"")
        size = line.partition(b";")[0].strip()
        if not _SIZE.fullmatch(size):
            raise HTTPException("not the length of a piece")
        return int(size, 16)

    def _read_and_discard_trailer(self) -> None:
        self._skip_fields()

    def _skip_fields(self) -> None:
        for _ in range(_MOST_FIELDS + 1):
            if self._line() in {b"\r\n", b"\n", b""}:
                return
        raise HTTPException("too many headers")

    def _line(self) -> bytes:
        line = self.fp.readline(_LONGEST_LINE + 1)
        if len(line) > _LONGEST_LINE:
            raise HTTPException("too long a line")
        return line


class _Reader(io.BufferedReader):
    """Reads from *connection*.

    Attributes:
        had_more: When it was closed, something had come that nobody had asked for.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._source = _Source(connection)
        super().__init__(self._source)
        self.had_more = False

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
