"""What a directory answers, checked for shape and turned into plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, field

_DEEPEST = 12
LONGEST_NUMBER = 8
MOST_ELEMENTS = 50_000
_INTEGER, _ENUMERATED = 0x02, 0x0A
_CONSTRUCTED = 0x20
_SHORT_HEADER = 2
_LONG_FORM = 0x80


class OddAnswerError(ValueError):
    """An answer is out of all proportion; it was not read."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry; attribute names in lower case, values as they came."""

    dn: str
    values: Mapping[str, tuple[bytes, ...]]

    def texts(self, attribute: str, *, most: int = 20, longest: int = 256) -> list[str]:
        """Return the usable text values of *attribute*, sorted, because a directory keeps no order."""
        texts = []
        for value in self.values.get(attribute.lower(), ())[: most * 5]:
            try:
                text = value.decode()
            except UnicodeDecodeError:
                continue
            if len(text) <= longest:
                texts.append(text)
        return sorted(texts)[:most]

    def text(self, attribute: str, *, longest: int = 256) -> str:
        """Return the first usable text value of *attribute*, or an empty text."""
        return next(iter(self.texts(attribute, longest=longest)), "")


@dataclass(frozen=True, slots=True)
class LdapAnswer:
    """Result of one operation.

    Attributes:
        code: Result code of RFC 4511, 0 for success.
        message: The server's diagnostic message; for logs and sub-codes, never for people.
        controls: Values of response controls by OID.
        entries: What a search found.
        cookie: Where a paged search goes on; empty at its end.
    """

    code: int
    message: str = ""
    controls: Mapping[str, bytes] = field(default_factory=dict)
    entries: tuple[Entry, ...] = ()
    cookie: bytes = b""


def message_size(buffer: bytes | bytearray) -> int | None:
    """Return the length of the message that *buffer* starts with, or None when too little has come to tell.

    Raises:
        OddAnswerError: The length is written in a form nobody uses.
    """
    if len(buffer) < _SHORT_HEADER:
        return None
    length = buffer[1]
    if not length & _LONG_FORM:
        return _SHORT_HEADER + length
    octets = length & ~_LONG_FORM
    if not 1 <= octets <= LONGEST_NUMBER:
        raise OddAnswerError("the answer has a length of a forbidden form")
    header = _SHORT_HEADER + octets
    return header + int.from_bytes(buffer[_SHORT_HEADER:header]) if len(buffer) >= header else None


def check_shape(message: bytes) -> None:
    """Return when *message* is modest enough to be decoded.

    ldap3's decoder shifts a number byte by byte and recurses into whatever is nested; a megabyte-long number or
    a thousand levels would keep a processor busy for minutes.

    Raises:
        OddAnswerError: Too deep, too many elements, a number too long, or lengths that do not fit.
    """
    left = MOST_ELEMENTS
    pending = [(0, len(message), 0)]
    while pending:
        start, stop, depth = pending.pop()
        while start < stop:
            left -= 1
            tag = message[start]
            body, end = element_bounds(message, start, stop)
            if left < 0 or (tag in {_INTEGER, _ENUMERATED} and end - body > LONGEST_NUMBER):
                raise OddAnswerError("the answer is out of proportion")
            if tag & _CONSTRUCTED:
                if depth == _DEEPEST:
                    raise OddAnswerError("the answer is nested too deeply")
                pending.append((body, end, depth + 1))
            start = end


def element_bounds(message: bytes, start: int, stop: int) -> tuple[int, int]:
    """Return where the content of the element at *start* begins and ends."""
    size = message_size(message[start : start + _SHORT_HEADER + LONGEST_NUMBER])
    if size is None or start + size > stop:
        raise OddAnswerError("the answer ends within an element")
    long_form = message[start + 1] & _LONG_FORM
    return start + _SHORT_HEADER + (message[start + 1] & ~_LONG_FORM if long_form else 0), start + size
