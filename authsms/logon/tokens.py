"""Tokens that were bought: a file of serial numbers and seeds, and who gets which.

A file is read as a whole before anything is written, and every line that is wrong is named, but never its seed. Each
token is then given in a transaction of its own, so that nobody's login waits; it counts at once.
"""

import base64
import binascii
import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol

from authsms.audit import AuditEntry, AuditTag, AuditTrail, Detail
from authsms.delivery.account_notices import AccountNotices, Notice
from authsms.foundation.db import Database
from authsms.identity.imports import LARGEST_FILE, ImportRefusedError
from authsms.identity.ldif import Problem
from authsms.identity.repository import Person
from authsms.logon.enrollment import HOTP, Enrollments, Token
from authsms.otp.engine import COMMON, LEAST_SEED_BYTES, LENGTHS, Algorithm, Recipe
from authsms.otp.failures import FailureCounter

COLUMNS: Final = ("serial", "seed", "user")
COUNTER: Final = "counter"
DIGITS: Final = "digits"
ALGORITHM: Final = "algorithm"
OPTIONAL: Final = (COUNTER, DIGITS, ALGORITHM)
_LONGEST_SEED: Final = 64
_COUNTER: Final = re.compile(r"[0-9]{0,9}", re.ASCII)
_SERIAL: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._/-]{0,63}", re.ASCII)

Progress = Callable[[int, int], object]
"""Told how many tokens are done, and of how many."""


class Spelling(StrEnum):
    """How seeds are written."""

    HEX = "hex"
    BASE32 = "base32"


@dataclass(frozen=True, slots=True)
class ImportedToken:
    """A token in a file, and the line it stands in.

    Attributes:
        token: With its seed.
    """

    line: int
    user: str
    token: Token


@dataclass
class TokenReport:
    """What became of the tokens of a file.

    Attributes:
        given: Those that somebody has now.
        refused: Lines that could not be taken, and why.
    """

    given: int = 0
    refused: list[Problem] = field(default_factory=list)


class Finder(Protocol):
    """Looks people up."""

    def find(self, typed: str) -> Person | None:
        """Return the person of that name."""


@dataclass(frozen=True, slots=True)
class TokenTools:
    """What an import takes."""

    database: Database
    audit: AuditTrail
    people: Finder
    enrollments: Enrollments
    failures: FailureCounter
    notices: AccountNotices


class TokenImport:
    """Gives tokens to people."""

    def __init__(self, tools: TokenTools) -> None:
        self._tools = tools

    def run(
        self, content: bytes, method: str, spelling: Spelling, progress: Progress = lambda _done, _total: None
    ) -> TokenReport:
        """Give everybody in *content* his token; whoever has one of this kind, or an app, keeps that.

        Raises:
            ImportRefusedError: Something in the file is wrong; everything that is wrong is listed, nothing written.
            DirectoryUnavailableError: People cannot be looked up now.
        """
        if len(content) > LARGEST_FILE:
            raise ImportRefusedError([Problem(1, "the file is too large")])
        found, problems = read_tokens(content, spelling)
        if method != HOTP:
            told = "counter: only tokens that count have one"
            problems = [*problems, *(Problem(one.line, told) for one in found if one.token.counter)]
        owners = {one.line: self._tools.people.find(one.user) for one in found}
        strangers = [Problem(line, "user: nobody has this user name") for line, one in owners.items() if one is None]
        if problems or strangers:
            raise ImportRefusedError(sorted([*problems, *strangers], key=lambda problem: problem.line))
        report = TokenReport()
        for done, one in enumerate(found, start=1):
            owner = owners[one.line]
            refusal = self._give(one, method, owner) if owner else ""
            if refusal:
                report.refused.append(Problem(one.line, refusal))
            else:
                report.given += 1
            progress(done, len(found))
        return report

    def _give(self, imported: ImportedToken, method: str, owner: Person) -> str:
        """Give a person a token; return why not, if not."""
        tools, token = self._tools, imported.token
        tell = tools.notices.prepare(owner, Notice.METHOD_ASSIGNED, "en")
        with tools.database.write() as session:
            if tools.enrollments.is_assigned(session, method, token.serial):
                return "serial: somebody has this token already"
            if not tools.enrollments.assign(session, owner.key, method, token):
                return "user: has a token or app of this kind already; remove that first"
            # What wrong codes there were belonged to another seed.
            tools.failures.forget(session, owner.key, method)
            details: dict[str, Detail] = {"method": method, "serial": token.serial, "told": tell(session)}
            entry = AuditEntry(AuditTag.METHOD_ASSIGNED, person_key=owner.key, login=owner.login, details=details)
            tools.audit.record(session, entry)
        return ""


