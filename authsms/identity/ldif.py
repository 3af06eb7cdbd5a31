"""LDIF (RFC 2849), as far as people are concerned: content records, and ``changetype: add``."""

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in a file, and in which line; lines count from 1."""

    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Value:
    """One value of an attribute, and where it stands."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Record:
    """One entry; names of attributes in lower case, without options."""

    line: int
    dn: str
    values: dict[str, list[Value]] = field(default_factory=dict)

    def texts(self, name: str) -> list[str]:
        """Return the values of an attribute in the order of the file."""
        return [value.text for value in self.values.get(name.lower(), ())]

    def has_class(self, *names: str) -> bool:
        """Return whether the entry is of one of these object classes."""
        return not {name.lower() for name in names}.isdisjoint(text.lower() for text in self.texts("objectClass"))


class LdifReader:
    """Reads records and collects what is wrong instead of stopping at the first problem.

    Args:
        text: The whole file.

    Attributes:
        problems: Filled while `records` runs.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self.problems: list[Problem] = []

    def records(self) -> Iterator[Record]:
        """Yield the entries in order; a record with a problem is left out."""
        block: list[tuple[int, str]] = []
        for number, line in self._logical_lines():
            if line:
                block.append((number, line))
            elif block:
                yield from self._record(block)
                block = []
        if block:
            yield from self._record(block)

    def _logical_lines(self) -> Iterator[tuple[int, str]]:
        """Yield lines with their number, continued ones joined and comments left out; a blank line as an empty text."""
        held: tuple[int, str] | None = None
        for number, line in enumerate(self._text.splitlines(), start=1):
            if line.startswith(" ") and held is not None and held[1]:
                held = (held[0], held[1] + line[1:])
                continue
            if held is not None and not held[1].startswith("#"):
                yield held
            held = (number, line.rstrip() if not line.strip() else line)
        if held is not None and not held[1].startswith("#"):
            yield held

    def _record(self, block: list[tuple[int, str]]) -> Iterator[Record]:
        before = len(self.problems)
        pairs = [pair for number, line in block for pair in self._pairs(number, line)]
        if pairs and pairs[0][0] == "version":
            pairs = pairs[1:]
        if not pairs:
            return
        name, first = pairs[0]
        if name != "dn":
            self.problems.append(Problem(first.line, "an entry starts with dn:"))
            return
        record = Record(first.line, first.text)
        for attribute, value in pairs[1:]:
            if attribute == "changetype" and value.text.strip().lower() != "add":
                self.problems.append(Problem(value.line, "only whole entries can be imported, no changes"))
            record.values.setdefault(attribute, []).append(value)
        if len(self.problems) == before:
            yield record

    def _pairs(self, number: int, line: str) -> Iterator[tuple[str, Value]]:
        """Yield the attribute's name and value of one line, or note what is wrong with it."""
        name, colon, rest = line.partition(":")
        attribute, *options = name.strip().lower().split(";")
        if not colon or not attribute.replace("-", "").replace(".", "").isalnum():
            self.problems.append(Problem(number, "this is no line of LDIF (name: value)"))
        elif rest.startswith("<"):
            self.problems.append(Problem(number, "values from other files are not read"))
        elif not rest.startswith(":"):
            yield attribute, Value(number, rest.removeprefix(" ") if rest.startswith(" ") else rest)
        elif "binary" not in options:
            try:
                yield attribute, Value(number, base64.b64decode(rest[1:].strip(), validate=True).decode())
            except (binascii.Error, UnicodeDecodeError):
                if attribute in _TEXTS:
                    self.problems.append(Problem(number, f"{attribute} is not text in base64"))


_TEXTS = frozenset(
    {
        "dn",
        "uid",
        "samaccountname",
        "cn",
        "displayname",
        "mail",
        "mobile",
        "userpassword",
        "member",
        "memberuid",
        "memberof",
    }
)
