"""Messages of RFC 4511 as a directory sends them: what was asked for is taken out, the rest is stepped over.

Nothing recurses, and no number is computed before its length is known, so an answer costs as much as it is long.
ldap3's own decoder takes three times as many steps.
"""

from typing import Final, TypeAlias

from authsms.identity.ldap.answers import LONGEST_NUMBER, MOST_ELEMENTS, Entry, LdapAnswer, OddAnswerError

BIND_RESPONSE: Final = 0x61
SEARCH_DONE: Final = 0x65
MODIFY_RESPONSE: Final = 0x67
EXTENDED_RESPONSE: Final = 0x78
_ENTRY: Final = 0x64
_REFERENCE: Final = 0x73
_INTERMEDIATE: Final = 0x79
_CONTROLS: Final = 0xA0
_OCTETS: Final = 0x04
_INTEGER: Final = 0x02
_ENUMERATED: Final = 0x0A
_SEQUENCE: Final = 0x30
_PAGED_RESULTS: Final = "1.2.840.113556.1.4.319"
_HEADER: Final = 2
_LONG_FORM: Final = 0x80
_LONGEST_TEXT: Final = 500

Element: TypeAlias = tuple[int, int, int]
"""Tag, and where the content begins and ends."""


class Message:
    """One message.

    Attributes:
        id: Number of the request that it answers; 0 for what nobody asked for.
        kind: Tag of what it carries.
        is_last: Whether it ends an answer.

    Raises:
        OddAnswerError: It cannot be read.
    """

    def __init__(self, octets: bytes) -> None:
        ((tag, start, end),) = _exactly(1, octets, 0, len(octets))
        if tag != _SEQUENCE:
            raise OddAnswerError("the answer is no message")
        number, (self.kind, self._start, self._end), *self._more = _at_least(2, octets, start, end)
        self._octets = octets
        self.id = _number(octets, number, _INTEGER)
        self.is_last = self.kind not in {_ENTRY, _REFERENCE, _INTERMEDIATE}

    def entries(self) -> list[Entry]:
        """Return the entry that it carries, if any; references to other servers are none, and never followed.

        Raises:
            OddAnswerError: It cannot be read.
        """
        if self.kind != _ENTRY:
            return []
        octets, values = self._octets, {}
        (_, name, name_end), (_, first, last), *_ = _at_least(2, octets, self._start, self._end)
        for _, start, end in elements(octets, first, last):
            (_, attribute, attribute_end), (_, begin, stop), *_ = _at_least(2, octets, start, end)
            spelled = octets[attribute:attribute_end].decode(errors="replace")
            values[spelled.lower()] = tuple([octets[at:to] for _, at, to in elements(octets, begin, stop)])
        try:
            return [Entry(octets[name:name_end].decode(), values)]
        except UnicodeDecodeError as error:
            raise OddAnswerError("the name of an entry is no text") from error

    def answer(self, entries: list[Entry]) -> LdapAnswer:
        """Return the answer that it ends, with the *entries* that came before.

        Raises:
            OddAnswerError: It cannot be read.
        """
        octets = self._octets
        code, _, (_, told, told_end), *_ = _at_least(3, octets, self._start, self._end)
        controls = self._controls()
        page = controls.pop(_PAGED_RESULTS, None)
        return LdapAnswer(
            code=_number(octets, code, _ENUMERATED),
            message=octets[told:told_end].decode(errors="replace")[:_LONGEST_TEXT],
            controls=controls,
            entries=tuple(entries),
            cookie=b"" if page is None else _cookie(page),
        )

    def _controls(self) -> dict[str, bytes]:
        """Return the values of the controls that have one, by OID."""
        octets, values = self._octets, {}
        for tag, start, end in self._more:
            for _, first, last in elements(octets, start, end) if tag == _CONTROLS else ():
                (_, oid, oid_end), *rest = _at_least(1, octets, first, last)
                for kind, value, value_end in rest:
                    if kind == _OCTETS:
                        values[octets[oid:oid_end].decode(errors="replace")] = octets[value:value_end]
        return values


def elements(octets: bytes, start: int, stop: int) -> list[Element]:
    """Return the elements that fill *octets* between *start* and *stop*.

    Raises:
        OddAnswerError: They do not, there are too many, or a length is written in a form nobody uses.
    """
    found = list[Element]()
    while start < stop:
        body = start + _HEADER
        if body > stop:
            raise OddAnswerError("the answer ends within an element")
        size = octets[start + 1]
        if size & _LONG_FORM:
            digits = size & ~_LONG_FORM
            if not 1 <= digits <= LONGEST_NUMBER:
                raise OddAnswerError("the answer has a length of a forbidden form")
            size = int.from_bytes(octets[body : body + digits])
            body += digits
        end = body + size
        if end > stop or len(found) == MOST_ELEMENTS:
            raise OddAnswerError("the answer is out of proportion")
        found.append((octets[start], body, end))
        start = end
    return found


def _exactly(number: int, octets: bytes, start: int, stop: int) -> list[Element]:
    found = elements(octets, start, stop)
    if len(found) != number:
        raise OddAnswerError("the answer has another shape")
    return found


def _at_least(number: int, octets: bytes, start: int, stop: int) -> list[Element]:
    found = elements(octets, start, stop)
    if len(found) < number:
        raise OddAnswerError("the answer lacks a part")
    return found


def _number(octets: bytes, element: Element, kind: int) -> int:
    tag, start, end = element
    # An empty one would be taken for 0, which is success.
    if tag != kind or not 1 <= end - start <= LONGEST_NUMBER:
        raise OddAnswerError("the answer holds no number, or one out of proportion")
    return int.from_bytes(octets[start:end], signed=True)


def _cookie(page: bytes) -> bytes:
    """Return where a paged search goes on, from the value of its control (RFC 2696)."""
    ((_, start, end),) = _exactly(1, page, 0, len(page))
    _, (_, cookie, cookie_end), *_ = _at_least(2, page, start, end)
    return page[cookie:cookie_end]