def read_tokens(content: bytes, spelling: Spelling) -> tuple[Sequence[ImportedToken], Sequence[Problem]]:
    """Return the tokens in *content*, UTF-8 with a header line of `COLUMNS`, and all that is wrong with it.

    Columns of `OPTIONAL` may stand there, too.
    """
    problems: list[Problem] = []
    found: list[ImportedToken] = []
    seen: dict[str, int] = {}
    for line, cells in _rows(content, problems):
        try:
            token = _token(line, cells, spelling)
        except ValueError as error:
            problems.append(Problem(line, str(error)))
            continue
        serial = token.token.serial
        if first := seen.get(serial):
            problems.append(Problem(line, f"serial: this one stands in line {first} already"))
        seen.setdefault(serial, line)
        found.append(token)
    if not found and not problems:
        problems.append(Problem(1, "the file holds no tokens"))
    return found, problems


def _rows(content: bytes, problems: list[Problem]) -> Iterator[tuple[int, Mapping[str, str]]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        problems.append(Problem(content[: error.start].count(b"\n") + 1, "the file is not in UTF-8"))
        return
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        is_known = set(COLUMNS) <= set(header) <= {*COLUMNS, *OPTIONAL} and len(set(header)) == len(header)
        if not is_known:
            told = f"the first line names the columns: {', '.join(COLUMNS)}, and if need be {', '.join(OPTIONAL)}"
            problems.append(Problem(1, told))
            return
        for row in reader:
            if len(row) == len(header):
                yield reader.line_num, dict(zip(header, row, strict=True))
            elif any(cell.strip() for cell in row):
                problems.append(Problem(reader.line_num, f"{len(row)} fields instead of {len(header)}"))
    except csv.Error:
        problems.append(Problem(reader.line_num or 1, "this is no line of CSV"))


def _token(line: int, cells: Mapping[str, str], spelling: Spelling) -> ImportedToken:
    serial, user = cells["serial"].strip(), cells["user"].strip()
    if not _SERIAL.fullmatch(serial):
        raise ValueError("serial: letters, digits and marks such as - or /, 64 at most")
    if not user:
        raise ValueError("user: it is missing")
    counter = cells.get(COUNTER, "").strip()
    if not _COUNTER.fullmatch(counter):
        raise ValueError("counter: digits, 9 at most")
    seed = _seed("".join(cells["seed"].split()), spelling)
    return ImportedToken(line, user, Token(serial, seed, int(counter or 0), _recipe(cells)))


def _recipe(cells: Mapping[str, str]) -> Recipe:
    digits = cells.get(DIGITS, "").strip() or str(COMMON.digits)
    if digits not in {str(length) for length in LENGTHS}:
        raise ValueError("digits: 6 or 8")
    written = (cells.get(ALGORITHM, "").strip() or COMMON.algorithm.value).upper().replace("-", "").removeprefix("HMAC")
    try:
        return Recipe(int(digits), Algorithm(written))
    except ValueError:
        raise ValueError(f"algorithm: {', '.join(Algorithm)}") from None


def _seed(written: str, spelling: Spelling) -> bytes:
    try:
        if spelling is Spelling.HEX:
            seed = bytes.fromhex(written)
        else:
            bare = written.upper().rstrip("=")
            seed = base64.b32decode(bare + "=" * (-len(bare) % 8))
    except (ValueError, binascii.Error):
        raise ValueError(f"seed: it is not written in {spelling}") from None
    if not LEAST_SEED_BYTES <= len(seed) <= _LONGEST_SEED:
        raise ValueError(f"seed: it has {len(seed) * 8} bits; 128 to 512 are taken")
    return seed
